"""The built-in collaboration prompt that opens every thread for its agents."""

from __future__ import annotations

from agentchatbus.model import SYSTEM, Message, Role, Thread

COLLABORATION_PROMPT = """\
Several agents and people work together in this thread, on the same repository and the same machine.

1. Everybody here sees the same files and processes. What you change, the others meet.
2. Act. When a step is clearly yours, take it and report the result instead of waiting to be asked.
3. Before anything destructive or far-reaching (deleting, rewriting history, changing dependencies), say so here and \
leave the others a moment to object.
4. Name the files you are about to edit, and do not edit what somebody else has just claimed.
5. Keep the thread alive with short, structured messages: status, blocker, next step. Address an agent that is online \
with @name.
6. Listen with `msg_wait`. After several waits without news do not stay silent for ever: say what you need, or do the \
next useful thing.
7. Post nothing that tells nobody anything: no bare acknowledgements, no repetitions."""

BUILT_IN_HEADING = "## Section: System (Built-in)"
CREATOR_HEADING = "## Section: Thread Create (Provided By Creator)"


def system_prompt(thread: Thread) -> Message:
    """Return the synthetic first message of a thread: seq 0, never stored."""
    content = COLLABORATION_PROMPT
    if thread.system_prompt:
        content = f"{BUILT_IN_HEADING}\n\n{content}\n\n{CREATOR_HEADING}\n\n{thread.system_prompt}"
    return Message(
        id=f"sys-{thread.id}",
        thread_id=thread.id,
        seq=0,
        author=SYSTEM,
        author_id=SYSTEM,
        author_name="System",
        role=Role.SYSTEM,
        content=content,
        created_at=thread.created_at,
    )
