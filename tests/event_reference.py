"""What docs/reference/events.md says of each event and of each row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "events.md"
ROWS = frozenset({"agent", "message", "participant", "settings", "thread"})


@cache
def sections() -> Mapping[str, frozenset[str]]:
    """Return the keys that the page names, by the heading above them."""
    found = re.findall(r"^### (\S+)$(.*?)(?=^##|\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return {heading: _keys(text) for heading, text in found}


def _keys(section: str) -> frozenset[str]:
    cells = re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE)
    return frozenset(key for cell in cells for key in re.findall(r"`([^`]+)`", cell))


def undocumented(type_: str, payload: Mapping[str, Any]) -> list[str]:
    """Return what of an event the page does not know, and what it promises that is not there."""
    if type_ not in sections():
        return [f"there is no section on {type_}"]
    problems = _differences(type_, payload)
    for name in sorted(ROWS & payload.keys()):
        if isinstance(payload[name], Mapping):  # in `msg.stop` the agent is a name
            problems += _differences(name, payload[name])
    return problems


def _differences(heading: str, document: Mapping[str, Any]) -> list[str]:
    known = sections()[heading]
    return [
        f"{heading}: {key} is {'not documented' if key in document else 'missing'}"
        for key in sorted(known ^ {*document})
    ]
