"""What the editor extension, the console and people who look after a bus ask for."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.base import detail, done, refused
from tests.contract.cases.threads import missing, this
from tests.contract.shapes import MOMENT
from tests.contract.worlds import MISSING, World

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
SETTINGS = {
    "HOST": str,
    "PORT": int,
    "AGENT_HEARTBEAT_TIMEOUT": int,
    "MSG_WAIT_TIMEOUT": int,
    "SEQ_TOLERANCE": int,
    "SEQ_MISMATCH_MAX_MESSAGES": int,
    "ENABLE_HANDOFF_TARGET": bool,
    "ENABLE_STOP_REASON": bool,
    "ENABLE_PRIORITY": bool,
}
METRICS = {
    "status": "ok",
    "uptime_seconds": float,
    "started_at": MOMENT,
    "threads": {"total": int, "by_status": dict},
    "messages": {
        "total": int,
        "rate": {"last_1m": int, "last_5m": int, "last_15m": int},
        "avg_latency_ms": lambda value: value is None or value >= 0,
        "stop_reasons": {"convergence": int, "timeout": int, "complete": int, "error": int, "impasse": int},
    },
    "agents": {"total": int, "online": int},
    "schema_version": int,
}
DIAGNOSTICS = {
    "db_ok": True,
    "db_latency_ms": float,
    "mcp_ok": True,
    "mcp_tools_count": int,
    "mcp_prompts_count": int,
    "mcp_resources_count": int,
    "active_sse_connections": int,
    "online_agents_total": int,
    "server_time_utc": str,
    "uptime_seconds": float,
    "total_threads": int,
    "total_messages": int,
    "pid": int,
}
SESSION = {
    "instance_id": str,
    "session_token": str,
    "registered": True,
    "ownership_assignable": bool,
    "is_owner": bool,
    "can_shutdown": bool,
    "registered_sessions_count": int,
    "registered_sessions": [{"ide_label": str, "registered_at": str, "last_seen": str, "is_owner": bool}],
    "shutdown_requested": False,
}


def file(name: str, content: bytes, media: str) -> Any:
    """Return the arguments of an upload."""
    return lambda _: {"file": (name, content, media)}


def editor(w: World) -> dict[str, str]:
    """Register a window of an editor."""
    given = {"instance_id": w.mark, "ide_label": "Editor"}
    return {
        "instance_id": w.mark,
        "session_token": w.site.ask("POST", "/api/ide/register", json=given)["session_token"],
    }


def uploaded(w: World) -> dict[str, str]:
    files = {"file": ("a.png", PNG, "image/png")}
    url = w.site.ask("POST", "/api/upload/image", files=files)["url"]
    return {"name": url.rpartition("/")[2]}


def exported(text: str) -> bool:
    return text.startswith("# Room ") and "hello world" in text


FILES = (
    done(
        "image_upload",
        "a picture",
        file("a.PNG", PNG, "image/png"),
        rest=200,
        answer={"url": lambda url: url.startswith("/static/uploads/"), "name": "a.PNG"},
    ),
    refused(
        "image_upload",
        "a kind that is no picture",
        file("a.svg", b"<svg/>", "image/svg+xml"),
        rest=400,
        answer=detail(lambda text: text.startswith("Unsupported file type '.svg'")),
    ),
    refused(
        "image_upload",
        "a picture that is none",
        file("a.png", b"MZ", "image/png"),
        rest=400,
        answer=detail("File content does not match its extension"),
    ),
    done(
        "file_upload",
        "a picture",
        file("a.png", PNG, "image/png"),
        rest=200,
        answer={"url": lambda url: url.startswith("/static/uploads/")},
    ),
    refused(
        "file_upload", "a page that could run", file("a.html", b"<script>", "text/html"), rest=400, answer=detail(str)
    ),
    done("upload_get", "as it was sent", uploaded, rest=200, media="image/png"),
    refused("upload_get", "an unknown one", lambda _: {"name": f"{MISSING}.png"}, rest=404, answer=detail(str)),
    done(
        "thread_export",
        "as Markdown",
        lambda w: (w.message, this(w))[1],
        rest=200,
        media="text/markdown; charset=utf-8",
        answer=exported,
    ),
    missing("thread_export"),
)
CARE = (
    done("metrics_get", "as JSON", rest=200, answer=METRICS),
    done("metrics_page", "for Prometheus", rest=200, media=None, answer=lambda text: "# TYPE" in text),
    done("settings_get", "those in force", rest=200, answer=SETTINGS),
    done(
        "settings_manifest",
        "as a form",
        rest=200,
        answer={"sections": [{"id": str, "title": str, "fields": [{"key": str, "type": str}]}]},
    ),
    done(
        "settings_save",
        "one of them",
        lambda _: {"AGENT_HEARTBEAT_TIMEOUT": 45},
        rest_caller="operator",
        rest=200,
        answer={"ok": True, "message": str},
    ),
    refused(
        "settings_save",
        "what cannot be",
        lambda _: {"PORT": -1},
        rest_caller="operator",
        rest=422,
        answer=detail([{"loc": list, "msg": str}]),
    ),
    refused("settings_save", "by an agent", lambda _: {"PORT": 1}, rest_caller="nova", rest=403, answer=detail(str)),
    done(
        "log_list",
        "from the beginning",
        lambda _: {"after": 0, "limit": 5},
        rest=200,
        answer={"entries": list, "next_cursor": int},
    ),
    refused("log_list", "too many", lambda _: {"limit": 5000}, rest=422, answer=detail([{"loc": list}])),
    done("system_diagnostics", "all", rest=200, answer=DIAGNOSTICS),
    done(
        "ide_register", "a window", lambda w: {"instance_id": w.mark, "ide_label": "Editor"}, rest=200, answer=SESSION
    ),
    refused(
        "ide_register",
        "without an id",
        lambda w: {"instance_id": " ", "ide_label": "Editor"},
        rest=400,
        answer=detail("instance_id must not be empty"),
    ),
    refused(
        "ide_register",
        "without a name",
        lambda w: {"instance_id": w.mark, "ide_label": " "},
        rest=400,
        answer=detail("ide_label must not be empty"),
    ),
    done("ide_status", "of a window", editor, rest=200, answer={"registered": True}),
    done("ide_heartbeat", "a sign of life", editor, rest=200, answer={"registered": True}),
    done("ide_unregister", "goodbye", editor, rest=200, answer={"registered": False}),
    *(
        refused(
            operation,
            "an unknown window",
            lambda w: {"instance_id": w.mark, "session_token": "x"},
            rest=404,
            answer=detail("IDE session is not registered"),
        )
        for operation in ("ide_heartbeat", "ide_unregister", "server_shutdown")
    ),
    *(
        refused(
            operation,
            "a wrong token",
            lambda w: {**editor(w), "session_token": "x"},
            rest=403,
            answer=detail("Invalid IDE session token"),
        )
        for operation in ("ide_heartbeat", "ide_unregister", "server_shutdown")
    ),
    refused(
        "server_shutdown",
        "who does not own it",
        editor,
        rest=403,
        answer=detail("This IDE session does not hold shutdown ownership"),
    ),
)
CASES = (*FILES, *CARE)
