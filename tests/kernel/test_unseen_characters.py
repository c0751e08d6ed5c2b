"""Nobody passes for somebody else by characters that leave no mark; emoji and scripts keep those they need."""

from __future__ import annotations

from typing import Any

import pytest

from agentchatbus.lookalikes import disguised_word, is_reserved, looks_of
from agentchatbus.plugin_api import BusError, InvalidRequest
from agentchatbus.testing import MakeBus

UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u180f\u200b\u200d\u200e\u202e\u2028\u2060\u2065\u2800"
    "\u3164\ufe00\ufe0e\ufe0f\ufeff\uffa0\ufff0\U0001d159\U0001d173\U000e0001\U000e0100\U000e01ef\n\0"
)
ENGLAND, SCOTLAND, WALES = (
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(char)) for char in code) + "\U000e007f"
    for code in ("gbeng", "gbsct", "gbwls")
)
SEEN = [
    "Nova \U0001f98a",
    "Nova \u2764\ufe0f",
    "\u2139\ufe0f Helper",
    "Number 1\ufe0f\u20e3",
    "\U0001f3f3\ufe0f\u200d\U0001f308",  # a rainbow flag
    "\U0001f468\U0001f3fd\u200d\U0001f4bb",  # a man at a computer, with a colour of skin
    "\u0d9a\u0dca\u200d\u0dc2",  # Sinhala joins letters after a sign
    "\u0930\u093e\u091c\u0928\u094d\u200c",  # Hindi shows the sign itself
    "\u0930\u200d\u092f",  # Marathi
    "\u09b0\u200d\u09cd\u09af\u09be\u0982\u0995",  # Bengali joins before a sign
    "\u0cb0\u200d\u0ccd\u0c95",  # Kannada as well
    "\u1794\u17c9\u200c\u17b8",  # Khmer
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian parts letters of one word
    "\u0647\u200d\u062c\u0631\u06cc",
    "1403 \u0647\u200d.\u0634",  # and abbreviates words with the form of a letter that goes on
    "\u845b\U000e0100\u98fe",  # Japanese chooses one of the shapes of a character
    "\u9038\ufe00",
    "\u2268\ufe00",  # mathematics as well
    "\u1000\ufe00",  # and Myanmar
    "\u1820\u180b",  # Mongolian
    "\u1828\u180b\u180e\u1821",
    ENGLAND,
    f"Nova {ENGLAND}\u200d\u2620\ufe0f",
]
HIDDEN_IN_PLAIN_SIGHT = ["Nova\ufe0f", "1\ufe0f", "N\u20e3\ufe0f", "\u200d\U0001f98a", "No\u200dva", "\u2800\ufe0f"]
HIDDEN_AMONG_SCRIPTS = [
    "hu\u200dman",
    "hu\u200cman",
    "human\ufe00",
    "h\U000e0100uman",
    "\u0430\u200d\u0430",  # Cyrillic joins nothing
    "API\u200c\u0647\u0627",
    "\u0647\u200cAPI",
    "\u0647\u200d\u200c\u0647",
    "\u0645\u200c\u200c\u0645",
    "\u0645\u200c",
    "\u200c\u0645",
    "\u0930\u200c\u09b0",  # of two scripts
    "\u1780\u17b4\u200d\u1780",  # Khmer, after a vowel that leaves no mark
    "\u845b\U000e0100\U000e0101",
    "\u9038\ufe00\ufe01",
    "\u3042\U000e0100",
    "N\u180b",
    "\u1820\u180b\u180c",
    "\u1820\u180e",
    f"Nova{ENGLAND[1:]}",
    ENGLAND[:-1],
    f"\U0001f3f4{ENGLAND[1:-1] * 2}\U000e007f",
    f"\U0001f3f4{ENGLAND[-1]}",
    "\U0001f3f4\U000e0100",
]


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


async def test_names_that_differ_by_what_leaves_no_mark_of_its_own_get_numbers(make_bus: MakeBus) -> None:
    bus = await make_bus()
    names = ["\u845b\u98fe", "\u845b\U000e0100\u98fe", "\u845b\U000e0101\u98fe", ENGLAND, SCOTLAND, WALES]
    names += ["\u0645\u06cc\u0645", "\u0645\u06cc\u200c\u0645", "\u0645\u06cc\u200d\u0645"]
    agents = [
        (await bus.guest().call("agent_register", ide="Cursor", model="GPT-5", display_name=name)).agent
        for name in names
    ]
    numbers = [agent.display_name.removeprefix(name) for agent, name in zip(agents, names, strict=True)]
    assert numbers == ["", " 2", " 3"] * 3


@pytest.mark.parametrize("name", SEEN)
async def test_topics_and_reactions_keep_them_too(make_bus: MakeBus, name: str) -> None:
    bus = await make_bus()
    created = await bus.call("thread_create", topic=name)
    assert (await bus.call("thread_create", topic=name)).thread.id == created.thread.id
    posted = await bus.post("hello")
    reaction = name.rsplit(maxsplit=1)[-1]
    await bus.call("msg_react", message_id=posted.message.id, reaction=reaction)
    [message] = await bus.messages()
    assert [each.reaction for each in message.reactions] == [reaction]


def test_a_character_between_letters_does_not_hide_a_word_of_several_alphabets() -> None:
    assert disguised_word("N\ufe0f\u043eva") == "N\u043eva"


@pytest.mark.parametrize("name", [*HIDDEN_IN_PLAIN_SIGHT, *HIDDEN_AMONG_SCRIPTS])
async def test_such_marks_beside_anything_else_are_refused(make_bus: MakeBus, name: str) -> None:
    bus = await make_bus()
    with pytest.raises(InvalidRequest, match="must not contain the character"):
        await bus.guest().call("agent_register", ide="Cursor", model="GPT-5", display_name=name)
