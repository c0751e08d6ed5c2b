"""What the console asks for to watch: what needs a person, past waits, and what plugins add."""

from __future__ import annotations

from tests.contract.cases.base import done
from tests.contract.cases.threads import missing, this

NEEDS = {
    "messages": list,
    "deadlocks": list,
    "blocked": list,
    "lost": list,
    "refused": list,
    "is_complete": bool,
}

CASES = (
    done("needs_list", "for a person", rest=200, answer=NEEDS),
    done("thread_wait_history", "nobody has waited", this, rest=200, answer={"waits": [], "is_complete": True}),
    missing("thread_wait_history"),
    done("console_list", "what plugins add", rest=200, answer={"panels": list, "decorations": list}),
)
