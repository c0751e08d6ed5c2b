"""Operations: validation, identity, the gate, and what callers see of a failure."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pytest

from agentchatbus.plugin_api import (
    Action,
    Bus,
    Call,
    ConfigError,
    CredentialParams,
    Forbidden,
    Internal,
    InvalidRequest,
    NotFound,
    Operation,
    Params,
    Plugin,
    PluginSettings,
    hookimpl,
    operation,
    operations_of,
)
from agentchatbus.testing import MakeBus


class EchoParams(CredentialParams):
    """Arguments of ``echo_say``."""

    text: str
    times: int = 1


class EchoPlugin(Plugin[PluginSettings]):
    """Adds operations and writes down what the gate was asked."""

    def __init__(self) -> None:
        super().__init__(PluginSettings())
        self.actions: list[Action] = []

    @operation(read_only=True)
    async def echo_say(self, params: EchoParams, call: Call) -> str:
        """Say it again."""
        return f"{call.caller.kind}: {params.text * params.times}"

    @operation()
    async def echo_break(self, _params: Params, _call: Call) -> None:
        """Fail."""
        raise ZeroDivisionError("the secret of the operation")

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        return operations_of(self)

    @hookimpl
    async def check_action(self, action: Action) -> None:
        self.actions.append(action)
        if action.arguments.get("text") == "forbidden":
            raise Forbidden("Not this.")


async def test_an_operation_is_described_by_its_method(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[EchoPlugin()])
    described = bus.app.operations.get("echo_say")
    assert (described.summary, described.params, described.result) == ("Say it again.", EchoParams, str)
    assert (described.read_only, described.destructive, described.tool) == (True, False, True)
    assert await bus.call("echo_say", text="ha", times=2) == "human: haha"


async def test_malformed_arguments_name_the_argument(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[EchoPlugin()])
    with pytest.raises(InvalidRequest, match=r"text: .*; times: .*") as refused:
        await bus.call("echo_say", text=1, times="many")
    assert [problem["loc"] for problem in refused.value.details["errors"]] == [("text",), ("times",)]


async def test_unknown_arguments_are_ignored(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[EchoPlugin()])
    assert await bus.call("echo_say", text="ha", colour="red") == "human: ha"


async def test_arguments_nested_without_end_are_refused(make_bus: MakeBus) -> None:
    bus = await make_bus()
    agent = await bus.agent("Nova")
    nested: dict[str, Any] = {}
    for _ in range(5_000):
        nested = {"a": nested}
    with pytest.raises(InvalidRequest):
        await agent.post("hello", metadata=nested)


async def test_the_gate_sees_every_operation_and_no_credential(make_bus: MakeBus) -> None:
    plugin = EchoPlugin()
    bus = await make_bus(plugins=[plugin])
    agent = await bus.agent("Nova")
    plugin.actions.clear()
    await agent.call("echo_say", text="ha", agent_id=agent.agent_id, token=agent.token)
    await agent.post("hello")
    with pytest.raises(Forbidden):
        await bus.call("echo_say", text="forbidden")
    assert [action.operation for action in plugin.actions] == ["echo_say", "msg_post", "echo_say"]
    assert plugin.actions[0].caller.agent_id == agent.agent_id
    seen = repr([action.arguments for action in plugin.actions])
    assert agent.token not in seen
    assert "reply_token" not in seen


async def test_a_defect_is_logged_and_its_text_stays_here(make_bus: MakeBus, caplog: pytest.LogCaptureFixture) -> None:
    bus = await make_bus(plugins=[EchoPlugin()])
    with caplog.at_level(logging.ERROR), pytest.raises(Internal) as failed:
        await bus.call("echo_break")
    assert "secret" not in str(failed.value)
    assert "Operation echo_break failed" in caplog.text


async def test_an_unknown_operation_is_not_found(make_bus: MakeBus) -> None:
    bus = await make_bus()
    with pytest.raises(NotFound, match="Unknown operation: fly"):
        await bus.app.operations.call("fly", {}, bus.session)


async def test_two_operations_of_one_name_are_refused(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[EchoPlugin()])
    with pytest.raises(ConfigError, match="'echo_say'"):
        bus.app.operations.add(bus.app.operations.get("echo_say"))
