"""The tools that the official MCP conformance suite calls by name; a plugin of one file.

They answer with each kind of content, report progress, log, and ask their client.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from agentchatbus.plugin_api import (
    Ability,
    Audio,
    Bus,
    Call,
    Client,
    Content,
    Contents,
    EmbeddedResource,
    Image,
    ModelAnswer,
    ModelQuestion,
    Operation,
    Params,
    PersonAnswer,
    PersonQuestion,
    Plugin,
    PluginSettings,
    Question,
    Rejected,
    ResourceLink,
    RootsAnswer,
    RootsQuestion,
    Text,
    Turn,
    ask_one,
    hookimpl,
    operation,
    operations_of,
)

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WAV = b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\0\0\0"
MOMENT = 0.05
"""Seconds between two reports."""


def contents(*blocks: Content | str) -> Contents:
    """Return a result of these blocks."""
    return Contents(blocks=tuple(Text(text=block) if isinstance(block, str) else block for block in blocks))


def form(message: str, *required: str, **properties: Mapping[str, Any]) -> PersonQuestion:
    """Return a form with these fields."""
    return PersonQuestion(
        message=message, schema={"type": "object", "properties": properties, "required": list(required)}
    )


def asks_model(text: str, max_tokens: int = 100) -> ModelQuestion:
    """Return a question of one turn."""
    return ModelQuestion(turns=[Turn(role="user", content=text)], max_tokens=max_tokens)


STRING = {"type": "string"}
NAME = form("What is your name?", "name", name=STRING)
CONFIRM = form("Please confirm", "ok", ok={"type": "boolean"})
DEFAULTS = form(
    "Check these values.",
    name={"type": "string", "default": "John Doe"},
    age={"type": "integer", "default": 30},
    score={"type": "number", "default": 95.5},
    status={"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    verified={"type": "boolean", "default": True},
)
PLAIN = ["option1", "option2", "option3"]
TITLED = [{"const": f"value{n}", "title": f"{word} option"} for n, word in enumerate(("First", "Second", "Third"), 1)]
ENUMS = form(
    "Choose.",
    untitledSingle={"type": "string", "enum": PLAIN},
    titledSingle={"type": "string", "oneOf": TITLED},
    legacyEnum={"type": "string", "enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"]},
    untitledMulti={"type": "array", "items": {"type": "string", "enum": PLAIN}},
    titledMulti={"type": "array", "items": {"anyOf": TITLED}},
)


class PromptParams(Params):
    """Arguments of ``test_sampling``."""

    prompt: str = Field(description="What the model is asked.")


class MessageParams(Params):
    """Arguments of ``test_elicitation``."""

    message: str = Field(description="What the person is asked.")


class HeaderParams(Params):
    """Arguments of ``test_custom_header``."""

    region: str = Field(description="Also sent as a header.", json_schema_extra={"x-mcp-header": "Region"})


class ContentTools:
    """Tools that answer with each kind of content, or fail."""

    @operation(read_only=True)
    async def test_simple_text(self, params: Params, call: Call) -> Contents:
        """Answer with text."""
        return contents("This is a simple text response for testing.")

    @operation(read_only=True)
    async def test_image_content(self, params: Params, call: Call) -> Contents:
        """Answer with a picture."""
        return contents(Image(data=PNG, mime_type="image/png"))

    @operation(read_only=True)
    async def test_audio_content(self, params: Params, call: Call) -> Contents:
        """Answer with sound."""
        return contents(Audio(data=WAV, mime_type="audio/wav"))

    @operation(read_only=True)
    async def test_embedded_resource(self, params: Params, call: Call) -> Contents:
        """Answer with a resource."""
        text = "This is an embedded resource content."
        return contents(EmbeddedResource(uri="test://embedded-resource", mime_type="text/plain", body=text))

    @operation(read_only=True)
    async def test_multiple_content_types(self, params: Params, call: Call) -> Contents:
        """Answer with everything at once."""
        body = '{"test":"data","value":123}'
        return contents(
            "Multiple content types test:",
            Image(data=PNG, mime_type="image/png"),
            EmbeddedResource(uri="test://mixed-content-resource", mime_type="application/json", body=body),
            ResourceLink(uri="test://static-text", name="Static text", mime_type="text/plain"),
        )

    @operation(read_only=True)
    async def test_error_handling(self, params: Params, call: Call) -> Contents:
        """Fail."""
        raise Rejected("This tool intentionally returns an error for testing")

    @operation(read_only=True)
    async def test_custom_header(self, params: HeaderParams, call: Call) -> Contents:
        """Take an argument that clients send as a header too."""
        return contents(params.region)


class ClientTools:
    """Tools that tell and ask their client something."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    @operation(interactive=True)
    async def test_tool_with_logging(self, params: Params, call: Call) -> Contents:
        """Log three times."""
        for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            await call.client.log("info", text, "conformance")
            await self._moment()
        return contents("Logged three times.")

    @operation(interactive=True)
    async def test_logging_tool(self, params: Params, call: Call) -> Contents:
        """Log once."""
        await call.client.log("info", "Only for those who asked for it")
        return contents("Logged, if you want to know.")

    @operation(interactive=True)
    async def test_tool_with_progress(self, params: Params, call: Call) -> Contents:
        """Report progress three times."""
        for done in (0, 50, 100):
            await call.client.progress(done, 100, f"Completed step {done} of 100")
            await self._moment()
        return contents("Done.")

    @operation(interactive=True)
    async def test_sampling(self, params: PromptParams, call: Call) -> Contents:
        """Ask the client's model."""
        answer = await ask_one(call.client, "answer", asks_model(params.prompt), ModelAnswer)
        return contents(f"LLM response: {answer.text}")

    @operation(interactive=True)
    async def test_missing_capability(self, params: Params, call: Call) -> Contents:
        """Ask a model that is not there."""
        return contents((await ask_one(call.client, "answer", asks_model("Are you there?"), ModelAnswer)).text)

    @operation(interactive=True)
    async def test_elicitation(self, params: MessageParams, call: Call) -> Contents:
        """Ask the person at the client."""
        question = form(params.message, "username", "email", username=STRING, email=STRING)
        return await _person(call.client, question, "User response: ")

    @operation(interactive=True)
    async def test_elicitation_sep1034_defaults(self, params: Params, call: Call) -> Contents:
        """Ask with a default of each kind."""
        return await _person(call.client, DEFAULTS, "Elicitation completed: ")

    @operation(interactive=True)
    async def test_elicitation_sep1330_enums(self, params: Params, call: Call) -> Contents:
        """Ask with each kind of choice."""
        return await _person(call.client, ENUMS, "Elicitation completed: ")

    @operation(interactive=True)
    async def test_streaming_elicitation(self, params: Params, call: Call) -> Contents:
        """Report progress, then ask."""
        await call.client.progress(1)
        return await _person(call.client, CONFIRM, "")

    async def _moment(self) -> None:
        await self._bus.clock.wait_for(asyncio.Event(), MOMENT)


class InputTools:
    """Tools that a stateless client calls again with answers."""

    @operation(interactive=True)
    async def test_input_required_result_elicitation(self, params: Params, call: Call) -> Contents:
        """Ask the person for a name."""
        answer = await ask_one(call.client, "user_name", NAME, PersonAnswer)
        return contents(f"Hello, {answer.content.get('name')}!")

    @operation(interactive=True)
    async def test_input_required_result_sampling(self, params: Params, call: Call) -> Contents:
        """Ask the model."""
        question = asks_model("What is the capital of France?")
        return contents((await ask_one(call.client, "capital_question", question, ModelAnswer)).text)

    @operation(interactive=True)
    async def test_input_required_result_list_roots(self, params: Params, call: Call) -> Contents:
        """Ask for the client's folders."""
        return contents(str(dict((await ask_one(call.client, "client_roots", RootsQuestion(), RootsAnswer)).roots)))

    @operation(interactive=True)
    async def test_input_required_result_request_state(self, params: Params, call: Call) -> Contents:
        """Ask, and keep a state."""
        return await _person(call.client, CONFIRM, "state-ok ")

    @operation(interactive=True)
    async def test_input_required_result_tampered_state(self, params: Params, call: Call) -> Contents:
        """Ask, and refuse a state that somebody changed."""
        return await _person(call.client, CONFIRM, "")

    @operation(interactive=True)
    async def test_input_required_result_multiple_inputs(self, params: Params, call: Call) -> Contents:
        """Ask for everything at once."""
        greeting = asks_model("Generate a greeting", 50)
        answers = await call.client.ask({"user_name": NAME, "greeting": greeting, "client_roots": RootsQuestion()})
        return contents(f"{len(answers)} answers")

    @operation(interactive=True)
    async def test_input_required_result_multi_round(self, params: Params, call: Call) -> Contents:
        """Ask twice, one after the other."""
        who = form("Step 1: What is your name?", "name", name=STRING)
        name = await ask_one(call.client, "step1", who, PersonAnswer)
        what = form("Step 2: What is your favorite color?", "color", color=STRING)
        color = await ask_one(call.client, "step2", what, PersonAnswer)
        return contents(f"{name.content.get('name')} likes {color.content.get('color')}.")

    @operation(interactive=True)
    async def test_input_required_result_capabilities(self, params: Params, call: Call) -> Contents:
        """Ask only what the client can answer."""
        questions: dict[Ability, Question] = {Ability.PERSON: NAME, Ability.MODEL: asks_model("Say hello")}
        answers = await call.client.ask(
            {ability: question for ability, question in questions.items() if ability in call.client.abilities}
        )
        return contents(f"{len(answers)} answers")


async def _person(client: Client, question: PersonQuestion, prefix: str) -> Contents:
    answer = await ask_one(client, "confirm", question, PersonAnswer)
    return contents(f"{prefix}action={answer.action}, content={json.dumps(dict(answer.content), default=list)}")


class ConformanceToolsPlugin(Plugin[PluginSettings]):
    """Offers the tools."""

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        return [item for holder in (ContentTools(), ClientTools(bus), InputTools()) for item in operations_of(holder)]
