"""Lines of the log without what is secret and without where things lie."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

MASK = "***"
LONG = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{24,}(?![\w-])")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
HEX = re.compile(r"[0-9a-fA-F]+")
NAMED = re.compile(
    r"(?i)\b((?:[\w-]*(?:token|password|passwd|secret|api[_-]?key|authorization))[\"']?\s*[=:]\s*)"
    r"(?:bearer\s+)?[\"']?[^\s\"',;&]+"
)
BEARER = re.compile(r"(?i)\bbearer\s+\S+")
ROUTES = ("/api", "/docs", "/events", "/health", "/mcp", "/messages", "/metrics", "/openapi", "/sse", "/static")
PATH = re.compile(r"(?<![\w.:/~-])(?:/[^\s/\"':,;()]+){2,}|\b[A-Za-z]:\\[^\s\"':,;]+")


class Masking:
    """Masks lines of one bus."""

    def __init__(self, *, secrets: Sequence[str], folders: Sequence[str]) -> None:
        self._secrets = [text for text in secrets if text]
        self._folders = sorted({text for text in folders if len(text) > 1}, key=len, reverse=True)

    def __call__(self, line: str) -> str:
        """Return the line as others may read it."""
        for secret in self._secrets:
            line = line.replace(secret, MASK)
        line = NAMED.sub(rf"\g<1>{MASK}", line)
        line = BEARER.sub(f"Bearer {MASK}", line)
        for folder in self._folders:
            line = line.replace(folder, "…")
        line = PATH.sub(_place, line)
        return LONG.sub(_long, line)


def _place(found: re.Match[str]) -> str:
    path = found[0]
    return path if path.startswith(ROUTES) else f"…/{PurePath(path.replace(chr(92), '/')).name}"


def _long(found: re.Match[str]) -> str:
    text = found[0]
    is_name = UUID.fullmatch(text) or not any(char.isdigit() for char in text)
    if is_name or not (HEX.fullmatch(text) or text.startswith("acb_") or _is_mixed(text)):
        return text
    return MASK


def _is_mixed(text: str) -> bool:
    return any(char.isupper() for char in text) and any(char.islower() for char in text)
