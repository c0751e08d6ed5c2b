"""Limits as clients and operators see them: refusals over REST and MCP, and settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agentchatbus.plugin_api import load_config
from agentchatbus.testing import MakeBus
from agentchatbus_limits import LimitsPlugin, LimitsSettings
from tests.plugins.mcp_site import call, client_of, refused
from tests.plugins.rest_kit import open_rest

REFUSAL = {"error": "Rate limit exceeded", "limit": 1, "window": 60, "retry_after": 60}


def limits(**settings: Any) -> LimitsPlugin:
    return LimitsPlugin(LimitsSettings.model_validate(settings))


async def test_a_refusal_over_rest(make_bus: MakeBus) -> None:
    """H27: the fields stand where clients of old look, and under `detail` like those of every other error."""
    rest = await open_rest(make_bus, plugins=[limits(messages="1/minute")])
    agent = await rest.register()
    assert (await rest.post(token=agent["token"])).status_code == 201
    await rest.bus.drain()
    answer = await rest.post(token=agent["token"])
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"
    assert answer.json() == {**REFUSAL, "detail": REFUSAL}


async def test_a_refusal_over_mcp(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[limits(messages="1/minute")])
    agent = await bus.agent("A")
    await agent.post("one")
    async with client_of(bus) as client:
        answer = await refused(
            client,
            "msg_post",
            agent_id=agent.agent_id,
            token=agent.token,
            thread_id=bus.thread,
            author=agent.agent_id,
            content="two",
            expected_last_seq=agent.sync.current_seq,
            reply_token=agent.sync.reply_token,
        )
        assert answer == REFUSAL
        assert (await call(client, "agent_heartbeat", agent_id=agent.agent_id, token=agent.token))["ok"]


@pytest.mark.parametrize("rate", ["off", "OFF", "30/minute", "5/10 seconds", "2 per hour", "5/second; 60/minute"])
def test_a_rate_is_written_as_people_say_it(rate: str) -> None:
    LimitsSettings(messages=rate)


@pytest.mark.parametrize("rate", ["", "30", 30, "0/minute", "many/minute", "30/fortnight", "-1/minute", "/minute"])
def test_what_is_no_rate_is_refused_with_an_example(rate: Any) -> None:
    with pytest.raises(ValidationError, match='"30/minute"'):
        LimitsSettings.model_validate({"messages": rate})
    with pytest.raises(ValidationError, match='"off" for no limit'):
        LimitsSettings.model_validate({"agents": {"Test (A)": {"messages": rate}}})


async def test_several_rates_hold_together(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[limits(reads="2/10 seconds; 3/minute")])
    agent = await bus.agent("A")
    for _ in range(2):
        await agent.call("thread_list")
    async with client_of(bus) as client:
        proof = {"agent_id": agent.agent_id, "token": agent.token}
        await call(client, "agent_heartbeat", **proof)
        assert (await refused(client, "thread_list"))["retry_after"] == 10
        bus.clock.advance(10)  # type: ignore[attr-defined]
        await call(client, "thread_list")
        answer = await refused(client, "thread_list")
    assert (answer["limit"], answer["window"], answer["retry_after"]) == (3, 60, 50)


def check(tmp_path: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Check a configuration as an operator would."""
    file = tmp_path / "bus.toml"
    file.write_text(f"[server]\ndata_dir = {str(tmp_path)!r}\n{text}")
    command = [sys.executable, "-m", "agentchatbus", "config", "check", "--config", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def test_a_wrong_rate_stops_the_start_and_names_its_key(tmp_path: Path) -> None:
    checked = check(tmp_path, '[plugins.limits]\nedits = "often"\n')
    assert checked.returncode != 0
    assert "[plugins.limits] edits: Write a rate such as" in checked.stdout + checked.stderr


def test_the_variable_of_old_still_sets_the_messages_of_a_minute(tmp_path: Path) -> None:
    assert check(tmp_path, "", AGENTCHATBUS_RATE_LIMIT="5").returncode == 0
    assert check(tmp_path, "", AGENTCHATBUS_RATE_LIMIT="0").returncode == 0
    assert check(tmp_path, "", AGENTCHATBUS_RATE_LIMIT="few").returncode != 0


@pytest.mark.parametrize(
    "rate",
    [
        "30/0 seconds",
        "30 per 0 minutes",
        "30/00second",
        "5/second; 60/0 minutes",
        "1/99999999999 years",
        "1/2 years",
        "5/second, 60/367 days",
        "1/99999999999999999999999 seconds",
    ],
)
def test_a_window_of_no_length_or_of_years_is_refused(rate: str) -> None:
    with pytest.raises(ValidationError, match="at least 1 second and at most a year"):
        LimitsSettings.model_validate({"guest": {"messages": rate}})


@pytest.mark.parametrize(
    "rate", ["1000/year", "1000/12 months", "1000/365 days", "10/10 seconds", "100 per 100 minutes"]
)
def test_a_window_has_up_to_a_year(rate: str) -> None:
    assert LimitsSettings(messages=rate).messages == rate


@pytest.mark.parametrize(("text", "rate"), [("5", "5/minute"), ("0", "off")])
def test_the_variable_of_old_holds_for_people_too(tmp_path: Path, text: str, rate: str) -> None:
    config = load_config(environ={"AGENTCHATBUS_RATE_LIMIT": text, "AGENTCHATBUS_DATA_DIR": str(tmp_path)})
    settings = LimitsSettings.model_validate(config.plugin_settings["limits"])
    assert (settings.messages, settings.human.messages, settings.human.edits) == (rate, rate, "off")
