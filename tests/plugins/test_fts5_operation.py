"""Searching as clients do, with each of the shipped plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentchatbus.plugin_api import InvalidRequest, Plugin, StorageOffer
from agentchatbus.testing import BusHarness, MakeBus, memory_offer
from agentchatbus_fts5 import Fts5Plugin, Fts5Settings
from agentchatbus_scan import ScanPlugin, ScanSettings
from agentchatbus_sql import SqlitePlugin, SqliteSettings

PLUGINS: dict[str, list[Plugin[Any]]] = {
    "fts5": [Fts5Plugin(Fts5Settings()), ScanPlugin(ScanSettings())],
    "scan": [ScanPlugin(ScanSettings())],
}


@pytest.fixture(params=sorted(PLUGINS))
async def bus(request: pytest.FixtureRequest, make_bus: MakeBus, tmp_path: Path) -> BusHarness:
    storage: StorageOffer = memory_offer()
    if request.param == "fts5":
        [storage] = SqlitePlugin(SqliteSettings(path=tmp_path / "bus.db")).register_storage()
    return await make_bus(plugins=PLUGINS[request.param], storage=storage)


async def test_a_post_is_found(bus: BusHarness) -> None:
    posted = await bus.post("A code-review of <b>the parser</b>")
    page = await bus.call("msg_search", query="code-review")
    [found] = page.results
    assert found.message.id == posted.message.id
    assert found.topic == "Under test"
    assert [found.snippet[start:end] for start, end in found.marks] == ["code-review"]


async def test_an_edit_is_followed(bus: BusHarness) -> None:
    ada = await bus.agent("Ada")
    posted = await ada.post("before")
    await ada.call("msg_edit", message_id=posted.message.id, new_content="after")
    assert not (await bus.call("msg_search", query="before")).results
    [found] = (await bus.call("msg_search", query="after is:edited from:ada")).results
    assert found.message.content == "after"


async def test_agents_do_not_find_what_is_for_humans(bus: BusHarness) -> None:
    ada = await bus.agent("Ada")
    await bus.post("word for people", metadata={"visibility": "human_only"})
    await bus.post("word for all")
    page = await ada.call("msg_search", query="word")
    assert [found.message.content for found in page.results] == ["word for all"]
    assert len((await bus.call("msg_search", query="word")).results) == 2


async def test_a_name_that_no_agent_has_is_named_when_nothing_is_found(bus: BusHarness) -> None:
    ada = await bus.agent("Ada")
    await ada.post("one")
    await bus.post("two")
    page = await bus.call("msg_search", query="one from:ad in:nowhere from:ad")
    assert not page.results
    assert page.note == "There is no thread 'nowhere'. No agent is called 'ad'; write whole words of a name."
    for query in (
        "two from:human",
        "one from:ada",
        "nothing from:ada",
        "one OR from:ad",
        "nothing from:Human",
        "nothing from:system",
    ):
        assert (query, (await bus.call("msg_search", query=query)).note) == (query, None)


async def test_a_malformed_query_is_an_error(bus: BusHarness) -> None:  # H68
    with pytest.raises(InvalidRequest, match="this quote is never closed"):
        await bus.call("msg_search", query='"open')


async def test_pages_follow_each_other(bus: BusHarness) -> None:
    for number in range(5):
        await bus.post(f"word {number}")
    page = await bus.call("msg_search", query="word", limit=3)
    rest = await bus.call("msg_search", query="word", limit=3, cursor=page.next_cursor)
    contents = [found.message.content for found in (*page.results, *rest.results)]
    assert contents == [f"word {number}" for number in (4, 3, 2, 1, 0)]
    assert rest.next_cursor is None
