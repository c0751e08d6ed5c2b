"""The run-time hooks: what each does, in which order, and what is made of a failure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agentchatbus.errors import BusError, PluginFailed, Rejected, Unauthenticated
from agentchatbus.events import Event
from agentchatbus.model import Caller, Credentials, MessageDraft, Role, ThreadDraft, freeze
from agentchatbus.operations import Action
from agentchatbus.plugin import hookimpl
from tests.kernel.plugin_kit import (
    ACTION,
    CALLER,
    CREDENTIALS,
    DRAFT,
    EVENT,
    RUN_TIME_HOOKS,
    THREAD,
    Base,
    Kit,
    ask,
    messages_of,
    plugin_with,
)


async def test_authenticate_takes_the_first_answer() -> None:
    class Silent(Base):
        @hookimpl
        async def authenticate(self, credentials: Credentials) -> None:
            self.told.append(credentials)

    class Knowing(Base):
        @hookimpl
        async def authenticate(self) -> Caller:
            return CALLER

    class Later(Silent):
        """Is not asked."""

    kit = Kit(Silent, Knowing, Later)
    assert await kit.hooks.authenticate(CREDENTIALS) is CALLER
    assert [getattr(plugin, "told", None) for plugin in kit.plugins] == [[CREDENTIALS], [], []]


async def test_authenticate_is_none_when_nobody_knows_the_caller() -> None:
    assert await Kit().hooks.authenticate(CREDENTIALS) is None


async def test_authenticate_passes_a_refusal_on() -> None:
    class Strict(Base):
        @hookimpl
        async def authenticate(self) -> None:
            raise Unauthenticated("Wrong badge.")

    with pytest.raises(Unauthenticated, match="Wrong badge"):
        await Kit(Strict).hooks.authenticate(CREDENTIALS)


async def test_check_action_asks_every_plugin_until_one_refuses() -> None:
    class Open(Base):
        @hookimpl
        async def check_action(self, action: Action) -> None:
            self.told.append(action)

    class Shut(Base):
        @hookimpl
        async def check_action(self) -> None:
            raise Rejected("Not today.")

    class Later(Open):
        """Is not asked."""

    kit = Kit(Open, Shut, Later)
    with pytest.raises(Rejected, match="Not today"):
        await kit.hooks.check_action(ACTION)
    assert [getattr(plugin, "told", None) for plugin in kit.plugins] == [[ACTION], [], []]


async def test_check_message_is_given_the_draft_and_the_caller() -> None:
    class Curious(Base):
        @hookimpl
        async def check_message(self, draft: MessageDraft, caller: Caller) -> None:
            self.told += [draft, caller]

    class Swapped(Base):
        @hookimpl
        async def check_message(self, caller: Caller, draft: MessageDraft) -> None:
            self.told += [draft, caller]

    kit = Kit(Curious, Swapped)
    await kit.hooks.check_message(DRAFT, CALLER)
    assert [getattr(plugin, "told", None) for plugin in kit.plugins] == [[DRAFT, CALLER], [DRAFT, CALLER]]


async def test_transform_thread_is_a_chain() -> None:
    class Louder(Base):
        @hookimpl
        async def transform_thread(self, draft: ThreadDraft) -> ThreadDraft:
            return replace(draft, topic=draft.topic.upper())

    class Silent(Base):
        @hookimpl
        async def transform_thread(self) -> None: ...

    class Longer(Base):
        @hookimpl
        async def transform_thread(self, draft: ThreadDraft, caller: Caller) -> ThreadDraft:
            return replace(draft, topic=f"{draft.topic} by {caller.name}")

    changed = await Kit(Louder, Silent, Longer).hooks.transform_thread(THREAD, CALLER)
    assert changed.topic == "PLANS by ann"


class Marking(Base):
    @hookimpl
    async def transform_message(self, draft: MessageDraft) -> MessageDraft:
        self.mentions = ["nova"]
        return replace(draft, content=draft.content + "!", metadata={"mentions": self.mentions})


async def test_transform_message_is_a_chain() -> None:
    class Again(Marking):
        """Changes what the one before returned."""

    changed = await Kit(Marking, Again).hooks.transform_message(DRAFT, CALLER)
    assert changed == replace(DRAFT, content="hello!!", metadata=freeze({"mentions": ["nova"]}))


async def test_transform_message_leaves_nothing_that_a_plugin_could_change_later() -> None:
    kit = Kit(Marking)
    changed = await kit.hooks.transform_message(DRAFT, CALLER)
    kit.plugins[0].__dict__["mentions"].append("zoe")
    assert changed.metadata["mentions"] == ("nova",)
    with pytest.raises(TypeError):
        changed.metadata["more"] = 1  # type: ignore[index]


@pytest.mark.parametrize(
    "change",
    [
        {"thread_id": "t2"},
        {"author": "human"},
        {"author_id": None},
        {"author_name": "Zoe"},
        {"role": Role.SYSTEM},
        {"content": None},
        {"metadata": "text"},
        {"metadata": {"value": object()}},
        {"metadata": {"value": float("nan")}},
        {"metadata": {"value": "\ud800"}},
    ],
)
async def test_transform_message_may_not_change_what_is_the_buss(change: dict[str, Any]) -> None:
    async def forge() -> MessageDraft:
        return replace(DRAFT, **change)

    with pytest.raises(PluginFailed, match="Plugin 'mine' failed in transform_message"):
        await Kit(plugin_with("transform_message", forge)).hooks.transform_message(DRAFT, CALLER)


async def test_on_event_tells_one_plugin_and_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Told(Base):
        @hookimpl
        async def on_event(self, event: Event) -> None:
            self.told.append(event)
            raise OSError("no network")

    class Other(Told):
        """Is told by its own observer."""

    kit = Kit(Told, Other)
    assert kit.hooks.observers() == ["told", "other"]
    assert await kit.hooks.on_event("told", EVENT)
    assert [getattr(plugin, "told", None) for plugin in kit.plugins] == [[EVENT], []]
    assert messages_of(caplog, "ERROR") == "Plugin told failed in on_event"


# What goes wrong


@pytest.mark.parametrize("hook", RUN_TIME_HOOKS)
async def test_a_plugins_refusal_arrives_unchanged(hook: str) -> None:
    refusal = BusError("No.", why="because")

    async def refuse() -> None:
        raise refusal

    with pytest.raises(BusError) as caught:
        await ask(Kit(plugin_with(hook, refuse)).hooks, hook)
    assert caught.value is refusal


@pytest.mark.parametrize("hook", RUN_TIME_HOOKS)
async def test_any_other_exception_names_the_plugin_and_tells_nothing_else(
    hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise KeyError("internal detail")

    with pytest.raises(PluginFailed) as caught:
        await ask(Kit(plugin_with(hook, fail)).hooks, hook)
    assert caught.value.message == (
        f"Plugin 'mine' failed in {hook}, so the request was refused; the log of the bus says why."
    )
    assert caught.value.details == {"plugin": "mine", "hook": hook}
    assert "internal detail" in caplog.text


@pytest.mark.parametrize("hook", RUN_TIME_HOOKS)
async def test_an_answer_of_another_type_is_a_failure(hook: str) -> None:
    async def nonsense() -> bool:
        return False

    with pytest.raises(PluginFailed):
        await ask(Kit(plugin_with(hook, nonsense)).hooks, hook)


async def test_a_decorator_that_hides_a_plain_function_is_a_failure() -> None:
    class Mine(Base):
        @hookimpl
        async def check_action(self) -> None: ...

    def plain(self: object) -> None: ...

    plain.__wrapped__ = Mine.check_action  # type: ignore[attr-defined]
    plain.agentchatbus_impl = Mine.check_action.agentchatbus_impl  # type: ignore[attr-defined]
    Mine.check_action = plain  # type: ignore[method-assign, assignment]
    with pytest.raises(PluginFailed):
        await Kit(Mine).hooks.check_action(ACTION)
