"""Who posts too often is told in the words of the contract, over every way in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.drivers import HTTP_WAYS, Bridges, mcp_client
from tests.contract.shapes import problems
from tests.contract.site import Site, serving
from tests.contract.worlds import World

REFUSED = {"error": "Rate limit exceeded", "limit": 1, "window": 60, "retry_after": lambda value: 0 < value <= 60}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that takes one message a minute of each agent."""
    with serving(tmp_path_factory.mktemp("strict"), messages="1/minute") as site:
        yield site


@pytest.mark.parametrize("way", HTTP_WAYS)
def test_a_tool_says_how_long_to_wait(way: str, strict: Site) -> None:
    world = World(strict)
    world.say("first", world.nova)
    post = {"thread_id": world.thread, "author": world.nova.id, "content": "second", **world.sync(world.nova)}
    with mcp_client(way, strict, Bridges(strict)) as client:
        answer = client.call("msg_post", {**post, **world.nova.proof})
    assert answer.is_refused
    assert problems(answer.structured, REFUSED) == []


def test_a_route_says_how_long_to_wait(strict: Site) -> None:
    world = World(strict)
    world.say("first", world.nova)
    path, body = f"/api/threads/{world.thread}/messages", {"content": "second", "author": world.nova.id}
    answer = strict.person.post(path, json=body, headers={"X-Agent-Token": world.nova.token})
    assert answer.status_code == 429
    assert problems(answer.json(), {**REFUSED, "detail": REFUSED}) == []
    assert int(answer.headers["retry-after"]) == answer.json()["retry_after"]
