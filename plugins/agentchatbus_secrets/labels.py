"""The names of all kinds of secrets, as errors show them and ``ignore`` takes them."""

from __future__ import annotations

from collections.abc import Sequence

from agentchatbus_secrets.addresses import Addresses, DriverStrings, Headers
from agentchatbus_secrets.assignments import Assignments
from agentchatbus_secrets.borrowed import LOANS
from agentchatbus_secrets.rows import ROWS

LABELS: Sequence[str] = tuple(
    dict.fromkeys(
        [
            *(row.label for row in ROWS),
            *(loan.label for loan in LOANS),
            *(label for kind in (Addresses, DriverStrings, Headers, Assignments) for label in kind.labels),
        ]
    )
)
