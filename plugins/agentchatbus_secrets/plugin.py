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

OF_MESSAGES: Mapping[str, frozenset[str]] = {
    "msg_post": frozenset({"content", "metadata"}),
    "msg_edit": frozenset({"content", "new_content", "metadata"}),
}
"""Arguments that ``check_message`` sees, after every plugin that may still change them."""

PROMPT = "system_prompt"
AFTER_START = 1.0
"""Seconds after the start until the detectors are built, so that the start does not wait for them."""

BIG = 32_768
"""Characters from which on a text is looked at in a thread, while the bus goes on."""

T = TypeVar("T")


class SecretsPlugin(Plugin[SecretsSettings]):
    """Keeps keys, tokens and passwords out of everything that is written into the bus."""

    settings_type = SecretsSettings

    def __init__(self, settings: SecretsSettings) -> None:
        super().__init__(settings)
        self._scanner: Scanner | None = None
        self._building: asyncio.Task[Scanner] | None = None

    @hookimpl
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Build the detectors soon after the start, unless something has to be looked at before."""
        task = asyncio.create_task(self._build_soon())
        try:
            yield
        finally:
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
        redaction = Redaction(await self._built())

        def redact() -> MessageDraft:
            content, metadata = redaction.text(draft.content), redaction.value(draft.metadata)
            return replace(draft, content=content, metadata=redaction.marked(metadata)) if redaction.labels else draft

        return await _run(redact, len(draft.content))

    @hookimpl(trylast=True)
    async def check_message(self, draft: MessageDraft) -> None:
        """Refuse a message with a secret in it; trylast, so that nobody puts one in afterwards."""
        await self._refuse([Place("content", draft.content), *texts_in(draft.metadata, "metadata")])

    async def _refuse(self, places: list[Place]) -> None:
        """Raise when one of these texts holds a secret; the error says which kind and where, and no more."""
        if not places:
            return
        scanner = self._scanner or await self._built()
        found = await _run(lambda: search(scanner, places), sum(len(place.text) for place in places))
        if found:
            _reject(*found)

    async def _build_soon(self) -> None:
        await asyncio.sleep(AFTER_START)
        await self._built()

    async def _built(self) -> Scanner:
        """Return the detectors, built once in a thread however many ask at the same time."""
        if self._scanner is None:
            if self._building is None:
                self._building = asyncio.create_task(asyncio.to_thread(self._build))
            self._scanner = await asyncio.shield(self._building)
        return self._scanner

    def _build(self) -> Scanner:
        return Scanner(allow=self.settings.allow, ignore=self.settings.ignore)


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


async def _run(work: Callable[[], T], size: int) -> T:
    return work() if size < BIG else await asyncio.to_thread(work)


def _reject(label: str, where: str) -> NoReturn:
    text = f"{PROMPT} blocked by content filter" if where == PROMPT else "Content blocked by filter"
    raise Rejected(text, pattern=label, where=where)


def _is_too_short(value: object) -> bool:
    """Return whether this cannot hold a secret; asked first, because most arguments are of this kind."""
    return value is None or (isinstance(value, str) and len(value) < SHORTEST)


def _is_reference(name: str) -> bool:
    """Return whether an argument names something that exists, or is a proof that goes nowhere."""
    return name.endswith(("_id", "_ids", "token"))
