"""The OpenAPI page holds what it promises, also for requests that nobody should send."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import schemathesis
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agentchatbus.clock import SystemClock
from agentchatbus.config import ServerTable
from agentchatbus.plugin_api import BusSettings
from agentchatbus.server import Dispatcher, Guard
from agentchatbus.testing.harness import make_bus
from agentchatbus_rest import RestPlugin, RestSettings
from agentchatbus_scan import ScanPlugin
from agentchatbus_templates import TemplatesPlugin
from tests.plugins.rest_kit import SECONDS, serving

EXAMPLES = 5
"""Requests for each operation and mode."""

ENDLESS = "/events"
CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]
BOUNDED = settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
)


class Site:
    """A bus with a server, in a thread of its own."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.address = ""
        self.known: dict[str, str] = {}
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Site:
        self._thread.start()
        assert self._is_up.wait(SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(SECONDS)

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        plugins = [plugin(plugin.settings_type()) for plugin in (ScanPlugin, TemplatesPlugin)]
        async with make_bus(
            plugins=[RestPlugin(RestSettings()), *plugins],
            settings=BusSettings(operator_token="operator", data_dir=self._data_dir),
            clock=SystemClock(),
        ) as bus:
            message = (await bus.post("hello")).message
            agent = await bus.agent("Nova")
            self.known = {"thread_id": bus.thread, "message_id": message.id, "agent": agent.agent_id}
            dispatcher = Dispatcher(bus.app.transports)
            guard = Guard(dispatcher, ServerTable(), max_body_bytes=1_000_000, body_limit=dispatcher.body_limit)
            async with serving(guard) as port:
                self.address = f"http://127.0.0.1:{port}"
                self._is_up.set()
                await self._stop.wait()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a bus with something in it."""
    with Site(tmp_path_factory.mktemp("data")) as open_site:
        yield open_site


def document(site: Site) -> dict[str, Any]:
    """Return the OpenAPI document, its endless stream aside."""
    with urlopen(f"{site.address}/openapi.json") as answer:
        found: dict[str, Any] = json.load(answer)
    del found["paths"][ENDLESS]
    return found


def prepare(case: Any, site: Site, *, is_known: bool) -> None:
    """Name something that exists, unless it would be gone afterwards, and never wait."""
    if is_known and case.operation.label != "DELETE /api/threads/{thread_id}":
        names = site.known.keys() & (case.path_parameters or {}).keys()
        case.path_parameters = {**(case.path_parameters or {}), **{name: site.known[name] for name in names}}
    if case.operation.label.endswith("/wait") and isinstance(case.body, dict):
        case.body["timeout_ms"] = 0


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name.lower())
def test_no_request_causes_a_failure_or_an_answer_that_is_not_documented(site: Site, mode: GenerationMode) -> None:
    """H66."""
    failures: list[str] = []
    for found in schemathesis.openapi.from_dict(document(site)).get_all_operations():
        operation = found.ok()

        @BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
        def ask(case: Any, is_known: bool) -> None:
            prepare(case, site, is_known=is_known)
            answer = case.call(base_url=site.address, timeout=SECONDS)
            assert answer.status_code < 500 or answer.status_code == 503, answer.text
            case.validate_response(answer, checks=CHECKS)

        try:
            ask()
        except Unsatisfiable:
            continue  # there is nothing that could be wrong with it
        except Exception as error:
            failures.append(f"{operation.label}: {error}")
    assert failures == []
