"""The resources and prompts that the official MCP conformance suite asks for; a plugin of one file."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence

from agentchatbus.plugin_api import (
    Bus,
    Call,
    EmbeddedResource,
    Event,
    Image,
    PersonAnswer,
    PersonQuestion,
    Plugin,
    PluginSettings,
    PromptArgument,
    PromptMessage,
    PromptOffer,
    ResourceOffer,
    ask_one,
    hookimpl,
)

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WATCHED = "test://watched-resource"
CONTEXT = PersonQuestion(
    message="What context should the prompt use?",
    schema={"type": "object", "properties": {"context": {"type": "string"}}, "required": ["context"]},
)

Arguments = Mapping[str, str]


async def static_text(variables: Arguments, call: Call) -> str:
    """Return text that never changes."""
    return "This is the content of the static text resource."


async def static_binary(variables: Arguments, call: Call) -> bytes:
    """Return a picture."""
    return PNG


async def template_data(variables: Arguments, call: Call) -> str:
    """Return what the URI says."""
    number = variables["id"]
    return json.dumps({"id": number, "templateTest": True, "data": f"Data for ID: {number}"})


async def template_ids(typed: str, call: Call) -> Sequence[str]:
    """Complete an id."""
    return [number for number in ("1", "12", "123") if number.startswith(typed)]


def watched(event: Event) -> Sequence[str]:
    """Say that every message changes the watched resource."""
    return [WATCHED] if event.type == "msg.new" else []


RESOURCES = (
    ResourceOffer(uri="test://static-text", name="Static text", description="Text.", read=static_text),
    ResourceOffer(
        uri="test://static-binary",
        name="Static binary",
        description="A picture.",
        mime_type="image/png",
        read=static_binary,
    ),
    ResourceOffer(
        uri="test://template/{id}/data",
        name="Template",
        description="Something for each id.",
        mime_type="application/json",
        read=template_data,
        complete={"id": template_ids},
    ),
    ResourceOffer(uri=WATCHED, name="Watched", description="Changes.", read=static_text, changed_by=watched),
)


async def simple(arguments: Arguments, call: Call) -> Sequence[PromptMessage]:
    """Write a message of text."""
    return [PromptMessage(content="This is a simple prompt for testing.")]


async def with_arguments(arguments: Arguments, call: Call) -> Sequence[PromptMessage]:
    """Write what was filled in."""
    text = f"Prompt with arguments: arg1='{arguments['arg1']}', arg2='{arguments['arg2']}'"
    return [PromptMessage(content=text)]


async def with_resource(arguments: Arguments, call: Call) -> Sequence[PromptMessage]:
    """Write a message that is a resource."""
    body = "Embedded resource content for testing."
    resource = EmbeddedResource(uri=arguments["resourceUri"], mime_type="text/plain", body=body)
    return [PromptMessage(content=resource), PromptMessage(content="Please process the embedded resource above.")]


async def with_image(arguments: Arguments, call: Call) -> Sequence[PromptMessage]:
    """Write a message that is a picture."""
    image = Image(data=PNG, mime_type="image/png")
    return [PromptMessage(content=image), PromptMessage(content="Please analyze the image above.")]


async def with_question(arguments: Arguments, call: Call) -> Sequence[PromptMessage]:
    """Ask first, then write what was answered."""
    answer = await ask_one(call.client, "user_context", CONTEXT, PersonAnswer)
    return [PromptMessage(content=f"Context: {answer.content.get('context')}")]


PROMPTS = (
    PromptOffer(name="test_simple_prompt", description="A simple prompt.", write=simple),
    PromptOffer(
        name="test_prompt_with_arguments",
        description="A prompt with arguments.",
        arguments=(
            PromptArgument(name="arg1", description="First test argument.", required=True, complete=template_ids),
            PromptArgument(name="arg2", description="Second test argument.", required=True),
        ),
        write=with_arguments,
    ),
    PromptOffer(
        name="test_prompt_with_embedded_resource",
        description="A prompt with a resource.",
        arguments=(PromptArgument(name="resourceUri", description="What to embed.", required=True),),
        write=with_resource,
    ),
    PromptOffer(name="test_prompt_with_image", description="A prompt with a picture.", write=with_image),
    PromptOffer(name="test_input_required_result_prompt", description="A prompt that asks.", write=with_question),
)


class ConformanceOffersPlugin(Plugin[PluginSettings]):
    """Offers the resources and prompts."""

    @hookimpl
    def register_resources(self, bus: Bus) -> Sequence[ResourceOffer]:
        return RESOURCES

    @hookimpl
    def register_prompts(self, bus: Bus) -> Sequence[PromptOffer]:
        return PROMPTS
