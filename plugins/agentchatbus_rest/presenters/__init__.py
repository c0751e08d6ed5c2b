"""How operations look over REST where that differs from what they are: one entry for each, and none for most.

An operation without an entry takes its own parameters and answers with its result as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentchatbus_rest.presenters import agents, marks, messages, running, templates, threads
from agentchatbus_rest.presenters.base import Arguments, Presenter, View

PRESENTERS: Mapping[str, Presenter] = {
    **threads.ENTRIES,
    **messages.ENTRIES,
    **marks.ENTRIES,
    **agents.ENTRIES,
    **templates.ENTRIES,
    **running.ENTRIES,
}
AS_IT_IS = Presenter()

__all__ = ["AS_IT_IS", "PRESENTERS", "Arguments", "Presenter", "View"]
