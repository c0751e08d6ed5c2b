"""What plugins add to the console: what is listed, what is refused, what vanishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from agentchatbus.plugin_api import (
    Action,
    Call,
    ConfigError,
    ConsoleOffer,
    DecorationOffer,
    EventBody,
    MessagePosted,
    Operation,
    Panel,
    PanelOffer,
    PanelText,
    Params,
    Plugin,
    PluginFailed,
    PluginSettings,
    Route,
    hookimpl,
    operation,
    operations_of,
)
from agentchatbus.testing import MakeBus


class NameParams(Params):
    name: str


class BoardOperations:
    """A panel, what its buttons may ask, and everything that cannot be one."""

    @operation(route=Route(method="GET", path="/api/board"), read_only=True)
    async def board_panel(self, _params: Params, _call: Call) -> Panel:
        """Fill the panel."""
        return Panel(blocks=[PanelText(text="All *well*.")])

    @operation(route=Route(method="POST", path="/api/board/{name}/clear"))
    async def board_clear(self, _params: NameParams, _call: Call) -> None:
        """Clear something."""

    @operation(route=Route(method="GET", path="/api/board/text"), read_only=True)
    async def board_text(self, _params: Params, _call: Call) -> str:
        """Answer with something else."""
        return ""

    @operation(route=Route(method="GET", path="/api/board/{name}"), read_only=True)
    async def board_one(self, _params: NameParams, _call: Call) -> Panel:
        """Need a name in the path."""
        return Panel(blocks=[])

    @operation(route=Route(method="GET", path="/api/board/find"), read_only=True)
    async def board_find(self, _params: NameParams, _call: Call) -> Panel:
        """Need an argument."""
        return Panel(blocks=[])

    @operation(route=Route(method="GET", path="/api/board/count"))
    async def board_count(self, _params: Params, _call: Call) -> Panel:
        """Change something."""
        return Panel(blocks=[])

    @operation(read_only=True)
    async def board_tool(self, _params: Params, _call: Call) -> Panel:
        """Have no route."""
        return Panel(blocks=[])


class BoardPlugin(Plugin[PluginSettings]):
    """Offers what it is given."""

    is_broken = False

    def __init__(self, *offers: ConsoleOffer) -> None:
        super().__init__(PluginSettings())
        self._offers = offers

    @hookimpl
    def register_operations(self) -> Sequence[Operation[Any]]:
        return operations_of(BoardOperations())

    @hookimpl
    def register_console(self) -> Sequence[ConsoleOffer]:
        return self._offers

    @hookimpl
    async def check_action(self, action: Action) -> None:
        if self.is_broken and action.operation == "thread_list":
            raise RuntimeError("broken")


class OtherPlugin(Plugin[PluginSettings]):
    """Adds no operation of its own."""

    def __init__(self, *offers: ConsoleOffer) -> None:
        super().__init__(PluginSettings())
        self._offers = offers

    @hookimpl
    def register_console(self) -> Sequence[ConsoleOffer]:
        return self._offers


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardCleared(EventBody):
    type: ClassVar[str] = "board.cleared"


def panel(**changes: Any) -> PanelOffer:
    return PanelOffer(**{"name": "board", "title": "Board", "operation": "board_panel"} | changes)


def badge(**changes: Any) -> DecorationOffer:
    return DecorationOffer(**{"key": "estimate", "label": "Estimate"} | changes)


async def test_register_console_lists_panels_and_decorations(make_bus: MakeBus) -> None:
    shown = panel(icon="📋", refresh_on=[MessagePosted, BoardCleared])
    bus = await make_bus(plugins=[BoardPlugin(badge(tone="wait", panel="board"), shown)])
    found = await bus.guest().call("console_list")
    [entry] = found.panels
    assert (entry.name, entry.title, entry.icon, entry.path) == ("board", "Board", "📋", "/api/board")
    assert entry.refresh_on == ["msg.new", "board.cleared"]
    assert [(item.key, item.label, item.tone, item.panel) for item in found.decorations] == [
        ("estimate", "Estimate", "wait", "board")
    ]
    assert (await bus.call("board_panel")).blocks[0].text == "All *well*."


async def test_buttons_of_a_panel_may_ask_for_what_the_plugin_itself_changes(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[BoardPlugin(panel())])
    [entry] = (await bus.call("console_list")).panels
    assert sorted(entry.actions) == ["board_clear", "board_count"]
    assert entry.actions["board_clear"].path == "/api/board/{name}/clear"


async def test_without_plugins_the_console_has_only_its_own(make_bus: MakeBus) -> None:
    found = await (await make_bus()).call("console_list")
    assert (found.panels, found.decorations) == ([], [])


@pytest.mark.parametrize(
    ("offers", "said"),
    [
        ([panel(operation="board_panle")], "'board_panle', which the plugin does not add. Did you mean 'board_panel'?"),
        ([panel(operation="thread_list")], "'thread_list', which the plugin does not add."),
        ([panel(operation="board_clear")], "has to be read-only, with a route of the method GET"),
        ([panel(operation="board_one")], "without names in braces"),
        ([panel(operation="board_count")], "has to be read-only"),
        ([panel(operation="board_tool")], "with a route of the method GET"),
        ([panel(operation="board_find")], "must not need arguments"),
        ([panel(operation="board_text")], "has to answer with a Panel; write `-> Panel`"),
        ([panel(name="../board")], "needs a name of at most 40 small letters, digits and hyphens"),
        ([panel(title="")], "at most 40 characters as its title"),
        ([panel(title="x" * 41)], "at most 40 characters as its title"),
        ([panel(icon="two\nlines")], "needs one line of at most 8 characters as its icon"),
        ([panel(refresh_on=["message.new"])], "classes of events in refresh_on, such as MessagePosted"),
        ([panel(), panel(title="Again")], "offers a panel named 'board' twice"),
        ([badge(tone="goood")], "has to be one of neutral, accent, good, wait, bad. Did you mean 'good'?"),
        ([badge(key=" ")], "needs one line of at most 100 characters as its key"),
        ([badge(label="a\nb")], "needs one line of at most 40 characters as its label"),
        ([badge(panel="board")], "leads to the panel 'board', which the plugin does not add"),
        ([badge(), badge(label="Again")], "offers a decoration of the key 'estimate' twice"),
    ],
)
async def test_an_offer_that_cannot_be_used_stops_the_start(
    make_bus: MakeBus, offers: list[ConsoleOffer], said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        await make_bus(plugins=[BoardPlugin(*offers)])
    assert str(refused.value).startswith("Plugin 'board'")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (badge(), badge(), "both offer a decoration of the key 'estimate'; disable one of them."),
        (
            panel(),
            panel(),
            "Plugin 'other': the panel 'board' names the operation 'board_panel', which the plugin does",
        ),
        (panel(), badge(panel="board"), "Plugin 'other': the decoration of the key 'estimate' leads to the panel"),
    ],
)
async def test_a_plugin_takes_nothing_from_another(
    make_bus: MakeBus, ours: ConsoleOffer, theirs: ConsoleOffer, said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        await make_bus(plugins=[OtherPlugin(theirs), BoardPlugin(ours)])
    assert said in str(refused.value)


async def test_what_a_plugin_adds_vanishes_while_it_is_quarantined(make_bus: MakeBus) -> None:
    plugin = BoardPlugin(panel(), badge())
    bus = await make_bus(plugins=[plugin, OtherPlugin(badge(key="other"))])
    plugin.is_broken = True
    for _ in range(5):
        with pytest.raises(PluginFailed):
            await bus.call("thread_list")
    left = await bus.call("console_list")
    assert (left.panels, [item.key for item in left.decorations]) == ([], ["other"])
    await bus.call("plugin_enable", name="board")
    back = await bus.call("console_list")
    assert ([item.name for item in back.panels], len(back.decorations)) == (["board"], 2)
