"""What the secret filter does on a bus. H26, M14: the reference filtered posts only, and edits not at all."""

from __future__ import annotations

import logging
from random import Random
from typing import Any

import pytest

from agentchatbus.plugin_api import (
    Call,
    CallerKind,
    MessageDraft,
    Operation,
    Params,
    Plugin,
    PluginSettings,
    Rejected,
    hookimpl,
    operation,
    operations_of,
)
from agentchatbus.testing import AgentHandle, MakeBus
from agentchatbus_secrets import SecretsPlugin, SecretsSettings
from agentchatbus_templates import TemplatesPlugin
from agentchatbus_templates.plugin import TemplatesSettings
from tests.plugins.secrets_corpus.contexts import password
from tests.plugins.secrets_corpus.tokens import ALNUM, BARE, some

RANDOM = Random(4)
KEY = BARE["AWS Access Key ID"][0](RANDOM)
TOKEN = BARE["GitHub Personal Access Token"][0](RANDOM)
PASSWORD = password(RANDOM)


def secrets(**settings: Any) -> SecretsPlugin:
    return SecretsPlugin(SecretsSettings.model_validate(settings))


class Appends(Plugin[PluginSettings]):
    """Writes a secret into every message, as late as it can."""

    @hookimpl(trylast=True)
    async def transform_message(self, draft: MessageDraft) -> MessageDraft:
        return MessageDraft(thread_id=draft.thread_id, content=f"{draft.content} {KEY}")


class FindParams(Params):
    query: str


class Finds(Plugin[PluginSettings]):
    """Offers an operation that only reads."""

    @operation(read_only=True)
    async def word_find(self, params: FindParams, call: Call) -> int:
        """Count a word."""
        return "some text".count(params.query)

    @hookimpl
    def register_operations(self) -> list[Operation[Any]]:
        return operations_of(self)


async def test_a_message_with_a_key_is_refused_and_not_stored(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets()])
    with pytest.raises(Rejected, match=r"^Content blocked by filter$") as refusal:
        await bus.post(f"Use {KEY} for the run.")
    assert refusal.value.details == {"pattern": "AWS Access Key ID", "where": "content"}
    assert await bus.messages() == []


async def test_a_message_without_a_secret_is_stored_as_it_is(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets()])
    posted = await bus.post("The filter blocks AKIA keys; the password is in the vault.", metadata={"a": [1, "b"]})
    assert posted.message.content == "The filter blocks AKIA keys; the password is in the vault."
    assert "redacted" not in posted.message.metadata


METADATA: list[tuple[dict[str, Any], str]] = [
    ({"note": KEY}, "metadata.note"),
    ({"a": {"b": ["fine", {"c": f"x {KEY}"}]}}, "metadata.a.b[1].c"),
    ({"a": {KEY: 1}}, "metadata.a (a key)"),
    ({KEY: {"x": KEY}}, "metadata (a key)"),
    ({"db": {"password": PASSWORD}}, "metadata.db.password"),
    ({"db_passwords": [PASSWORD]}, "metadata.db_passwords[0]"),
]


@pytest.mark.parametrize(("metadata", "where"), METADATA)
async def test_metadata_is_looked_at_in_depth_with_its_keys(
    make_bus: MakeBus, metadata: dict[str, Any], where: str
) -> None:
    bus = await make_bus(plugins=[secrets()])
    with pytest.raises(Rejected) as refusal:
        await bus.post("fine", metadata=metadata)
    assert refusal.value.details["where"] == where


async def test_an_edit_with_a_key_is_refused(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets()])
    posted = await bus.post("fine")
    with pytest.raises(Rejected) as refusal:
        await bus.call("msg_edit", message_id=posted.message.id, new_content=f"now {KEY}")
    assert refusal.value.details == {"pattern": "AWS Access Key ID", "where": "content"}
    assert [message.content for message in await bus.messages()] == ["fine"]


async def test_what_a_plugin_puts_in_last_is_seen(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets(), Appends(PluginSettings())])
    with pytest.raises(Rejected):
        await bus.post("fine")
    assert await bus.messages() == []


WRITTEN: list[tuple[str, dict[str, Any], str]] = [
    ("thread_create", {"topic": f"about {KEY}"}, "topic"),
    ("thread_create", {"topic": "a", "metadata": {"x": KEY}}, "metadata.x"),
    ("agent_register", {"ide": "A", "model": "B", "description": KEY}, "description"),
    ("agent_register", {"ide": "A", "model": "B", "display_name": KEY}, "display_name"),
    ("agent_register", {"ide": "A", "model": "B", "capabilities": ["x", KEY]}, "capabilities[1]"),
    ("agent_register", {"ide": "A", "model": "B", "skills": [{"id": "a", "name": KEY}]}, "skills[0].name"),
    ("bus_connect", {"thread_name": KEY}, "thread_name"),
    ("thread_rename", {"topic": KEY}, "topic"),
    ("thread_close", {"summary": f"We used {KEY}."}, "summary"),
    ("template_create", {"id": "t", "name": KEY}, "name"),
    ("template_create", {"id": "t", "name": "T", "description": KEY}, "description"),
    ("template_create", {"id": "t", "name": "T", "default_metadata": {"x": [KEY]}}, "default_metadata.x[0]"),
    ("msg_react", {"reaction": KEY}, "reaction"),
    ("msg_post", {"content": "fine", "author": KEY}, "author"),
]


@pytest.mark.parametrize(("operation", "arguments", "where"), WRITTEN)
@pytest.mark.parametrize("mode", ["block", "redact"])
async def test_every_other_text_is_looked_at_too(
    make_bus: MakeBus, mode: str, operation: str, arguments: dict[str, Any], where: str
) -> None:
    bus = await make_bus(plugins=[secrets(mode=mode), TemplatesPlugin(TemplatesSettings())])
    posted = await bus.post("fine")
    names = bus.app.operations.get(operation).params.model_fields
    known = {"thread_id": bus.thread, "message_id": posted.message.id}
    with pytest.raises(Rejected, match=r"^Content blocked by filter$") as refusal:
        await bus.call(operation, **{name: value for name, value in known.items() if name in names} | arguments)
    assert refusal.value.details == {"pattern": "AWS Access Key ID", "where": where}


@pytest.mark.parametrize("operation", ["thread_create", "bus_connect", "template_create"])
async def test_a_prompt_has_an_error_of_its_own(make_bus: MakeBus, operation: str) -> None:
    bus = await make_bus(plugins=[secrets(), TemplatesPlugin(TemplatesSettings())])
    more = {"id": "t", "name": "T", "topic": "A", "thread_name": "A", "system_prompt": f"Log in with {KEY}."}
    with pytest.raises(Rejected, match=r"^system_prompt blocked by content filter$") as refusal:
        await bus.call(operation, **more)
    assert refusal.value.details["pattern"] == "AWS Access Key ID"


async def test_reading_is_never_refused(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets(), Finds(PluginSettings())])
    assert await bus.call("word_find", query=KEY) == 0


async def test_ids_and_proofs_are_no_texts(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets()])
    agent = await bus.agent("A")
    posted = await agent.post("fine", agent_id=agent.agent_id, token=agent.token)
    assert posted.message.author_id == agent.agent_id


async def test_the_secret_is_in_no_error_event_or_log(make_bus: MakeBus, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bus = await make_bus(plugins=[secrets()])
    with pytest.raises(Rejected) as refusal:
        await bus.post(f"{KEY} {TOKEN}", metadata={TOKEN: {KEY: KEY}})
    with pytest.raises(Rejected) as other:
        await bus.post("fine", metadata={TOKEN: {KEY: KEY}})
    shown = f"{refusal.value} {refusal.value.details} {other.value} {other.value.details} {caplog.text}"
    assert KEY not in shown
    assert TOKEN not in shown
    assert "transform" not in caplog.text


async def test_a_refused_post_uses_up_no_reply_token(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets()])
    agent: AgentHandle = await bus.agent("A")
    with pytest.raises(Rejected):
        await agent.post(f"with {KEY}")
    assert (await agent.post("without")).message.seq == 1


async def test_redaction_stores_the_message_without_the_secrets_and_marks_it(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets(mode="redact")])
    content = f"Use {KEY}, or `{TOKEN}`; {KEY} is older."
    posted = await bus.post(content, metadata={"env": {"DB_PASSWORD": PASSWORD, TOKEN: 1}, "n": 1})
    (message,) = await bus.messages()
    assert message == posted.message
    github = "[redacted: GitHub Personal Access Token]"
    aws = "[redacted: AWS Access Key ID]"
    assert message.content == f"Use {aws}, or `{github}`; {aws} is older."
    assert message.metadata["env"] == {"DB_PASSWORD": "[redacted: Secret Assignment]", github: 1}
    labels = ("AWS Access Key ID", "GitHub Personal Access Token", "Secret Assignment")
    assert message.metadata["redacted"] == labels


async def test_redaction_of_an_edit_keeps_the_earlier_marks(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets(mode="redact")])
    posted = await bus.post(f"first {KEY}")
    await bus.call("msg_edit", message_id=posted.message.id, new_content=f"then {TOKEN}")
    (message,) = await bus.messages()
    assert message.content == "then [redacted: GitHub Personal Access Token]"
    assert message.metadata["redacted"] == ("AWS Access Key ID", "GitHub Personal Access Token")


async def test_redaction_leaves_other_messages_as_they_are(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets(mode="redact")])
    posted = await bus.post("fine", metadata={"redacted": "by hand"})
    assert (posted.message.content, posted.message.metadata) == ("fine", {"redacted": "by hand"})


async def test_a_large_message_is_looked_at_while_the_bus_goes_on(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets()])
    filler = "a line of some message that goes on\n" * 5000
    assert (await bus.post(filler)).message.seq == 1
    with pytest.raises(Rejected):
        await bus.post(f"{filler}{some(Random(1), ALNUM, 5)} {KEY}")


async def test_everybody_is_looked_at(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[secrets()])
    agent = await bus.agent("A")
    guest = bus.guest()
    assert bus.session.credentials.grants is CallerKind.HUMAN
    for poster in (bus.post, agent.post):
        with pytest.raises(Rejected):
            await poster(KEY)
    with pytest.raises(Rejected):
        await guest.call("bus_connect", thread_name=KEY)
