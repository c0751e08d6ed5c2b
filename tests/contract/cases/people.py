"""What people and operators do: decisions, access, plugins."""

from __future__ import annotations

from tests.contract.cases.base import detail, done, refused
from tests.contract.cases.threads import missing, this
from tests.contract.shapes import MOMENT, UUID, Maybe
from tests.contract.worlds import MISSING, World


def granted(w: World) -> dict[str, str]:
    return {"token_id": w.site.ask("POST", "/api/tokens", json={"name": w.mark, "scope": "agent"})["id"]}


CASES = (
    done(
        "thread_admin_get",
        "the creator",
        this,
        rest=200,
        answer={
            "admin_id": UUID,
            "admin_name": str,
            "admin_emoji": str,
            "admin_type": "creator",
            "assigned_at": MOMENT,
        },
    ),
    missing("thread_admin_get"),
    done(
        "thread_admin_decide",
        "another one",
        lambda w: (w.say("me", w.orion), {**this(w), "action": "switch", "candidate_admin_id": w.orion.id})[1],
        rest=200,
        answer={
            "ok": True,
            "action": "switch",
            "thread_id": UUID,
            "new_admin_id": UUID,
            "new_admin_name": str,
            "already_decided": False,
        },
    ),
    done(
        "thread_admin_decide",
        "the same one",
        lambda w: {**this(w), "action": "keep"},
        rest=200,
        answer={
            "ok": True,
            "action": "keep",
            "thread_id": UUID,
            "kept_admin_id": UUID,
            "kept_admin_name": str,
            "already_decided": False,
        },
    ),
    done(
        "thread_admin_decide",
        "go on",
        lambda w: {**this(w), "action": "takeover"},
        rest=200,
        answer={
            "ok": True,
            "action": "takeover",
            "thread_id": UUID,
            "notified_admin_id": UUID,
            "notified_admin_name": str,
            "already_decided": False,
        },
    ),
    done(
        "thread_admin_decide",
        "nothing",
        lambda w: {**this(w), "action": "cancel"},
        rest=200,
        answer={"ok": True, "action": "cancel", "thread_id": UUID, "already_decided": False},
    ),
    refused(
        "thread_admin_decide",
        "nobody",
        lambda w: {**this(w), "action": "switch"},
        rest=400,
        answer=detail("candidate_admin_id is required for action='switch'"),
    ),
    refused(
        "thread_admin_decide",
        "an unknown agent",
        lambda w: {**this(w), "action": "switch", "candidate_admin_id": MISSING},
        rest=404,
        answer=detail("Candidate admin agent not found"),
    ),
    refused(
        "thread_admin_decide",
        "an unknown action",
        lambda w: {**this(w), "action": "x"},
        rest=422,
        answer=detail([{"loc": list}]),
    ),
    refused(
        "thread_admin_decide",
        "of nothing",
        lambda w: {**this(w), "action": "keep", "source_message_id": MISSING},
        rest=404,
        answer=detail("source_message_id not found"),
    ),
    refused(
        "thread_admin_decide",
        "of elsewhere",
        lambda w: {**this(w), "action": "keep", "source_message_id": w.message_elsewhere},
        rest=400,
        answer=detail("source_message_id does not belong to this thread"),
    ),
    refused(
        "thread_admin_decide",
        "of what is no card",
        lambda w: {**this(w), "action": "keep", "source_message_id": w.message},
        rest=400,
        answer=detail("source_message_id is not an admin confirmation prompt"),
    ),
    missing("thread_admin_decide", action="keep"),
    done(
        "token_create",
        "for an agent",
        lambda w: {"name": w.mark, "scope": "agent"},
        rest=201,
        answer={
            "id": str,
            "name": str,
            "scope": "agent",
            "created_at": MOMENT,
            "expires_at": Maybe(MOMENT),
            "token": lambda text: text.startswith("acb_"),
        },
    ),
    refused(
        "token_create",
        "by an agent",
        lambda w: {"name": w.mark, "scope": "agent"},
        rest_caller="nova",
        rest=403,
        answer=detail(str),
    ),
    done(
        "token_list",
        "without the tokens",
        granted,
        rest=200,
        answer=[{"id": str, "name": str, "scope": str, "created_at": MOMENT}],
    ),
    done("token_revoke", "one", granted, rest=204),
    refused("token_revoke", "an unknown one", lambda w: {"token_id": "nope"}, rest=404, answer=detail(str)),
    done("plugin_list", "all", rest=200, answer=[{"name": str, "state": str}]),
    refused("plugin_enable", "an unknown one", lambda w: {"name": "nope"}, rest=404, answer=detail(str)),
    done("plugin_enable", "one that works", lambda w: {"name": "secrets"}, rest=200),
)
