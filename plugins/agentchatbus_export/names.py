"""What an exported thread is called."""

from __future__ import annotations

import re

LONGEST = 80
OTHERS = re.compile(r"[^\w-]+")
DASHES = re.compile(r"-{2,}")


def file_name(topic: str, ending: str) -> str:
    """Return a file name that any system takes, in the letters of the topic."""
    slug = DASHES.sub("-", OTHERS.sub("-", topic.lower())).strip("-")
    while len(slug.encode()) > LONGEST:
        slug = slug[:-1]
    return f"{slug.strip('-') or 'thread'}.{ending}"
