"""The bus itself over REST."""

from __future__ import annotations

from collections.abc import Mapping

from agentchatbus_rest.presenters.base import Presenter

ENTRIES: Mapping[str, Presenter] = {
    "settings_save": Presenter(
        request_example={"bus.seq_tolerance": 1, "ENABLE_PRIORITY": True},
        answer_example={
            "ok": True,
            "message": "Settings saved. Restart the server to apply changes.",
            "saved": {"bus.seq_tolerance": 1, "bus.enable_priority": True},
            "cleared": [],
            "restart_required": ["bus.seq_tolerance", "bus.enable_priority"],
        },
    ),
}
