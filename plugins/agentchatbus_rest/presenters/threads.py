"""Threads over REST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentchatbus.plugin_api import (
    Administrator,
    Agent,
    Closed,
    DeletedThread,
    Thread,
    ThreadOpened,
    ThreadOverview,
    ThreadPage,
    WaitState,
    agent_emoji,
    isoformat,
    thaw,
)
from agentchatbus_rest.adapting import accept_coordinator, check_state, require_creator
from agentchatbus_rest.faces import Face
from agentchatbus_rest.presenters import rows
from agentchatbus_rest.presenters.agents import listed as listed_agents
from agentchatbus_rest.presenters.base import (
    AGENT_ID,
    CREDENTIALS,
    MOMENT,
    SYNC_EXAMPLE,
    THREAD_ID,
    Presenter,
    View,
    moment,
    name_of,
    sync_fields,
)
from agentchatbus_rest.shapes import agents, threads

PROMPTS_SCHEMA = {
    "type": "boolean",
    "description": "Whether each thread comes with its system prompt; left out, with the order `created` only.",
}
COORDINATOR_SCHEMA = {
    "anyOf": [{"type": "boolean"}, {"type": "null"}],
    "description": "The name of old of `auto_administrator_enabled`.",
}


async def page(result: ThreadPage, view: View) -> threads.ThreadList:
    waiting, faces = await rows.waiting_agents(view), await view.faces.of(rows.authors_of(result.overviews.values()))
    has_prompts = view.says("include_system_prompt", default=view.arguments.get("order") != "activity")
    return {
        "threads": [
            _listed(thread, waiting, rows.overview_of(result.overviews.get(thread.id), faces), has_prompts=has_prompts)
            for thread in result.threads
        ],
        "total": result.total,
        "has_more": result.next_cursor is not None,
        "next_cursor": result.next_cursor,
    }


async def detail(thread: Thread, view: View) -> threads.ThreadDetail:
    return {
        **_thread(thread, await rows.waiting_agents(view)),
        "system_prompt": thread.system_prompt,
        "closed_at": moment(thread.closed_at),
        "archived_from": thread.archived_from,
        "summary": thread.summary,
        "template_id": thread.template_id,
        "metadata": thaw(thread.metadata),
        "settings": await settings(thread, view),
    }


async def opened(result: ThreadOpened, _view: View) -> threads.OpenedThread:
    thread = result.thread
    return {
        "id": thread.id,
        "topic": thread.topic,
        "status": thread.status,
        "system_prompt": thread.system_prompt,
        "template_id": thread.template_id,
        "created_at": isoformat(thread.created_at),
        "created": result.created,
        **sync_fields(result.sync),
    }


async def changed(thread: Thread, view: View) -> threads.ChangedThread:
    return {"ok": True, "thread": await detail(thread, view)}


async def closed(result: Closed, view: View) -> threads.ClosedThread:
    return {"ok": True, "was_closed": result.was_closed, "thread": await detail(result.thread, view)}


async def deleted(result: DeletedThread, _view: View) -> threads.Deleted:
    return {
        "ok": True,
        "deleted": {
            "thread_id": result.thread_id,
            "topic": result.topic,
            "message_count": result.message_count,
        },
    }


async def settings(thread: Thread, view: View) -> threads.ThreadSettings:
    found = thread.settings
    auto, creator = found.auto_assigned_admin, found.creator_admin
    faces = await view.faces.of(admin.agent_id for admin in (auto, creator) if admin)
    return {
        "thread_id": thread.id,
        "auto_administrator_enabled": found.auto_administrator_enabled,
        "auto_coordinator_enabled": found.auto_administrator_enabled,
        "timeout_seconds": found.timeout_seconds,
        "switch_timeout_seconds": found.switch_timeout_seconds,
        "last_activity_time": isoformat(thread.active_at),
        "auto_assigned_admin_id": auto.agent_id if auto else None,
        "auto_assigned_admin_name": _name(auto, faces),
        "auto_assigned_admin_emoji": _emoji(auto, faces),
        "admin_assignment_time": isoformat(auto.assigned_at) if auto else None,
        "creator_admin_id": creator.agent_id if creator else None,
        "creator_admin_name": _name(creator, faces),
        "creator_admin_emoji": _emoji(creator, faces),
        "creator_assignment_time": isoformat(creator.assigned_at) if creator else None,
        "created_at": isoformat(thread.created_at),
        "updated_at": isoformat(found.updated_at or thread.created_at),
    }


async def overview(result: ThreadOverview, view: View) -> threads.Overview:
    return rows.overview_of(result, await view.faces.of(rows.authors_of((result,))))


async def members(found: Sequence[Agent], view: View) -> list[agents.AgentItem]:
    return await listed_agents(found, view)


async def waits(states: Sequence[WaitState], view: View) -> list[threads.Wait]:
    faces = await view.faces.of(state.agent_id for state in states)
    return [
        {
            "thread_id": state.thread_id,
            "agent_id": state.agent_id,
            "display_name": name_of(faces.get(state.agent_id), state.agent_id),
            "emoji": face.emoji if (face := faces.get(state.agent_id)) else agent_emoji(state.agent_id),
            "entered_at": isoformat(state.entered_at),
            "timeout_ms": state.timeout_ms,
            "waiting_for": list(state.waiting_for),
        }
        for state in states
    ]


def _thread(thread: Thread, waiting: rows.Waiting) -> threads.ThreadBase:
    return {
        "id": thread.id,
        "topic": thread.topic,
        "status": thread.status,
        "created_at": isoformat(thread.created_at),
        "updated_at": moment(thread.updated_at),
        "last_seq": thread.last_seq,
        "message_count": thread.message_count,
        "waiting_agents": list(waiting[thread.id].values()) if thread.id in waiting else [],
    }


def _listed(
    thread: Thread, waiting: rows.Waiting, shown: threads.Overview, *, has_prompts: bool
) -> threads.ThreadItem | threads.BriefThread:
    row: threads.BriefThread = {**_thread(thread, waiting), **shown}
    if not has_prompts:
        return row
    item: threads.ThreadItem = {**row, "system_prompt": thread.system_prompt}
    return item


def _name(admin: Administrator | None, faces: Mapping[str, Face]) -> str | None:
    return name_of(faces.get(admin.agent_id), admin.name) if admin else None


def _emoji(admin: Administrator | None, faces: Mapping[str, Face]) -> str | None:
    if admin is None:
        return None
    return face.emoji if (face := faces.get(admin.agent_id)) else agent_emoji(admin.agent_id)


LISTED_EXAMPLE: Mapping[str, Any] = {
    "id": THREAD_ID,
    "topic": "Fix login race",
    "status": "discuss",
    "created_at": MOMENT,
    "updated_at": None,
    "last_seq": 0,
    "message_count": 0,
    "waiting_agents": [],
    "last_message": None,
    "participants": [],
    "unread": None,
}
CHANGED = Presenter(present=changed, answer=threads.ChangedThread, hidden=CREDENTIALS)
CLOSED = Presenter(
    present=closed,
    answer=threads.ClosedThread,
    hidden=CREDENTIALS,
    request_example={"summary": "The race is fixed."},
)

ENTRIES: Mapping[str, Presenter] = {
    "thread_create": Presenter(
        present=opened,
        answer=threads.OpenedThread,
        status=lambda result: 201 if result.created else 200,
        adapt=require_creator,
        renamed={"creator_agent_id": "agent_id"},
        required=frozenset({"creator_agent_id"}),
        hidden=frozenset({"token"}),
        request_example={"topic": "Fix login race", "creator_agent_id": AGENT_ID, "system_prompt": "Be brief."},
        answer_example={
            "id": THREAD_ID,
            "topic": "Fix login race",
            "status": "discuss",
            "system_prompt": "Be brief.",
            "template_id": None,
            "created_at": MOMENT,
            "created": True,
            **SYNC_EXAMPLE,
        },
    ),
    "thread_list": Presenter(
        present=page,
        answer=threads.ThreadList,
        extra={"include_system_prompt": PROMPTS_SCHEMA},
        answer_example={"threads": [LISTED_EXAMPLE], "total": 1, "has_more": False, "next_cursor": None},
    ),
    "thread_get": Presenter(present=detail, answer=threads.ThreadDetail),
    "thread_overview": Presenter(present=overview, answer=threads.Overview),
    "thread_agents": Presenter(present=members, answer=list[agents.AgentItem]),
    "thread_mark_read": Presenter(hidden=CREDENTIALS, request_example={"seq": 7}),
    "thread_delete": Presenter(
        present=deleted,
        answer=threads.Deleted,
        defaults={"confirm": True},
        hidden=CREDENTIALS | {"confirm"},
        answer_example={
            "ok": True,
            "deleted": {"thread_id": THREAD_ID, "topic": "Fix login race", "message_count": 3},
        },
    ),
    "thread_set_state": Presenter(
        present=changed,
        answer=threads.ChangedThread,
        adapt=check_state,
        hidden=CREDENTIALS,
        request_example={"state": "implement"},
    ),
    "thread_close": CLOSED,
    "close_meeting": CLOSED,
    "thread_archive": CHANGED,
    "thread_unarchive": CHANGED,
    "thread_rename": Presenter(
        present=changed, answer=threads.ChangedThread, hidden=CREDENTIALS, request_example={"topic": "Fix login"}
    ),
    "thread_settings_get": Presenter(present=settings, answer=threads.ThreadSettings),
    "thread_settings_update": Presenter(
        present=settings,
        answer=threads.ThreadSettings,
        adapt=accept_coordinator,
        hidden=CREDENTIALS,
        extra={"auto_coordinator_enabled": COORDINATOR_SCHEMA},
        request_example={"timeout_seconds": 120, "switch_timeout_seconds": 300},
    ),
    "thread_wait_state_get": Presenter(present=waits, answer=list[threads.Wait]),
}
