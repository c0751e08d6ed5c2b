"""Prompts that clients offer to people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from agentchatbus.plugin_api import InvalidRequest, NotFound, Offers, Operations, PromptOffer, Session
from agentchatbus_mcp.clients import INTERRUPTIONS, McpClient
from agentchatbus_mcp.contents import block_of

Arguments = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt; `arguments` maps names to descriptions, those in `optional` may be left out."""

    name: str
    description: str
    arguments: Mapping[str, str]
    optional: frozenset[str]
    write: Callable[[Arguments], str]

    def listing(self) -> dict[str, Any]:
        """Return the prompt as clients are shown it."""
        arguments = [
            {"name": name, "description": text, "required": name not in self.optional}
            for name, text in self.arguments.items()
        ]
        return {
            "name": self.name,
            "title": self.name.replace("_", " ").capitalize(),
            "description": self.description,
            "arguments": arguments,
        }

    def filled_in(self, arguments: Arguments) -> dict[str, Any]:
        """Return the prompt with its arguments in place.

        Raises:
            MCPError: A required argument is missing.
        """
        missing = [wanted for wanted in self.arguments if wanted not in self.optional and not arguments.get(wanted)]
        if missing:
            raise MCPError(INVALID_PARAMS, f"Prompt {self.name} needs: {', '.join(missing)}")
        content = block_of(self.write(arguments))
        return {"description": self.description, "messages": [{"role": "user", "content": content}]}


class Prompts:
    """Lists and fills in the prompts of the bus, and those that plugins offer."""

    def __init__(self, operations: Operations, offers: Offers) -> None:
        self._operations = operations
        self._offers = offers

    def listing(self) -> list[dict[str, Any]]:
        """Return all prompts as clients are shown them."""
        return [prompt.listing() for prompt in PROMPTS.values()] + [_offered(offer) for offer in self._offers.prompts]

    async def get(self, name: str, arguments: Arguments, session: Session, client: McpClient) -> dict[str, Any]:
        """Return a prompt filled in.

        Raises:
            MCPError: There is none of this name, or a required argument is missing.
        """
        if name in PROMPTS:
            return PROMPTS[name].filled_in(arguments)
        try:
            given = {"name": name, "arguments": dict(arguments)}
            prompt = await self._operations.call("prompt_get", given, session, client=client)
        except INTERRUPTIONS:
            raise
        except (NotFound, InvalidRequest) as error:
            raise MCPError(INVALID_PARAMS, error.message) from None
        messages = [{"role": message.role, "content": block_of(message.content)} for message in prompt.messages]
        return {"description": prompt.description, "messages": messages}


def _offered(offer: PromptOffer) -> dict[str, Any]:
    arguments = [
        {"name": argument.name, "description": argument.description, "required": argument.required}
        for argument in offer.arguments
    ]
    return {"name": offer.name, "description": offer.description, "arguments": arguments}


def _summary(arguments: Arguments) -> str:
    return (
        f'Summarize the discussion "{arguments["topic"]}" briefly: what was decided, what was concluded, and which '
        f"questions are open.\n\n--- TRANSCRIPT ---\n{arguments['transcript']}\n--- END ---"
    )


def _handoff(arguments: Arguments) -> str:
    text = (
        f"Hello {arguments['to_agent']}, {arguments['from_agent']} hands a task over to you.\n\n"
        f"**Task:** {arguments['task_description']}"
    )
    if context := arguments.get("context"):
        text += f"\n\nWhat you should know:\n\n> {context}"
    return f"{text}\n\nPlease confirm that you take it, and go on."


PROMPTS: Mapping[str, Prompt] = {
    prompt.name: prompt
    for prompt in (
        Prompt(
            name="summarize_thread",
            description="Summarize a thread's decisions, conclusions and open questions.",
            arguments={"topic": "Topic of the thread.", "transcript": "What was said."},
            optional=frozenset(),
            write=_summary,
        ),
        Prompt(
            name="handoff_to_agent",
            description="Hand a task off from one agent to another.",
            arguments={
                "from_agent": "Name of the agent that hands over.",
                "to_agent": "Name of the agent that goes on.",
                "task_description": "What is to be done.",
                "context": "What the other agent should know.",
            },
            optional=frozenset({"context"}),
            write=_handoff,
        ),
    )
}
