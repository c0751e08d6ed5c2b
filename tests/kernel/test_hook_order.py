"""One post, and every hook that takes part in it, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from agentchatbus.plugin_api import (
    Action,
    Bus,
    BusSettings,
    Caller,
    CallerKind,
    ConsoleOffer,
    Credentials,
    Event,
    FileOffer,
    Forbidden,
    HttpTransport,
    MessageDraft,
    Operation,
    Operations,
    Plugin,
    PluginFailed,
    PluginSettings,
    PromptOffer,
    ResourceOffer,
    SearchOffer,
    StorageOffer,
    ThreadDraft,
    TooLarge,
    freeze,
    hookimpl,
)
from agentchatbus.testing import MakeBus


class DiaryPlugin(Plugin[PluginSettings]):
    """Takes part in everything and writes down what it was asked, in order."""

    def __init__(self, settings: PluginSettings) -> None:
        super().__init__(settings)
        self.pages: list[str] = []

    @hookimpl
    def register_storage(self) -> Sequence[StorageOffer]:
        self.pages.append("register_storage")
        return []

    @hookimpl
    def register_search(self) -> Sequence[SearchOffer]:
        self.pages.append("register_search")
        return []

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        self.pages.append("register_operations")
        return []

    @hookimpl
    def register_console(self, bus: Bus) -> Sequence[ConsoleOffer]:
        self.pages.append("register_console")
        return []

    @hookimpl
    def register_files(self, bus: Bus) -> Sequence[FileOffer]:
        self.pages.append("register_files")
        return []

    @hookimpl
    def register_resources(self, bus: Bus) -> Sequence[ResourceOffer]:
        self.pages.append("register_resources")
        return []

    @hookimpl
    def register_prompts(self, bus: Bus) -> Sequence[PromptOffer]:
        self.pages.append("register_prompts")
        return []

    @hookimpl
    def register_transports(self, bus: Bus, operations: Operations) -> Sequence[HttpTransport]:
        self.pages.append("register_transports")
        return []

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        self.pages.append("lifespan")
        yield
        self.pages.append("lifespan left")

    @hookimpl
    async def authenticate(self, credentials: Credentials) -> Caller | None:
        self.pages.append("authenticate")
        return None

    @hookimpl
    async def check_action(self, action: Action) -> None:
        self.pages.append(f"check_action {action.operation}")

    @hookimpl
    async def transform_thread(self, draft: ThreadDraft, caller: Caller) -> ThreadDraft | None:
        self.pages.append(f"transform_thread {draft.topic}")
        return replace(draft, topic=draft.topic.title())

    @hookimpl
    async def transform_message(self, draft: MessageDraft, caller: Caller) -> MessageDraft | None:
        self.pages.append(f"transform_message {draft.content}")
        return replace(draft, content=draft.content.upper(), metadata=freeze({"seen": True}))

    @hookimpl
    async def check_message(self, draft: MessageDraft, caller: Caller) -> None:
        self.pages.append(f"check_message {draft.content}")

    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.pages.append(f"on_event {event.type}")


@pytest.fixture
def diary() -> DiaryPlugin:
    return DiaryPlugin(PluginSettings())


async def test_all_hooks_of_a_bus_that_starts_and_takes_one_post_are_called_in_order(
    make_bus: MakeBus, diary: DiaryPlugin
) -> None:
    bus = await make_bus(plugins=[diary])
    start = diary.pages[: diary.pages.index("transform_thread Under test")]
    assert [page for page in start if page.startswith("register") or page == "lifespan"] == [
        "register_search",
        "register_files",
        "register_resources",
        "register_prompts",
        "register_operations",
        "register_console",
        "lifespan",
        "register_transports",
    ]
    agent = await bus.agent("Nova")
    await bus.drain()
    diary.pages.clear()
    posted = await agent.post("hello")
    await bus.drain()
    assert diary.pages == [
        "authenticate",
        "check_action msg_post",
        "transform_message hello",
        "check_message HELLO",
        "on_event msg.new",
    ]
    assert posted.message.content == "HELLO"
    assert posted.message.metadata == {"seen": True}


async def test_a_transformed_thread_is_the_one_that_is_stored(make_bus: MakeBus, diary: DiaryPlugin) -> None:
    bus = await make_bus(plugins=[diary])
    thread = await bus.call("thread_get", thread_id=bus.thread)
    assert thread.topic == "Under Test"


async def test_authenticate_may_say_who_calls(make_bus: MakeBus) -> None:
    class BadgePlugin(Plugin[PluginSettings]):
        @hookimpl
        async def authenticate(self, credentials: Credentials) -> Caller | None:
            return Caller(kind=CallerKind.HUMAN, name="Grace") if credentials.name == "badge 7" else None

    bus = await make_bus(plugins=[BadgePlugin(PluginSettings())])
    client = bus.guest()
    client.session.credentials = replace(client.session.credentials, name="badge 7")
    client.session.fills_sync = True
    posted = await client.call("msg_post", thread_id=bus.thread, author="human", content="hello")
    assert posted.message.author == "human"


class GrumpyPlugin(Plugin[PluginSettings]):
    """A gate that is broken until somebody mends it."""

    is_broken = True

    @hookimpl
    async def check_action(self, action: Action) -> None:
        if self.is_broken:
            raise RuntimeError("broken")


async def test_a_quarantined_gate_refuses_until_a_person_enables_its_plugin_again(make_bus: MakeBus) -> None:
    plugin = GrumpyPlugin(PluginSettings())
    bus = await make_bus(plugins=[plugin])
    for _ in range(5):
        with pytest.raises(PluginFailed, match="'grumpy'"):
            await bus.call("thread_list")
    plugin.is_broken = False
    with pytest.raises(PluginFailed, match="quarantined"):
        await bus.call("thread_list")
    states = {status.name: status.state for status in await bus.call("plugin_list")}
    assert states["grumpy"] == "quarantined"
    with pytest.raises(Forbidden):
        await bus.guest().call("plugin_enable", name="grumpy")
    assert (await bus.call("plugin_enable", name="grumpy")).was_quarantined
    assert (await bus.call("thread_list")).total == 1
    await bus.app.bus.announcer.finish()
    types = [event.type for event in await bus.app.bus.feed.read(0) or ()]
    assert [kind for kind in types if kind.startswith("plugin.")] == ["plugin.quarantined", "plugin.enabled"]


async def test_what_a_transform_makes_of_a_message_is_measured_too(make_bus: MakeBus) -> None:
    class WordyPlugin(Plugin[PluginSettings]):
        @hookimpl
        async def transform_message(self, draft: MessageDraft) -> MessageDraft:
            return replace(draft, content=draft.content * 100)

    bus = await make_bus(plugins=[WordyPlugin(PluginSettings())], settings=BusSettings(max_content_bytes=400))
    with pytest.raises(TooLarge, match="500 bytes"):
        await bus.post("hello")
    assert await bus.messages() == []
    await bus.post("hi")
