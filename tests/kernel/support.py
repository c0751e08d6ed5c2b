"""What several tests of the use cases need."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from agentchatbus.plugin_api import Posted, SyncContext, ThreadStatus, Transaction, WaitOutcome
from agentchatbus.testing import AgentHandle, BusHarness

MINUTE = 60_000


async def post(agent: AgentHandle, content: str, sync: SyncContext, **more: Any) -> Posted:
    """Post with exactly this context, whatever the agent remembers."""
    arguments = {"expected_last_seq": sync.current_seq, "reply_token": sync.reply_token, "author": agent.agent_id}
    given = {"thread_id": agent.thread_id, "content": content} | arguments | more
    posted: Posted = await agent.call("msg_post", **given)
    return posted


async def wait(agent: AgentHandle, after_seq: int, timeout_ms: int = 0, **more: Any) -> WaitOutcome:
    """Wait from exactly this cursor, whatever the agent remembers."""
    arguments = {"thread_id": agent.thread_id, "after_seq": after_seq, "timeout_ms": timeout_ms} | more
    outcome: WaitOutcome = await agent.call("msg_wait", **arguments)
    return outcome


async def blocked(bus: BusHarness, *waiting: Coroutine[Any, Any, Any]) -> list[asyncio.Task[Any]]:
    """Start waits and return once all of them block."""
    tasks = [asyncio.create_task(coroutine) for coroutine in waiting]
    await bus.until_blocked(len(tasks))
    return tasks


async def set_status(bus: BusHarness, status: ThreadStatus) -> None:
    """Give the thread another status."""

    def work(tx: Transaction) -> None:
        thread = tx.threads.get(bus.thread)
        assert thread is not None
        tx.threads.update(replace(thread, status=status))

    await bus.app.bus.storage.write(work)
