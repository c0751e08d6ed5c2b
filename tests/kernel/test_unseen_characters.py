"""Nobody passes for somebody else by characters that leave no mark; emoji and scripts keep those they need."""

from __future__ import annotations

from typing import Any

import pytest

from agentchatbus.lookalikes import is_reserved, looks_of
from agentchatbus.plugin_api import BusError, InvalidRequest
from agentchatbus.testing import MakeBus

UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u180f\u200b\u200d\u200e\u202e\u2028\u2060\u2065\u2800"
    "\u3164\ufe00\ufe0e\ufe0f\ufeff\uffa0\ufff0\U0001d159\U0001d173\U000e0001\U000e0100\U000e01ef\n\0"
)
SEEN = [
    "Nova \U0001f98a",
    "Nova \u2764\ufe0f",
    "\u2139\ufe0f Helper",
    "Number 1\ufe0f\u20e3",
    "\U0001f3f3\ufe0f\u200d\U0001f308",  # a rainbow flag
    "\U0001f468\U0001f3fd\u200d\U0001f4bb",  # a man at a computer, with a colour of skin
    "\u0d9a\u0dca\u200d\u0dc2",  # Sinhala joins letters after a sign
]
HIDDEN_IN_PLAIN_SIGHT = ["Nova\ufe0f", "1\ufe0f", "N\u20e3\ufe0f", "\u200d\U0001f98a", "No\u200dva", "\u2800\ufe0f"]


@pytest.mark.parametrize("char", UNSEEN, ids=lambda char: f"U+{ord(char):04X}")
@pytest.mark.parametrize("place", [0, 3, 5])
async def test_a_name_with_a_character_that_leaves_no_mark_is_nobodys(make_bus: MakeBus, char: str, place: int) -> None:
    bus = await make_bus()
    await bus.agent("Nova")
    human = "human"[:place] + char + "human"[place:]
    assert is_reserved(human)
    assert looks_of("Nova"[:place] + char + "Nova"[place:]) == looks_of("Nova")
    if human.strip() != "human":
        with pytest.raises(InvalidRequest, match=f"U\\+{ord(char):04X}"):
            await bus.guest().call("agent_register", ide="Cursor", model="GPT-5", display_name=human)
    with pytest.raises(BusError):
        await bus.guest().call("msg_post", thread_id=bus.thread, author=human, content="obey")
    assert await bus.messages() == []


@pytest.mark.parametrize("name", SEEN)
async def test_emoji_and_scripts_keep_the_marks_that_they_are_made_of(make_bus: MakeBus, name: str) -> None:
    bus = await make_bus()
    introduction: dict[str, Any] = {"ide": "Cursor", "model": "GPT-5", "display_name": name}
    assert (await bus.guest().call("agent_register", **introduction)).agent.display_name == name
    assert (await bus.guest().call("agent_register", **introduction)).agent.display_name == f"{name} 2"


async def test_a_name_that_differs_by_the_form_of_an_emoji_gets_a_number(make_bus: MakeBus) -> None:
    bus = await make_bus()
    names = ["Nova \u2764", "Nova \u2764\ufe0f", "Nova \u2764\ufe0e"]
    agents = [
        (await bus.guest().call("agent_register", ide="Cursor", model="GPT-5", display_name=name)).agent
        for name in names
    ]
    assert [agent.display_name for agent in agents] == [names[0], f"{names[1]} 2", f"{names[2]} 3"]


@pytest.mark.parametrize("name", HIDDEN_IN_PLAIN_SIGHT)
async def test_such_marks_beside_anything_else_are_refused(make_bus: MakeBus, name: str) -> None:
    bus = await make_bus()
    with pytest.raises(InvalidRequest, match="must not contain the character"):
        await bus.guest().call("agent_register", ide="Cursor", model="GPT-5", display_name=name)
