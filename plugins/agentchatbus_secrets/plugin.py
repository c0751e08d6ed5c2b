"""The plugin: which texts are looked at, and what happens to one with a secret in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import NoReturn, TypeVar

from agentchatbus.plugin_api import Action, MessageDraft, Plugin, Rejected, hookimpl
from agentchatbus_secrets.redaction import Redaction
from agentchatbus_secrets.scanner import SHORTEST, Scanner
from agentchatbus_secrets.settings import SecretsSettings
from agentchatbus_secrets.texts import Place, texts_in
from agentchatbus_secrets.turns import Turns

OF_MESSAGES: Mapping[str, frozenset[str]] = {
    "msg_post": frozenset({"content", "metadata"}),
    "msg_edit": frozenset({"content", "new_content", "metadata"}),
}
"""Arguments that ``check_message`` sees, after every plugin that may still change them."""

PROMPT = "system_prompt"
AFTER_START = 1.0
"""Seconds after the start until the detectors are built, so that the start does not wait for them."""

BIG = 32_768
"""Characters from which on a text waits for its turn in a thread, while the bus goes on."""

T = TypeVar("T")


class SecretsPlugin(Plugin[SecretsSettings]):
    """Keeps keys, tokens and passwords out of everything that is written into the bus."""

    settings_type = SecretsSettings

    def __init__(self, settings: SecretsSettings) -> None:
        super().__init__(settings)
        self._scanner: Scanner | None = None
        self._turns: Turns | None = None

    @hookimpl
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Build the detectors soon after the start, unless something has to be looked at before."""
        with Turns(self.settings.time_limit) as turns:
            self._turns = turns
            task = asyncio.create_task(self._build_soon())
            try:
                yield
            finally:
                self._turns = None
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    @hookimpl
    async def check_action(self, action: Action) -> None:
        """Refuse what people and agents write elsewhere than in messages: topics, prompts, names, templates."""
        if action.read_only:
            return
        skipped = OF_MESSAGES.get(action.operation, frozenset())
        own_id = action.caller.agent_id  # stands in most calls, and is no secret
        places = [
            place
            for name, value in action.arguments.items()
            if name not in skipped and not _is_reference(name) and not _is_too_short(value) and value != own_id
            for place in texts_in(value, name)
        ]
        await self._refuse(places)

    @hookimpl(trylast=True)
    async def transform_message(self, draft: MessageDraft) -> MessageDraft | None:
        """Take secrets out of a message, in the mode ``redact``."""
        if self.settings.mode != "redact":
            return None

        def redact(scanner: Scanner) -> MessageDraft:
            redaction = Redaction(scanner)
            content, metadata = redaction.text(draft.content), redaction.value(draft.metadata)
            return replace(draft, content=content, metadata=redaction.marked(metadata)) if redaction.labels else draft

        return await self._look(redact, _size(_places_of(draft)))

    @hookimpl(trylast=True)
    async def check_message(self, draft: MessageDraft) -> None:
        """Refuse a message with a secret in it; trylast, so that nobody puts one in afterwards."""
        await self._refuse(_places_of(draft))

    async def _refuse(self, places: list[Place]) -> None:
        """Raise when one of these texts holds a secret; the error says which kind and where, and no more."""
        if not places:
            return
        if found := await self._look(lambda scanner: search(scanner, places), _size(places)):
            _reject(*found)

    async def _look(self, work: Callable[[Scanner], T], size: int) -> T:
        """Do this with the detectors: at once with short texts, when its turn comes with long ones.

        Raises:
            Unavailable: There are too many of them.
        """
        if (self._scanner and size < BIG) or self._turns is None:
            return work(self._built())
        return await self._turns.take(lambda halt: work(self._built().halting(halt)))

    async def _build_soon(self) -> None:
        await asyncio.sleep(AFTER_START)
        if not self._scanner and self._turns:
            await self._turns.take(lambda _: self._built())

    def _built(self) -> Scanner:
        """Return the detectors, built once: while the bus runs, only in the one thread."""
        if self._scanner is None:
            self._scanner = Scanner(allow=self.settings.allow, ignore=self.settings.ignore)
        return self._scanner


def search(scanner: Scanner, places: Iterable[Place]) -> tuple[str, str] | None:
    """Return the label of the first secret in these texts and where it is, or None."""
    places = [place for place in places if len(place.text) >= SHORTEST]
    for place in places if len(places) < 3 or scanner.first("\n".join(place.text for place in places)) else ():
        if label := scanner.first(place.text):
            return label, place.where
    for place in places:
        if place.name and (label := scanner.under(place.name, place.text)):
            return label, place.where
    return None


def _places_of(draft: MessageDraft) -> list[Place]:
    return [Place("content", draft.content), *texts_in(draft.metadata, "metadata")]


def _size(places: Iterable[Place]) -> int:
    return sum(len(place.text) for place in places)


def _reject(label: str, where: str) -> NoReturn:
    text = f"{PROMPT} blocked by content filter" if where == PROMPT else "Content blocked by filter"
    raise Rejected(text, pattern=label, where=where)


def _is_too_short(value: object) -> bool:
    """Return whether this cannot hold a secret; asked first, because most arguments are of this kind."""
    return value is None or (isinstance(value, str) and len(value) < SHORTEST)


def _is_reference(name: str) -> bool:
    """Return whether an argument names something that exists, or is a proof that goes nowhere."""
    return name.endswith(("_id", "_ids", "token"))
