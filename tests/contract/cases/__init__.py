"""The contract as data: what is asked, in whose name, and what has to come back over each way in."""

from __future__ import annotations

from tests.contract.cases import (
    agents,
    connecting,
    marks,
    others,
    people,
    posts,
    reads,
    templates,
    thread_changes,
    threads,
    watching,
)

CASES = (
    *threads.CASES,
    *thread_changes.CASES,
    *posts.CASES,
    *reads.CASES,
    *marks.CASES,
    *agents.CASES,
    *connecting.CASES,
    *templates.CASES,
    *people.CASES,
    *others.CASES,
    *watching.CASES,
)

__all__ = ["CASES"]
