"""Templates."""

from __future__ import annotations

from tests.contract.cases.base import detail, done, refused
from tests.contract.shapes import MOMENT, Maybe
from tests.contract.worlds import KEY, World

LISTED = {"id": str, "name": str, "description": Maybe(str), "is_builtin": bool, "created_at": MOMENT}
BUILT_IN = ["code-review", "security-audit", "architecture", "brainstorm"]


def has_built_in_first(found: list[dict[str, object]]) -> bool:
    return {str(item["id"]) for item in found[:4]} == set(BUILT_IN) and all(item["is_builtin"] for item in found[:4])


def new(w: World) -> dict[str, object]:
    return {"id": f"t-{w.mark}", "name": "Mine", "description": "d", "default_metadata": {"a": 1}}


CASES = (
    done(
        "template_list",
        "built in first",
        mcp={"templates": has_built_in_first},
        rest=200,
        answer=has_built_in_first,
    ),
    done(
        "template_get",
        "one",
        lambda w: {"template_id": "code-review"},
        mcp={**LISTED, "name": "Code Review", "system_prompt": str, "default_metadata": None},
        rest=200,
        answer={**LISTED, "system_prompt": str, "default_metadata": None},
    ),
    refused(
        "template_get",
        "an unknown one",
        lambda w: {"template_id": "nope"},
        mcp={"error": "Template not found"},
        rest=404,
        answer=detail("Template not found"),
    ),
    done(
        "template_create",
        "one of one's own",
        new,
        caller="nova",
        mcp={**LISTED, "is_builtin": False},
        rest=201,
        answer={"id": str, "name": "Mine", "description": "d", "is_builtin": False},
    ),
    refused(
        "template_create",
        "an id that is taken",
        lambda w: {"id": "brainstorm", "name": "Mine"},
        caller="nova",
        mcp={"error": "Template with id 'brainstorm' already exists."},
        rest=409,
        answer=detail("Template with id 'brainstorm' already exists."),
    ),
    refused(
        "template_create",
        "a key",
        lambda w: {**new(w), "system_prompt": KEY},
        caller="nova",
        mcp={"error": "system_prompt blocked by content filter", "pattern": str},
        rest=400,
        answer=detail({"error": "system_prompt blocked by content filter", "pattern": str}),
    ),
    refused(
        "template_create",
        "a wrong proof",
        rest=401,
        rest_given=lambda w: {**new(w), "agent_id": w.nova.id, "token": "f" * 64},
        answer=detail("Invalid agent_id or token"),
    ),
    refused(
        "template_create",
        "without a name",
        lambda w: {"id": w.mark},
        caller="nova",
        mcp={"error": "INVALID_ARGUMENT", "detail": str},
        rest=422,
        answer=detail([{"loc": list}]),
    ),
    done("template_delete", "one's own", lambda w: {"template_id": w.template}, rest=204),
    refused(
        "template_delete",
        "a built-in one",
        lambda w: {"template_id": "brainstorm"},
        rest=403,
        answer=detail("Template 'brainstorm' is built-in and cannot be deleted."),
    ),
    refused(
        "template_delete",
        "an unknown one",
        lambda w: {"template_id": "nope"},
        rest=404,
        answer=detail("Template 'nope' not found."),
    ),
)
