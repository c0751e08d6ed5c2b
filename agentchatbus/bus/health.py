"""What the bus says of itself to everybody who asks whether it is up."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable, Mapping
from typing import Any

from agentchatbus import __version__
from agentchatbus.ports.settings import BusSettings

SERVICE = "AgentChatBus"

Facts = Callable[[], Mapping[str, Any]]

logger = logging.getLogger(__name__)


class Health:
    """Collects facts that cost nothing to know and that everybody may know."""

    def __init__(self, settings: BusSettings) -> None:
        self._settings = settings
        self._more: list[Facts] = []

    def add(self, facts: Facts) -> None:
        """Ask a plugin, too, from now on."""
        self._more.append(facts)

    def facts(self) -> dict[str, Any]:
        """Return the facts of now; what the bus itself says goes before what plugins say."""
        said: dict[str, Any] = {}
        for facts in self._more:
            try:
                said.update(facts())
            except Exception:
                logger.exception("A plugin could not say how it is")
        return {**said, **self._own()}

    def _own(self) -> dict[str, Any]:
        return {
            "status": "ok",
            "service": SERVICE,
            "version": __version__,
            "engine": "python",
            "runtime": f"python {platform.python_version()}",
            "wait_policy": {
                "msg_wait_min_timeout_ms": self._settings.wait_min_timeout_ms,
                "enforce_min_timeout": False,
                "behavior": "clamp",
            },
        }
