"""Nobody passes for somebody else by a name that only looks like theirs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agentchatbus.lookalikes import ASCII_PROTOTYPES, disguised_word, is_reserved, looks_of
from agentchatbus.plugin_api import Forbidden, InvalidRequest, Unauthenticated
from agentchatbus.testing import BusHarness, MakeBus

CYRILLIC_TOP = "\u0422\u041e\u0420"
"""Looks like the Latin TOP, and is a word of three Cyrillic letters."""

LOOKALIKES = [
    ("Nova", "N\u03bfva"),  # Greek omicron
    ("Nova", "\uff2e\uff4f\uff56\uff41"),  # full width
    ("Nova", "\U0001d40d\U0001d428\U0001d42f\U0001d41a"),  # mathematical bold
    ("Nova", "NOVA"),
    ("Nova", " nova  "),
    ("Nova", "N0va"),
    ("TOP", CYRILLIC_TOP),
    ("Alice", "AIice"),
    ("Alice", "A1ice"),
    ("modern", "modem"),
    ("Claude", "C\u217caude"),  # a small Roman numeral fifty
]
DIFFERENT = [
    ("Nova", "N\u00f3va"),
    ("Nova", "No va"),
    ("Nova", "Novas"),
    ("Nova 2", "Nova 3"),
    ("Aline", "Alice"),
    ("Anna", "\u0410\u043d\u043d\u0430"),
]
ORDINARY = [
    "Cursor (GPT-5)",
    "\u0410\u0433\u0435\u043d\u0442",  # a Cyrillic word
    "\u0410\u0433\u0435\u043d\u0442 GPT-5",  # a Cyrillic word and a Latin one
    "\u52a9\u624b",  # Chinese
    "Claude\u52a9\u624b",
    "\u30a8\u30fc\u30b8\u30a7\u30f3\u30c8\u7b2c\u4e00Nova",  # Japanese and Latin
    "\uc5d0\uc774\uc804\ud2b8",  # Korean
    "\u0648\u0643\u064a\u0644",  # Arabic
    "\u03a9mega",  # no alphabet has all of these
    "Jos\u00e9 Nu\u00f1ez",
    "Nova \U0001f98a",
]
DISGUISED = ["N\u043eva", "\u0410gent", "hum\u0430n", "\u0391lice", "\u0412\u043et", "Nova p\u0430ypal"]


@pytest.mark.parametrize(("name", "other"), LOOKALIKES)
def test_names_that_look_alike_have_a_look_in_common(name: str, other: str) -> None:
    assert looks_of(name) & looks_of(other)


@pytest.mark.parametrize(("name", "other"), DIFFERENT)
def test_names_that_differ_have_none(name: str, other: str) -> None:
    assert not looks_of(name) & looks_of(other)


@pytest.mark.parametrize("name", ORDINARY)
def test_people_may_write_in_their_own_alphabet(name: str) -> None:
    assert disguised_word(name) is None


@pytest.mark.parametrize("name", DISGUISED)
def test_a_word_that_mixes_alphabets_to_look_like_one_is_found(name: str) -> None:
    assert disguised_word(name) in name.split()


@pytest.mark.parametrize("name", ["Human", "hurnan", "SYSTEM", "syst\u0435m", "\uff48\uff55\uff4d\uff41\uff4e"])
def test_the_names_of_people_and_of_the_bus_are_reserved_however_they_are_written(name: str) -> None:
    assert is_reserved(name)


def test_ascii_names_look_the_same_with_and_without_the_whole_table() -> None:
    letters = "".join(map(chr, range(32, 127)))
    # A letter of another alphabet makes the whole table count.
    whole = looks_of(f"{letters} \u0436")
    assert {look.removesuffix(" \u0436") for look in whole} == looks_of(letters)
    assert set(ASCII_PROTOTYPES) <= set(range(128))


async def register(bus: BusHarness, **introduction: Any) -> Any:
    arguments = {"ide": "Cursor", "model": "GPT-5"} | introduction
    return (await bus.guest().call("agent_register", **arguments)).agent


async def test_an_alias_that_looks_like_anothers_gets_a_number(make_bus: MakeBus) -> None:
    bus = await make_bus()
    names = ["TOP", CYRILLIC_TOP, "T0P"]
    assert [(await register(bus, display_name=name)).display_name for name in names] == [
        "TOP",
        f"{CYRILLIC_TOP} 2",
        "T0P 3",
    ]


async def test_agents_that_come_at_once_see_each_others_names(make_bus: MakeBus) -> None:
    bus = await make_bus()
    names = ["TOP", CYRILLIC_TOP, "T0P", "top"] * 3
    agents = await asyncio.gather(*(register(bus, display_name=name) for name in names))
    looks = [looks_of(agent.display_name) for agent in agents]
    assert all(not one & other for place, one in enumerate(looks) for other in looks[:place])


@pytest.mark.parametrize("field", ["ide", "model", "display_name"])
async def test_a_disguised_name_is_refused(make_bus: MakeBus, field: str) -> None:
    bus = await make_bus()
    with pytest.raises(InvalidRequest, match="mixes letters of several alphabets"):
        await register(bus, **{field: "N\u043eva"})
    nova = await bus.agent("Nova")
    with pytest.raises(InvalidRequest, match="mixes letters"):
        await nova.call("agent_update", display_name="\u0391lice")


async def test_another_alias_frees_the_one_before_and_keeps_ones_own(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova = await bus.agent("TOP")
    assert (await nova.call("agent_update", display_name="T0P")).display_name == "T0P"
    assert (await nova.call("agent_update", display_name="Other")).display_name == "Other"
    assert (await register(bus, display_name=CYRILLIC_TOP)).display_name == CYRILLIC_TOP


async def test_the_name_of_an_agent_that_left_is_free_and_that_of_a_failed_registration_too(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova = await bus.agent("TOP")
    with pytest.raises(InvalidRequest):
        await register(bus, display_name="Wave", idempotency_key="short")
    await nova.call("agent_unregister")
    assert (await register(bus, display_name=CYRILLIC_TOP)).display_name == CYRILLIC_TOP
    assert (await register(bus, display_name="Wave")).display_name == "Wave"


@pytest.mark.parametrize("alias", ["hurnan", "\uff53ystem"])
async def test_an_alias_cannot_look_like_a_person_or_the_bus(make_bus: MakeBus, alias: str) -> None:
    bus = await make_bus()
    with pytest.raises(InvalidRequest, match="reserved"):
        await register(bus, display_name=alias)


async def test_a_person_cannot_post_under_a_name_that_looks_like_an_agents(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await bus.agent("TOP")
    with pytest.raises(Unauthenticated):
        await bus.post("hello", author=CYRILLIC_TOP)
    with pytest.raises(Forbidden):
        await bus.post("hello", author="hurnan")
    with pytest.raises(InvalidRequest):
        await bus.post("hello", author="\u0410da")
    assert (
        await bus.post("hello", author="\u0410\u043d\u043d\u0430")
    ).message.author_name == "\u0410\u043d\u043d\u0430"
