"""Ids of rows that many are written of."""

from __future__ import annotations

import os
import time

_VERSION_7 = 7 << 76
_VARIANT = 0b10 << 62
_RANDOM = ~((0xF << 76) | (0b11 << 62)) & ((1 << 80) - 1)


def ordered_id() -> str:
    """Return a UUID of version 7 (RFC 9562): milliseconds first, then random bits.

    Such ids go to the end of an index instead of somewhere into it, which halves what an insert costs.
    """
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10)) & _RANDOM
    digits = f"{(milliseconds << 80) | _VERSION_7 | _VARIANT | random:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
