"""The settings of the bus over REST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentchatbus.config import load_config
from agentchatbus.config.saved import KEYS, saved_file
from agentchatbus.plugin_api import BusSettings
from agentchatbus.testing import MakeBus
from tests.plugins.rest_kit import Rest, open_rest, streaming

OPERATOR = {"x-admin-token": "a long operator token"}


async def opened(make_bus: MakeBus, tmp_path: Path, **settings: Any) -> Rest:
    """Make a bus whose data folder is the test's."""
    return await open_rest(make_bus, settings=BusSettings(data_dir=tmp_path, **settings))


async def test_settings_are_shown_under_names_of_old_and_by_table(make_bus: MakeBus, tmp_path: Path) -> None:
    """H71: and nothing that has no effect."""
    rest = await opened(make_bus, tmp_path, seq_tolerance=3)
    shown = (await rest.http.get("/api/settings")).json()
    tables = shown.pop("settings")
    assert shown == {
        "HOST": "127.0.0.1",
        "PORT": 39765,
        "AGENT_HEARTBEAT_TIMEOUT": 30,
        "MSG_WAIT_TIMEOUT": 300,
        "MSG_WAIT_MIN_TIMEOUT_MS": 0,
        "SEQ_TOLERANCE": 3,
        "SEQ_MISMATCH_MAX_MESSAGES": 100,
        "ENABLE_HANDOFF_TARGET": False,
        "ENABLE_STOP_REASON": False,
        "ENABLE_PRIORITY": False,
        "EXPOSE_THREAD_RESOURCES": False,
    }
    assert tables["bus"]["seq_tolerance"] == 3
    assert tables.pop("plugins") == {"rest": {"heartbeat_seconds": 15.0, "max_streams": 1000}}
    assert {f"{table}.{key}" for table, values in tables.items() for key in values} == set(KEYS)
    assert not {"operator_token", "data_dir"} & tables["server"].keys()


async def test_saved_settings_are_in_force_after_the_next_start(make_bus: MakeBus, tmp_path: Path) -> None:
    """H03, H71."""
    rest = await opened(make_bus, tmp_path)
    body = {"MSG_WAIT_TIMEOUT": 60, "bus.seq_tolerance": 2, "limits": {"max_topic_length": 99}}
    answer = await rest.http.put("/api/settings", json=body)
    saved = {"bus.wait_timeout_seconds": 60, "bus.seq_tolerance": 2, "limits.max_topic_length": 99}
    assert answer.json() == {
        "ok": True,
        "message": "Settings saved. Restart the server to apply changes.",
        "saved": saved,
        "cleared": [],
        "restart_required": list(saved),
    }
    assert (await rest.http.get("/api/settings")).json()["SEQ_TOLERANCE"] == 0
    config = load_config(environ={"AGENTCHATBUS_DATA_DIR": str(tmp_path)})
    assert (config.bus.wait_timeout_seconds, config.bus.seq_tolerance, config.limits.max_topic_length) == (60, 2, 99)
    again = (await rest.http.put("/api/settings", json=body)).json()
    assert (again["saved"], again["message"]) == ({}, "Nothing changed.")


async def test_null_gives_a_saved_value_up(make_bus: MakeBus, tmp_path: Path) -> None:
    """H71."""
    rest = await opened(make_bus, tmp_path)
    await rest.http.put("/api/settings", json={"SEQ_TOLERANCE": 2, "ENABLE_PRIORITY": True})
    answer = (await rest.http.put("/api/settings", json={"SEQ_TOLERANCE": None, "MSG_WAIT_TIMEOUT": None})).json()
    assert (answer["saved"], answer["cleared"]) == ({}, ["bus.seq_tolerance"])
    assert saved_file(tmp_path).read_text().splitlines()[-2:] == ["[bus]", "enable_priority = true"]


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        ({"SEQ_TOLERNCE": 1}, "SEQ_TOLERNCE", "Did you mean 'SEQ_TOLERANCE'?"),
        ({"bus": {"seq_tolernce": 1}}, "bus.seq_tolernce", "Did you mean 'bus.seq_tolerance'?"),
        ({"PORT": -1}, "PORT", "greater than or equal to 0"),
        ({"PORT": "abc"}, "PORT", "valid integer"),
        ({"PORT": True}, "PORT", "Write a number"),
        ({"HOST": "0.0.0.0"}, "HOST", "Everybody who reaches"),
        ({"HOST": ""}, "HOST", "at least 1 character"),
        ({"server.operator_token": "x"}, "server.operator_token", "no setting"),
        ({"server.data_dir": "/elsewhere"}, "server.data_dir", "no setting"),
        ({"plugins.paths": ["x.py"]}, "plugins.paths", "no setting"),
    ],
)
async def test_what_cannot_be_used_is_not_saved(
    make_bus: MakeBus, tmp_path: Path, body: dict[str, Any], place: str, words: str
) -> None:
    """H24, H71: all or nothing."""
    rest = await opened(make_bus, tmp_path)
    answer = await rest.http.put("/api/settings", json=body | {"ENABLE_PRIORITY": True})
    assert answer.status_code == 422, answer.text
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["body", place]
    assert words in problem["msg"]
    assert not saved_file(tmp_path).exists()


async def test_the_network_may_be_let_in_where_an_operator_token_protects_the_bus(
    make_bus: MakeBus, tmp_path: Path
) -> None:
    rest = await opened(make_bus, tmp_path, operator_token="a long operator token")
    answer = await rest.http.put("/api/settings", json={"HOST": "0.0.0.0"})
    assert answer.json()["saved"] == {"server.host": "0.0.0.0"}


async def test_settings_are_for_people_and_saving_is_for_the_operator(make_bus: MakeBus, tmp_path: Path) -> None:
    """H20, H24: on loopback a person of this machine is as good."""
    rest = await opened(make_bus, tmp_path)
    agent = {"x-agent-token": (await rest.register())["token"]}
    for method, path in (("GET", "/api/settings"), ("GET", "/api/settings/manifest"), ("PUT", "/api/settings")):
        assert (await rest.http.request(method, path, headers=agent)).status_code == 403
    closed = await opened(make_bus, tmp_path, is_open=False, operator_token="a long operator token")
    created = await closed.http.post("/api/tokens", json={"name": "Ada", "scope": "human"}, headers=OPERATOR)
    human = {"authorization": f"Bearer {created.json()['token']}"}
    body = {"ENABLE_PRIORITY": True}
    assert (await closed.http.get("/api/settings")).status_code == 401
    assert (await closed.http.get("/api/settings", headers=human)).status_code == 200
    assert (await closed.http.put("/api/settings", json=body, headers=human)).status_code == 403
    assert (await closed.http.put("/api/settings", json=body, headers=OPERATOR)).status_code == 200
    wrong = await closed.http.put("/api/settings", json=body, headers={"x-admin-token": "x"})
    assert (wrong.status_code, wrong.json()) == (401, {"detail": "Invalid operator token"})


async def test_a_save_is_told_to_people(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await opened(make_bus, tmp_path)
    async with streaming(rest) as stream:
        await rest.http.put("/api/settings", json={"ENABLE_PRIORITY": True})
        (frame,) = await stream.frames(1)
    assert frame.data == {"type": "settings.saved", "payload": {"keys": ["bus.enable_priority"]}}


async def test_the_manifest_describes_a_form(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await opened(make_bus, tmp_path, seq_tolerance=3)
    await rest.http.put("/api/settings", json={"SEQ_TOLERANCE": 5})
    manifest = (await rest.http.get("/api/settings/manifest")).json()
    fields = {field["key"]: field for section in manifest["sections"] for field in section["fields"]}
    own = {"plugins.rest.heartbeat_seconds", "plugins.rest.max_streams"}
    assert (manifest["schema_version"], set(fields)) == (1, {*KEYS, *own})
    assert fields["bus.seq_tolerance"] == {
        "key": "bus.seq_tolerance",
        "label": "Seq tolerance",
        "description": "How many unread messages a post may have missed.",
        "type": "integer",
        "kind": "number",
        "value": 3,
        "saved_value": 5,
        "default_value": 0,
        "value_source": "default",
        "min": 0,
        "max": None,
        "step": 1,
        "options": None,
        "scope": "server",
        "sensitivity": "normal",
        "restart_required": True,
        "editable": True,
        "readonly_reason": None,
    }
    assert (fields["bus.enable_priority"]["kind"], fields["server.allowed_hosts"]["kind"]) == ("toggle", "list")


async def test_a_file_that_somebody_broke_is_told_and_kept(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await opened(make_bus, tmp_path)
    saved_file(tmp_path).write_text("[bus")
    answer = await rest.http.put("/api/settings", json={"ENABLE_PRIORITY": True})
    assert (answer.status_code, "not valid TOML" in answer.json()["detail"]) == (503, True)
    assert saved_file(tmp_path).read_text() == "[bus"
