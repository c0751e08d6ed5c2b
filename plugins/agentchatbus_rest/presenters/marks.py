"""What is done with messages that are stored: edits, reactions, search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from agentchatbus.plugin_api import Edited, EditHistory, Found, FoundPage, Reacted, Reaction, Route, isoformat
from agentchatbus_rest.adapting import accept_edit, check_query, drop_people
from agentchatbus_rest.faces import author_face
from agentchatbus_rest.presenters.base import AGENT_ID, CREDENTIALS, MESSAGE_ID, MOMENT, THREAD_ID, Presenter, View
from agentchatbus_rest.presenters.rows import Faces
from agentchatbus_rest.shapes import messages

EDITED_BY = {"type": "string", "description": "Whom clients of old say they are; the token counts."}
REACTION_EXAMPLE = {
    "id": "5f0d5b3c-3c39-4a64-9c1f-3f0b1d0b7c55",
    "message_id": MESSAGE_ID,
    "agent_id": AGENT_ID,
    "agent_name": "Cursor (GPT-5)",
    "reaction": "👍",
    "created_at": MOMENT,
}


async def edited(result: Edited, _view: View) -> messages.EditedMessage | messages.UnchangedMessage:
    message = result.message
    if not result.changed or message.edited_at is None:
        return {"no_change": True, "version": message.edit_version}
    return {
        "msg_id": message.id,
        "version": message.edit_version,
        "edited_at": isoformat(message.edited_at),
        "edited_by": result.edited_by,
    }


async def history(found: EditHistory, _view: View) -> messages.History:
    return {
        "message_id": found.message.id,
        "current_content": found.message.content,
        "edit_version": found.message.edit_version,
        "edits": [
            {
                "version": edit.version,
                "old_content": edit.old_content,
                "edited_by": edit.edited_by,
                "created_at": isoformat(edit.created_at),
            }
            for edit in found.edits
        ],
    }


def reaction_of(reaction: Reaction) -> messages.Reaction:
    """Return a reaction."""
    return {
        "id": reaction.id,
        "message_id": reaction.message_id,
        "agent_id": reaction.agent_id,
        "agent_name": reaction.agent_name,
        "reaction": reaction.reaction,
        "created_at": isoformat(reaction.created_at),
    }


async def reacted(result: Reacted, _view: View) -> messages.Reaction:
    return reaction_of(result.reaction)


async def reactions(found: Sequence[Reaction], _view: View) -> list[messages.Reaction]:
    return [reaction_of(reaction) for reaction in found]


async def found_page(page: FoundPage, view: View) -> messages.FoundMessages:
    faces = await view.faces.of(found.message.author_id for found in page.results)
    return {
        "results": [_found(found, faces) for found in page.results],
        "total": len(page.results),
        "query": str(view.arguments.get("query", "")),
        "next_cursor": page.next_cursor,
        "note": page.note,
    }


def marked(text: str, marks: Sequence[tuple[int, int]]) -> str:
    """Return a text as HTML in which nothing runs and the marked parts are in ``<mark>``."""
    parts: list[str] = []
    end = 0
    for start, stop in marks:
        parts += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
        end = stop
    return "".join([*parts, escape(text[end:])])


def _found(found: Found, faces: Faces) -> messages.FoundMessage:
    message = found.message
    face = author_face(faces.get(message.author_id or ""), message.author_id, message.author_name, message.role)
    return {
        "message_id": message.id,
        "thread_id": message.thread_id,
        "thread_topic": found.topic,
        "author": message.author_name,
        "author_id": message.author_id,
        "author_display_name": face.name,
        "author_emoji": face.emoji,
        "seq": message.seq,
        "created_at": isoformat(message.created_at),
        "snippet": marked(found.snippet, found.marks),
        "snippet_text": found.snippet,
        "marks": [(start, stop) for start, stop in found.marks],
    }


ENTRIES: Mapping[str, Any] = {
    "msg_edit": Presenter(
        present=edited,
        answer=messages.EditedMessage | messages.UnchangedMessage,
        adapt=accept_edit,
        renamed={"content": "new_content"},
        hidden=CREDENTIALS,
        extra={"edited_by": EDITED_BY},
        request_example={"content": "Hello everybody", "edited_by": "human"},
        answer_example={"msg_id": MESSAGE_ID, "version": 1, "edited_at": MOMENT, "edited_by": "human"},
    ),
    "msg_edit_history": Presenter(
        present=history,
        answer=messages.History,
        answer_example={
            "message_id": MESSAGE_ID,
            "current_content": "Hello everybody",
            "edit_version": 1,
            "edits": [{"version": 1, "old_content": "Hello team", "edited_by": "human", "created_at": MOMENT}],
        },
    ),
    "msg_react": Presenter(
        present=reacted,
        answer=messages.Reaction,
        adapt=drop_people,
        hidden=frozenset({"token"}),
        request_example={"agent_id": AGENT_ID, "reaction": "👍"},
        answer_example=REACTION_EXAMPLE,
    ),
    "msg_unreact": Presenter(
        answer=messages.Unreacted,
        adapt=drop_people,
        hidden=frozenset({"token"}),
        also=(Route(method="DELETE", path="/api/messages/{message_id}/reactions"),),
        answer_example={"removed": True, "message_id": MESSAGE_ID, "reaction": "👍", "agent_id": AGENT_ID},
    ),
    "reaction_list": Presenter(present=reactions, answer=list[messages.Reaction], answer_example=[REACTION_EXAMPLE]),
    "msg_search": Presenter(
        present=found_page,
        answer=messages.FoundMessages,
        adapt=check_query,
        renamed={"q": "query"},
        answer_example={
            "results": [
                {
                    "message_id": MESSAGE_ID,
                    "thread_id": THREAD_ID,
                    "thread_topic": "Fix login race",
                    "author": "human",
                    "author_id": None,
                    "author_display_name": "human",
                    "author_emoji": "👤",
                    "seq": 1,
                    "created_at": MOMENT,
                    "snippet": "Hello <mark>team</mark>",
                    "snippet_text": "Hello team",
                    "marks": [[6, 10]],
                }
            ],
            "total": 1,
            "query": "team",
            "next_cursor": None,
            "note": None,
        },
    ),
}
