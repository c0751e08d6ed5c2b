"""The example with a panel of the console: what it lists, and for whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentchatbus.plugin_api import (
    Forbidden,
    NotFound,
    PanelAction,
    PanelChart,
    PanelFacts,
    PanelLink,
    PanelTable,
    Plugin,
    PluginSettings,
)
from agentchatbus.testing import MakeBus, ManualClock
from tests.test_examples import plugin_of

EXAMPLE = Path(__file__).parents[1] / "examples" / "console_panel.py"


@pytest.fixture
def plugin() -> Plugin[PluginSettings]:
    return plugin_of(EXAMPLE)


async def test_a_decision_is_listed_with_its_place_and_a_button(
    make_bus: MakeBus, plugin: Plugin[PluginSettings]
) -> None:
    bus = await make_bus(plugins=[plugin])
    nova = await bus.agent("Nova")
    await nova.post("nothing decided")
    await nova.post("settled", metadata={"decision": " Use two steps. "})
    facts, table, chart = (await bus.call("decision_panel")).blocks
    assert isinstance(facts, PanelFacts)
    assert isinstance(table, PanelTable)
    assert isinstance(chart, PanelChart)
    [[text, author, link, button]] = table.rows
    assert (facts.facts, text, author) == ({"Decisions": 1, "Threads": 1}, "Use two steps.", "Nova")
    assert link == PanelLink(text="Under test #2", thread_id=bus.thread, seq=2)
    assert isinstance(button, PanelAction)
    assert chart.bars == {"Under test": 1}
    assert await bus.call(button.operation, **button.arguments) == {"ok": True}
    assert await bus.call("decision_list") == []


async def test_what_was_decided_comes_newest_first_under_the_key_of_the_settings(
    make_bus: MakeBus, clock: ManualClock
) -> None:
    bus = await make_bus(plugins=[plugin_of(EXAMPLE, key="ruling")], clock=clock)
    for text in ("one", "two"):
        await bus.post(text, metadata={"ruling": text, "decision": "another key"})
        clock.advance(1)
    assert [item["text"] for item in await bus.call("decision_list")] == ["two", "one"]
    [badge] = (await bus.call("console_list")).decorations
    assert (badge.key, badge.panel) == ("ruling", "decisions")


@pytest.mark.parametrize("value", [None, 7, "", "  ", ["a"], {"a": 1}])
async def test_what_is_no_text_is_no_decision(make_bus: MakeBus, plugin: Plugin[PluginSettings], value: object) -> None:
    bus = await make_bus(plugins=[plugin])
    await bus.post("x", metadata={"decision": value})
    assert await bus.call("decision_list") == []


async def test_what_only_people_see_is_not_listed(make_bus: MakeBus, plugin: Plugin[PluginSettings]) -> None:
    bus = await make_bus(plugins=[plugin])
    await bus.post("x", metadata={"decision": "secret", "visibility": "human_only"})
    assert await bus.call("decision_list") == []


async def test_a_decision_goes_with_its_thread(make_bus: MakeBus, plugin: Plugin[PluginSettings]) -> None:
    bus = await make_bus(plugins=[plugin])
    await bus.post("x", metadata={"decision": "gone"})
    await bus.call("thread_delete", thread_id=bus.thread, confirm=True)
    assert await bus.call("decision_list") == []


async def test_only_a_person_takes_a_decision_off_the_list(make_bus: MakeBus, plugin: Plugin[PluginSettings]) -> None:
    bus = await make_bus(plugins=[plugin])
    posted = await bus.post("x", metadata={"decision": "stays"})
    nova = await bus.agent("Nova")
    with pytest.raises(Forbidden, match="person"):
        await nova.call("decision_withdraw", message_id=posted.message.id)
    with pytest.raises(NotFound):
        await bus.call("decision_withdraw", message_id="nothing")
    assert len(await bus.call("decision_list")) == 1
