"""Who may read the numbers, and where."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from agentchatbus.plugin_api import Call, Caller, FileResult, Forbidden, Params, Route, operation
from agentchatbus_metrics.meter import Meter
from agentchatbus_metrics.page import MEDIA_TYPE


class MetricsOperations:
    """Operations on numbers about the bus."""

    def __init__(self, meter: Callable[[], Meter]) -> None:
        self._meter = meter

    @operation(route=Route(method="GET", path="/api/metrics"), read_only=True, idempotent=True, tool=False)
    async def metrics_get(self, _params: Params, call: Call) -> dict[str, Any]:
        """Return how many threads, messages and agents there are, and how busy they are."""
        _require_insider(call.caller)
        return dict(await self._meter().numbers())

    @operation(route=Route(method="GET", path="/metrics"), read_only=True, idempotent=True, tool=False)
    async def metrics_page(self, _params: Params, call: Call) -> FileResult:
        """Return the numbers as Prometheus reads them."""
        _require_insider(call.caller)
        body = await self._meter().page()
        headers = {"cache-control": "no-store"}
        return FileResult(body=body, media_type=MEDIA_TYPE, file_name="metrics.txt", is_inline=True, headers=headers)


def _require_insider(caller: Caller) -> None:
    """Refuse agents from elsewhere: they have no need to know who else is here.

    Raises:
        Forbidden: The caller is neither a person nor on this machine.
    """
    if not (caller.sees_human_only or _is_near(caller.address)):
        raise Forbidden("Only a person, the operator or a program on this machine may read metrics.")


def _is_near(address: str | None) -> bool:
    try:
        return address is None or ip_address(address).is_loopback
    except ValueError:
        return False
