"""Questions and answers of the bus as requests and results of MCP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

import mcp_types as types

from agentchatbus.plugin_api import (
    Ability,
    ModelAnswer,
    ModelQuestion,
    PersonAnswer,
    PersonQuestion,
    Question,
    RootsAnswer,
    RootsQuestion,
    freeze,
    thaw,
)
from agentchatbus_mcp.contents import block_of

Answer = PersonAnswer | ModelAnswer | RootsAnswer
Request = types.ElicitRequest | types.CreateMessageRequest | types.ListRootsRequest
Result = types.ElicitResult | types.CreateMessageResult | types.ListRootsResult

CAPABILITIES: Mapping[Ability, str] = {
    Ability.PERSON: "elicitation",
    Ability.MODEL: "sampling",
    Ability.ROOTS: "roots",
}
"""What MCP calls an ability."""


def request_of(question: Question) -> Request:
    """Return the request that asks a question."""
    match question:
        case PersonQuestion(message=message, schema=schema):
            form = types.ElicitRequestFormParams(message=message, requested_schema=thaw(schema))
            return types.ElicitRequest(params=form)
        case ModelQuestion():
            return types.CreateMessageRequest(params=_sampling(question))
        case RootsQuestion():
            return types.ListRootsRequest()
        case _:
            assert_never(question)


def result_type(question: Question) -> type[Result]:
    """Return the type of the result that answers a question."""
    match question:
        case PersonQuestion():
            return types.ElicitResult
        case ModelQuestion():
            return types.CreateMessageResult
        case RootsQuestion():
            return types.ListRootsResult
        case _:
            assert_never(question)


def answer_of(result: Any) -> Answer:
    """Return what a result says."""
    match result:
        case types.ElicitResult(action=action, content=content):
            return PersonAnswer(action=action, content=freeze(content or {}))
        case types.CreateMessageResult(content=content, model=model, stop_reason=stop_reason):
            return ModelAnswer(text=getattr(content, "text", ""), model=model, stop_reason=stop_reason)
        case types.ListRootsResult(roots=roots):
            return RootsAnswer(roots={str(root.uri): root.name or "" for root in roots})
        case _:
            raise TypeError(f"{type(result).__name__} answers nothing that was asked")


def _sampling(question: ModelQuestion) -> types.CreateMessageRequestParams:
    turns = [{"role": turn.role, "content": block_of(turn.content)} for turn in question.turns]
    return types.CreateMessageRequestParams.model_validate(
        {"messages": turns, "maxTokens": question.max_tokens, "systemPrompt": question.system_prompt}
    )
