"""How long files are kept: as long as a message refers to them, over restarts and imports."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.plugin_api import BusSettings, Caller, CallerKind, Message, Role, Thread
from agentchatbus.testing import MakeBus, ManualClock, MemoryStorage
from agentchatbus.testing import make_bus as open_bus
from agentchatbus_attachments import AttachmentsPlugin
from agentchatbus_rest import RestPlugin, RestSettings
from tests.plugins.attachments_kit import attachments, data_in, inline, offer_of, png, uploaded
from tests.plugins.rest_kit import Rest, open_rest

PNG = png()
PERSON = Caller(kind=CallerKind.HUMAN)
MINUTE = 60
DAY = 24 * 60 * MINUTE
OLD = "6a0e0f0c-64b0-4a31-8f44-9f3f1c1bb001.png"


class Site:
    """A bus with attachments whose clock the test moves."""

    def __init__(self, rest: Rest, plugin: AttachmentsPlugin, folder: Path) -> None:
        self.rest = rest
        self.bus = rest.bus
        self.plugin = plugin
        self.folder = folder / "uploads"

    async def after(self, seconds: float) -> list[str]:
        """Let time pass and return which files are left, once nothing more is about to go."""
        assert isinstance(self.bus.clock, ManualClock)
        await self.plugin.keeper.caught_up()
        self.bus.clock.advance(seconds)
        await self.plugin.keeper.remove_due()
        return sorted(path.name for path in self.folder.iterdir())


async def site(make_bus: MakeBus, folder: Path) -> Site:
    plugin = attachments()
    return Site(await open_rest(make_bus, plugins=[plugin], settings=data_in(folder)), plugin, folder)


def name(url: str) -> str:
    return url.rpartition("/")[2]


async def test_a_file_that_nobody_posts_goes_after_a_day(make_bus: MakeBus, tmp_path: Path) -> None:
    """H08: nothing was ever cleaned up."""
    here = await site(make_bus, tmp_path)
    url = await uploaded(here.rest, PNG)
    assert await here.after(DAY - MINUTE) == [name(url)]
    assert await here.after(2 * MINUTE) == []
    assert (await here.rest.http.get(url)).status_code == 404


async def test_a_file_that_is_uploaded_again_has_another_day(make_bus: MakeBus, tmp_path: Path) -> None:
    here = await site(make_bus, tmp_path)
    url = await uploaded(here.rest, PNG)
    await here.after(DAY - MINUTE)
    await uploaded(here.rest, PNG)
    assert await here.after(2 * MINUTE) == [name(url)]


async def test_nobody_has_to_ask_for_it(make_bus: MakeBus, tmp_path: Path) -> None:
    here = await site(make_bus, tmp_path)
    await uploaded(here.rest, PNG)
    assert isinstance(here.bus.clock, ManualClock)
    await here.bus.clock.until_waiting(1, within=DAY, background=True)
    here.bus.clock.advance(DAY + 1)
    async with asyncio.timeout(5):
        while any(here.folder.iterdir()):  # noqa: ASYNC110 - what another task does to a folder sets no event
            await asyncio.sleep(0.002)


@pytest.mark.parametrize(
    "post",
    [
        lambda url: {"content": f"![a picture]({url})"},
        lambda url: {"content": f"see http://127.0.0.1:39765{url}."},
        lambda url: {"content": "x", "metadata": {"images": [{"url": url, "name": "a.png"}]}},
        lambda url: {"content": "x", "metadata": {"attachments": {"src": url}}},
    ],
)
async def test_a_file_stays_as_long_as_a_message_refers_to_it(make_bus: MakeBus, tmp_path: Path, post: Any) -> None:
    here = await site(make_bus, tmp_path)
    url = await uploaded(here.rest, PNG)
    await here.bus.post(**post(url))
    assert await here.after(365 * DAY) == [name(url)]


async def test_a_file_goes_with_the_last_thread_that_refers_to_it(make_bus: MakeBus, tmp_path: Path) -> None:
    here = await site(make_bus, tmp_path)
    url = await uploaded(here.rest, PNG)
    agent = await here.bus.agent("Nova")
    other = (await agent.call("thread_create", topic="Another")).thread.id
    for thread_id in (here.bus.thread, other):
        await here.bus.post(url, thread_id=thread_id)
        await here.bus.post(f"again {url}", thread_id=thread_id)
    await here.bus.call("thread_delete", thread_id=here.bus.thread, confirm=True)
    assert await here.after(DAY) == [name(url)]
    await here.bus.call("thread_delete", thread_id=other, confirm=True)
    assert await here.after(5 * MINUTE) == [name(url)], "it may be posted again for a while"
    assert await here.after(6 * MINUTE) == []


async def test_an_edit_gives_a_file_up_and_takes_it_back(make_bus: MakeBus, tmp_path: Path) -> None:
    here = await site(make_bus, tmp_path)
    url = await uploaded(here.rest, PNG)
    posted = await here.bus.post(url)
    await here.bus.app.bus.editing.edit(posted.message.id, "without", PERSON)
    await here.after(5 * MINUTE)
    await here.bus.app.bus.editing.edit(posted.message.id, f"with {url}", PERSON)
    assert await here.after(DAY) == [name(url)]
    await here.bus.app.bus.editing.edit(posted.message.id, "without", PERSON)
    assert await here.after(11 * MINUTE) == []


async def test_a_post_in_the_last_moment_keeps_a_file(make_bus: MakeBus, tmp_path: Path) -> None:
    here = await site(make_bus, tmp_path)
    url = await uploaded(here.rest, PNG)
    assert isinstance(here.bus.clock, ManualClock)
    here.bus.clock.advance(DAY + 1)
    await asyncio.gather(here.bus.post(url), here.plugin.keeper.remove_due())
    assert await here.after(0) in ([name(url)], [])
    found = await here.rest.http.get(url)
    assert found.status_code == (200 if here.folder.joinpath(name(url)).exists() else 404)


async def open_site(folder: Path, storage: MemoryStorage, clock: ManualClock) -> Any:
    plugin = attachments()
    settings = BusSettings(data_dir=folder)
    rest = RestPlugin(RestSettings())
    return plugin, open_bus(plugins=[rest, plugin], settings=settings, storage=offer_of(storage), clock=clock)


async def left(plugin: AttachmentsPlugin, folder: Path) -> list[str]:
    await plugin.keeper.caught_up()
    await plugin.keeper.remove_due()
    return sorted(path.name for path in (folder / "uploads").iterdir())


async def test_references_and_times_survive_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    storage = MemoryStorage()
    plugin, opening = await open_site(tmp_path, storage, clock)
    async with opening as bus:
        kept = await plugin.keeper.store(png(b"1"), ".png", "")
        posted = await plugin.keeper.store(png(b"2"), ".png", "")
        await plugin.keeper.store(png(b"3"), ".png", "")
        await bus.post(f"{kept} and {posted}")
        message = (await bus.post(posted)).message
    async with open_bus(storage=offer_of(storage), clock=clock) as bus:
        await bus.app.bus.editing.edit(message.id, "while the plugin is away", PERSON)
    clock.advance(DAY + 1)
    plugin, opening = await open_site(tmp_path, storage, clock)
    async with opening as bus:
        assert await left(plugin, tmp_path) == sorted([name(kept), name(posted)])
        await bus.call("thread_delete", thread_id=bus.thread, confirm=True)
        await plugin.keeper.caught_up()
        clock.advance(11 * MINUTE)
        assert await left(plugin, tmp_path) == []


async def test_files_of_an_import_have_their_references_counted(tmp_path: Path, clock: ManualClock) -> None:
    storage = MemoryStorage()
    (tmp_path / "uploads").mkdir()
    for file in (OLD, OLD.replace("1.png", "2.png")):
        (tmp_path / "uploads" / file).write_bytes(PNG)
    await brought(storage, f"![x](/static/uploads/{OLD})")
    plugin, opening = await open_site(tmp_path, storage, clock)
    async with opening as bus:
        await plugin.keeper.caught_up()
        clock.advance(30 * DAY)
        assert len(await left(plugin, tmp_path)) == 2, "what was not uploaded here is never an orphan"
        await bus.call("thread_delete", thread_id="old", confirm=True)
        await plugin.keeper.caught_up()
        clock.advance(11 * MINUTE)
        assert await left(plugin, tmp_path) == [OLD.replace("1.png", "2.png")]


async def brought(storage: MemoryStorage, content: str) -> None:
    """Store a message as an import does: without an event."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    thread = Thread(id="old", topic="Old", created_at=at)
    message = Message(
        id="m1",
        thread_id="old",
        seq=7,
        author="human",
        author_id=None,
        author_name="human",
        role=Role.USER,
        content=content,
        created_at=at,
    )

    def work(tx: Any) -> None:
        tx.threads.add(thread)
        tx.messages.append(replace(message))

    await storage.write(work)


async def test_a_picture_in_the_metadata_becomes_a_file(make_bus: MakeBus, tmp_path: Path) -> None:
    here = await site(make_bus, tmp_path)
    agent = await here.bus.agent("Nova")
    shot = PNG + bytes(200_000)
    posted = await agent.post("my screen", metadata=inline(shot, name="screen.png", mimeType="image/jpeg"))
    (entry,) = posted.message.metadata["attachments"]
    assert set(entry) == {"type", "url", "mimeType", "name"}
    assert entry["mimeType"] == "image/png"
    assert (await here.rest.http.get(entry["url"])).content == shot
    assert await here.after(DAY) == [name(entry["url"])]


async def test_a_small_picture_stays_where_it_is(make_bus: MakeBus, tmp_path: Path) -> None:
    here = await site(make_bus, tmp_path)
    posted = await here.bus.post("x", metadata=inline(PNG))
    assert "data" in posted.message.metadata["attachments"][0]
    assert not here.folder.exists()


async def test_many_small_pictures_become_files(make_bus: MakeBus, tmp_path: Path) -> None:
    here = await site(make_bus, tmp_path)
    pictures = [inline(png(bytes([number])) + bytes(9000))["attachments"][0] for number in range(8)]
    posted = await here.bus.post("x", metadata={"images": pictures, "image": {"b64": pictures[0]["data"]}})
    assert len({entry["url"] for entry in posted.message.metadata["images"]}) == 8
    assert posted.message.metadata["image"]["url"] == posted.message.metadata["images"][0]["url"]


async def test_large_data_that_is_no_picture_is_refused(make_bus: MakeBus, tmp_path: Path) -> None:
    here = await site(make_bus, tmp_path)
    for content in (b"no picture" * 20_000, PNG + bytes(6 * 2**20)):
        with pytest.raises(Exception, match="limit"):
            await here.bus.post("x", metadata=inline(content))
    assert await here.bus.messages() == []
