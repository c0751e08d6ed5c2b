"""How operations look to MCP clients: one entry for each whose form is fixed, a general form for all others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchatbus.plugin_api import Operation
from agentchatbus_mcp.presenters import agents, joining, lifecycle, marks, messages, templates, threads
from agentchatbus_mcp.presenters.base import Presenter
from agentchatbus_mcp.presenters.generic import generic_presenter, generic_schema
from agentchatbus_mcp.schemas import Schema, or_refusal, output_schema

PRESENTERS: Mapping[str, Presenter] = {
    **threads.PRESENTERS,
    **lifecycle.PRESENTERS,
    **messages.PRESENTERS,
    **marks.PRESENTERS,
    **agents.PRESENTERS,
    **joining.PRESENTERS,
    **templates.PRESENTERS,
}

__all__ = ["PRESENTERS", "presenter_of", "result_schema"]


def presenter_of(operation: Operation[Any]) -> Presenter:
    """Return how the operation looks."""
    return PRESENTERS.get(operation.name) or generic_presenter(operation.result)


def result_schema(operation: Operation[Any]) -> Schema:
    """Return the output schema of the operation's tool."""
    if presenter := PRESENTERS.get(operation.name):
        return or_refusal(output_schema(presenter.shape))
    return or_refusal(generic_schema(operation.result))
