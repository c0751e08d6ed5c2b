"""Edits, reactions and search over REST."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from agentchatbus.plugin_api import Plugin
from agentchatbus.testing import MakeBus
from agentchatbus_scan import ScanPlugin
from tests.plugins.rest_kit import Rest, open_rest

NOW = "2030-01-01T12:00:00.000000+00:00"
MISSING = {"detail": "Message 'nope' not found"}


def scan() -> Plugin[Any]:
    """Return a plugin that searches the storage of tests."""
    return ScanPlugin(ScanPlugin.settings_type())


async def posted(rest: Rest, content: str = "hello", **more: Any) -> str:
    """Post a message and return its address."""
    answer = await rest.post(content, **more)
    return f"/api/messages/{answer.json()['id']}"


async def test_an_edit_answers_with_its_version_and_author(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    address = await posted(rest)
    message_id = address.rpartition("/")[2]
    first = await rest.http.put(address, json={"content": "better", "edited_by": "human"})
    assert first.json() == {"msg_id": message_id, "version": 1, "edited_at": NOW, "edited_by": "human"}
    again = await rest.http.put(address, json={"content": "better", "edited_by": "human"})
    assert (again.status_code, again.json()) == (200, {"no_change": True, "version": 1})
    assert (await rest.http.put(address, json={"new_content": "best"})).json()["version"] == 2
    history = (await rest.http.get(f"{address}/history")).json()
    assert history == {
        "message_id": message_id,
        "current_content": "best",
        "edit_version": 2,
        "edits": [
            {"version": 1, "old_content": "hello", "edited_by": "human", "created_at": NOW},
            {"version": 2, "old_content": "better", "edited_by": "human", "created_at": NOW},
        ],
    }
    (listed,) = (await rest.http.get(rest.messages)).json()
    assert (listed["content"], listed["edited_at"], listed["edit_version"]) == ("best", NOW, 2)


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"content": " ", "edited_by": "human"}, 400, "content must not be empty"),
        ({"content": "x", "edited_by": " "}, 400, "edited_by must not be empty"),
        ({"edited_by": "human"}, 422, None),
        ({"content": 7}, 422, None),
    ],
)
async def test_an_edit_is_refused_in_the_words_of_the_contract(
    make_bus: MakeBus, body: dict[str, Any], status: int, detail: str | None
) -> None:
    rest = await open_rest(make_bus)
    answer = await rest.http.put(await posted(rest), json=body)
    assert (answer.status_code, answer.json()["detail"]) == (status, detail or answer.json()["detail"])
    if status == 422:
        assert answer.json()["detail"][0]["loc"] == ["body", "content"]


async def test_nobody_edits_what_an_other_agent_wrote_whoever_it_says_it_is(make_bus: MakeBus) -> None:
    """H20: `edited_by` proves nothing."""
    rest = await open_rest(make_bus)
    nova, bob = await rest.register("Nova"), await rest.register("Bob")
    address = await posted(rest, token=nova["token"])
    for name in ("system", nova["name"], nova["agent_id"]):
        body = {"content": "changed", "edited_by": name}
        answer = await rest.http.put(address, json=body, headers={"x-agent-token": bob["token"]})
        assert (answer.status_code, "original author" in answer.json()["detail"]) == (403, True)
    own = await rest.http.put(address, json={"content": "mine"}, headers={"x-agent-token": nova["token"]})
    assert own.json()["edited_by"] == nova["name"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/messages/nope", None),
        ("PUT", "/api/messages/nope", {"content": "x", "edited_by": "human"}),
        ("GET", "/api/messages/nope/history", None),
        ("GET", "/api/messages/nope/reactions", None),
        ("POST", "/api/messages/nope/reactions", {"agent_id": "human", "reaction": "x"}),
    ],
)
async def test_a_missing_message_is_not_found(make_bus: MakeBus, method: str, path: str, body: Any) -> None:
    """H66."""
    rest = await open_rest(make_bus)
    answer = await rest.http.request(method, path, json=body)
    assert (answer.status_code, answer.json()) == (404, MISSING)


async def test_reactions_have_the_shape_of_the_contract(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register()
    address = await posted(rest)
    body = {"agent_id": agent["agent_id"], "reaction": " 👍 "}
    answer = await rest.http.post(f"{address}/reactions", json=body, headers={"x-agent-token": agent["token"]})
    reaction = answer.json()
    assert answer.status_code == 201
    assert reaction.pop("id")
    assert reaction == {
        "message_id": address.rpartition("/")[2],
        "agent_id": agent["agent_id"],
        "agent_name": agent["name"],
        "reaction": "👍",
        "created_at": NOW,
    }
    again = await rest.http.post(f"{address}/reactions", json=body, headers={"x-agent-token": agent["token"]})
    assert (again.status_code, again.json()) == (201, answer.json())
    assert (await rest.http.get(f"{address}/reactions")).json() == [answer.json()]
    assert (await rest.http.get(rest.messages)).json()[0]["reactions"] == [answer.json()]
    assert (await rest.http.get(address)).json()["reactions"] == [answer.json()]


async def test_people_react_as_human_and_agents_with_a_proof(make_bus: MakeBus) -> None:
    """H20."""
    rest = await open_rest(make_bus)
    agent = await rest.register()
    address = await posted(rest)
    for body in ({"reaction": "x"}, {"agent_id": "human", "reaction": "y"}):
        reaction = (await rest.http.post(f"{address}/reactions", json=body)).json()
        assert (reaction["agent_id"], reaction["agent_name"]) == ("human", None)
    claimed = await rest.http.post(f"{address}/reactions", json={"agent_id": agent["agent_id"], "reaction": "z"})
    assert claimed.status_code == 401
    empty = await rest.http.post(f"{address}/reactions", json={"reaction": " "})
    assert (empty.status_code, empty.json()) == (400, {"detail": "Reaction must be a non-empty string"})


@pytest.mark.parametrize("way", ["path", "query"])
@pytest.mark.parametrize("label", ["👍", "a/b", "50%", "?"])
async def test_each_reaction_can_be_taken_back(make_bus: MakeBus, label: str, way: str) -> None:
    """H66."""
    rest = await open_rest(make_bus)
    address = await posted(rest)
    await rest.http.post(f"{address}/reactions", json={"reaction": label})
    encoded = quote(label, safe="")
    end = f"/{encoded}?agent_id=human" if way == "path" else f"?reaction={encoded}"
    gone = {"message_id": address.rpartition("/")[2], "reaction": label, "agent_id": "human"}
    for removed in (True, False):
        answer = await rest.http.delete(f"{address}/reactions{end}")
        assert (answer.status_code, answer.json()) == (200, {"removed": removed, **gone})


async def test_the_newest_messages_come_page_by_page(make_bus: MakeBus) -> None:
    """H61."""
    rest = await open_rest(make_bus)
    for number in range(1, 8):
        await rest.post(str(number))

    async def seqs(query: str) -> list[int]:
        return [message["seq"] for message in (await rest.http.get(f"{rest.messages}?{query}")).json()]

    assert await seqs("order=desc&limit=3") == [5, 6, 7]
    assert await seqs("order=desc&limit=3&before_seq=5") == [2, 3, 4]
    assert await seqs("before_seq=3") == [1, 2]
    assert await seqs("after_seq=2&before_seq=5") == [3, 4]
    assert await seqs("limit=0") == []


async def test_an_agents_own_emoji_and_name_are_shown_with_its_messages(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register("Nova", emoji="🦊")
    await rest.post(token=agent["token"])
    (message,) = (await rest.http.get(rest.messages)).json()
    assert (message["author_emoji"], message["author_display_name"]) == ("🦊", "Nova")
    headers = {"x-agent-token": agent["token"]}
    changes = {"emoji": "🐙", "display_name": "Neo"}
    await rest.http.put(f"/api/agents/{agent['agent_id']}", json=changes, headers=headers)
    (message,) = (await rest.http.get(rest.messages)).json()
    assert (message["author_emoji"], message["author_display_name"]) == ("🐙", "Neo")


async def test_a_search_answers_with_marked_and_escaped_snippets(make_bus: MakeBus) -> None:
    """H22."""
    rest = await open_rest(make_bus, plugins=[scan()])
    agent = await rest.register("Nova")
    address = await posted(rest, "<script>alert(1)</script> the refresh & more", token=agent["token"])
    answer = (await rest.http.get("/api/search?q=refresh")).json()
    (found,) = answer.pop("results")
    assert answer == {"total": 1, "query": "refresh", "next_cursor": None, "note": answer["note"]}
    ((start, end),) = found["marks"]
    assert found["snippet_text"][start:end] == "refresh"
    assert "&lt;script&gt;" in found["snippet"]
    assert "the <mark>refresh</mark> &amp; more" in found["snippet"]
    assert (found["message_id"], found["thread_id"]) == (address.rpartition("/")[2], rest.bus.thread)
    assert (found["thread_topic"], found["author"], found["seq"]) == ("Under test", agent["name"], 1)
    assert (await rest.http.get("/api/search?query=refresh")).json()["results"] == [found]


@pytest.mark.parametrize(
    ("query", "status"), [("", 422), ("?q=", 400), ("?q=%20", 400), ("?q=x&limit=many", 422), ("?q=x&cursor=x", 400)]
)
async def test_a_search_that_cannot_be_is_refused(make_bus: MakeBus, query: str, status: int) -> None:
    """H68."""
    rest = await open_rest(make_bus, plugins=[scan()])
    answer = await rest.http.get(f"/api/search{query}")
    assert answer.status_code == status
    if status == 400 and "cursor" not in query:
        assert answer.json() == {"detail": "Query parameter 'q' must not be empty"}
    if not query:
        assert answer.json()["detail"][0]["loc"] == ["query", "q"]


async def test_a_search_goes_on_where_it_ended(make_bus: MakeBus) -> None:
    """H68."""
    rest = await open_rest(make_bus, plugins=[scan()])
    for number in range(5):
        await rest.post(f"word {number}")
    seen, cursor = [], ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        page = (await rest.http.get("/api/search", params={"q": "word", "limit": "2", **more})).json()
        seen += [found["seq"] for found in page["results"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == [1, 2, 3, 4, 5]


async def test_an_agent_finds_nothing_that_is_for_people(make_bus: MakeBus) -> None:
    """H29."""
    rest = await open_rest(make_bus, plugins=[scan()])
    agent = await rest.register()
    await rest.post("secret plan", metadata={"audience": "human"})
    answer = await rest.http.get("/api/search?q=plan", headers={"x-agent-token": agent["token"]})
    assert "secret plan" not in answer.text
    assert len((await rest.http.get("/api/search?q=plan")).json()["results"]) == 1
