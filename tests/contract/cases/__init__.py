"""The contract as data: what is asked, in whose name, and what has to come back over each way in."""

from __future__ import annotations

from tests.contract.cases import agents, marks, messages, others, people, templates, threads, watching

CASES = (
    *threads.CASES,
    *messages.CASES,
    *marks.CASES,
    *agents.CASES,
    *templates.CASES,
    *people.CASES,
    *others.CASES,
    *watching.CASES,
)

__all__ = ["CASES"]
