"""What run-time hooks may answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from agentchatbus.model import Caller, MessageDraft, ThreadDraft, freeze, to_json

Draft = TypeVar("Draft", MessageDraft, ThreadDraft)

FIXED = ("thread_id", "author", "author_id", "author_name", "role")
"""Fields of a message that are the bus's own."""


class WrongAnswer(Exception):
    """A hook answered something that it may not answer."""


def nothing(answer: object) -> None:
    """Accept the answer of a gate."""
    _expect(answer is None, "a gate refuses by raising and returns None otherwise")


def caller(answer: object) -> Caller | None:
    """Accept the answer of ``authenticate``."""
    if answer is None or isinstance(answer, Caller):
        return answer
    raise WrongAnswer("it has to return a Caller or None")


def thread_draft(before: ThreadDraft, answer: object) -> ThreadDraft:
    """Accept the answer of ``transform_thread``; None leaves the draft as it was."""
    if answer is None:
        return before
    if not isinstance(answer, ThreadDraft):
        raise WrongAnswer("it has to return a ThreadDraft or None")
    _text(answer.topic, "the topic")
    if answer.system_prompt is not None:
        _text(answer.system_prompt, "the system prompt")
    return _frozen(before, answer)


def message_draft(before: MessageDraft, answer: object) -> MessageDraft:
    """Accept the answer of ``transform_message``; None leaves the draft as it was."""
    if answer is None:
        return before
    if not isinstance(answer, MessageDraft):
        raise WrongAnswer("it has to return a MessageDraft or None")
    _text(answer.content, "the content")
    for name in FIXED:
        _expect(getattr(answer, name) == getattr(before, name), f"it may not change {name}")
    return _frozen(before, answer)


def check(hook: str, before: Any, answer: Any) -> None:
    """Look at the answer of any hook.

    Args:
        hook: Its name.
        before: The draft that it was called with; None when it took none, and the answer is only looked at for itself.
        answer: What it returned.

    Raises:
        WrongAnswer: The hook may not answer so.
    """
    if hook.startswith("check_"):
        nothing(answer)
    elif hook == "authenticate":
        caller(answer)
    elif hook == "transform_thread":
        thread_draft(before or answer, answer)
    elif hook == "transform_message":
        message_draft(before or answer, answer)


def _text(value: object, name: str) -> None:
    if not isinstance(value, str):
        raise WrongAnswer(f"{name} has to be text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise WrongAnswer(f"{name} has to be text that UTF-8 can write; it holds half a surrogate pair") from None


def _frozen(before: Draft, after: Draft) -> Draft:
    """Freeze metadata that the plugin made, so that the next plugin cannot change what this one still holds."""
    if after.metadata is before.metadata:
        return after
    _expect(isinstance(after.metadata, Mapping), "the metadata has to be a mapping")
    metadata = freeze(after.metadata)
    try:
        to_json(metadata)
    except ValueError as error:
        raise WrongAnswer(f"the metadata has to be JSON: {error}") from None
    return replace(after, metadata=metadata)


def _expect(is_right: bool, rule: str) -> None:  # noqa: FBT001 - reads like an assertion
    if not is_right:
        raise WrongAnswer(rule)
