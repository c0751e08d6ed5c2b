"""What plugins of their own add: each brings its rows here."""

from __future__ import annotations

from tests.contract.cases.base import Case

CASES: tuple[Case, ...] = ()
