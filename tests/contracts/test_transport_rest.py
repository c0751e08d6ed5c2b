"""The transport contract on REST."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agentchatbus.testing import AgentHandle
from agentchatbus.testing.contracts.transport import HttpRequest, TransportContract
from agentchatbus_rest import RestPlugin, RestSettings

ROUTES = {
    "msg_post": ("POST", "/api/threads/{thread_id}/messages"),
    "msg_list": ("GET", "/api/threads/{thread_id}/messages"),
    "msg_wait": ("POST", "/api/threads/{thread_id}/wait"),
    "contract_defect": ("POST", "/api/contract/defect"),
}


class TestRest(TransportContract):
    def make_plugin(self) -> RestPlugin:
        return RestPlugin(RestSettings())

    def request(self, operation: str, arguments: Mapping[str, Any], agent: AgentHandle | None) -> HttpRequest:
        method, path = ROUTES[operation]
        body = {key: value for key, value in arguments.items() if f"{{{key}}}" not in path}
        return HttpRequest(
            method=method,
            path=path.format_map(arguments),
            headers={"x-agent-token": agent.token} if agent else {},
            body=json.dumps(body).encode() if method == "POST" else b"",
        )
