"""How a refused secret looks on the wire: H26, H66."""

from __future__ import annotations

from random import Random

from agentchatbus.testing import MakeBus
from agentchatbus_secrets import SecretsPlugin, SecretsSettings
from tests.plugins.mcp_site import client_of, refused
from tests.plugins.rest_kit import open_rest
from tests.plugins.secrets_corpus.tokens import BARE

KEY = BARE["AWS Access Key ID"][0](Random(4))
CONTENT = {"error": "Content blocked by filter", "pattern": "AWS Access Key ID", "where": "content"}


def secrets() -> SecretsPlugin:
    return SecretsPlugin(SecretsSettings())


async def test_rest_answers_as_the_contract_says(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[secrets()])
    answer = await rest.post(f"x {KEY}")
    assert (answer.status_code, answer.json()) == (400, {"detail": CONTENT})
    agent = await rest.register()
    body = {"topic": "T", "creator_agent_id": agent["agent_id"], "system_prompt": KEY}
    answer = await rest.http.post("/api/threads", json=body, headers={"x-agent-token": agent["token"]})
    prompt = {
        "error": "system_prompt blocked by content filter",
        "pattern": "AWS Access Key ID",
        "where": "system_prompt",
    }
    assert (answer.status_code, answer.json()) == (400, {"detail": prompt})


async def test_an_edit_over_rest_is_refused_like_a_post(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[secrets()])
    posted = (await rest.post("fine")).json()
    answer = await rest.http.put(f"/api/messages/{posted['id']}", json={"content": KEY, "edited_by": "human"})
    assert (answer.status_code, answer.json()) == (400, {"detail": CONTENT})


async def test_mcp_answers_as_the_contract_says(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets()])
    agent = await bus.agent("A")
    sync = {"expected_last_seq": agent.sync.current_seq, "reply_token": agent.sync.reply_token}
    async with client_of(bus) as client:
        given = {"thread_id": bus.thread, "author": agent.agent_id, "token": agent.token, "content": KEY, **sync}
        assert await refused(client, "msg_post", **given) == CONTENT
