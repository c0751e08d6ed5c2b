"""Resources and prompts that plugins offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from agentchatbus.plugin_api import (
    Action,
    Bus,
    Call,
    ConfigError,
    EmbeddedResource,
    Forbidden,
    HttpTransport,
    InvalidRequest,
    NotFound,
    Offers,
    Operations,
    PersonAnswer,
    PersonQuestion,
    Plugin,
    PluginSettings,
    PromptArgument,
    PromptMessage,
    PromptOffer,
    ResourceEntry,
    ResourceOffer,
    Unsupported,
    ask_one,
    hookimpl,
)
from agentchatbus.testing import MakeBus

Arguments = Mapping[str, str]


class LibraryPlugin(Plugin[PluginSettings]):
    """Offers a sign, a shelf of books, and two prompts."""

    def __init__(self) -> None:
        super().__init__(PluginSettings())
        self.offers: Offers | None = None

    @hookimpl
    def register_resources(self, bus: Bus) -> Sequence[ResourceOffer]:
        return [
            ResourceOffer(uri="library://sign", name="Sign", mime_type="text/markdown", read=self.sign),
            ResourceOffer(
                uri="library://books/{author}/{title}",
                name="Book",
                read=self.book,
                entries=self.books,
                complete={"author": self.authors},
            ),
            ResourceOffer(uri="library://map", name="Map", mime_type="image/png", read=self.map),
        ]

    @hookimpl
    def register_prompts(self, bus: Bus) -> Sequence[PromptOffer]:
        topic = PromptArgument(name="topic", description="About what.", required=True, complete=self.authors)
        return [
            PromptOffer(name="review", description="Review a book.", arguments=(topic,), write=self.review),
            PromptOffer(name="ask", description="Ask the person.", write=self.ask),
        ]

    @hookimpl
    def register_transports(self, bus: Bus, operations: Operations, offers: Offers) -> Sequence[HttpTransport]:
        self.offers = offers
        return []

    @hookimpl
    async def check_action(self, action: Action) -> None:
        if action.operation == "resource_read" and action.arguments["uri"].endswith("/secret"):
            raise Forbidden("Not this one.")

    async def sign(self, variables: Arguments, call: Call) -> str:
        return f"Welcome, {call.caller.kind}"

    async def book(self, variables: Arguments, call: Call) -> EmbeddedResource:
        if variables["author"] == "nobody":
            raise NotFound("No such book.", kind="resource")
        body = f"{variables['author']}: {variables['title']}"
        return EmbeddedResource(uri="library://book", mime_type="text/x-book", body=body)

    async def books(self, call: Call) -> Sequence[ResourceEntry]:
        return [ResourceEntry(uri="library://books/eco/rose", name="Rose")]

    async def map(self, variables: Arguments, call: Call) -> bytes:
        return b"\x89PNG"

    async def authors(self, typed: str, call: Call) -> Sequence[str]:
        return [name for name in ("eco", "ende") if name.startswith(typed)]

    async def review(self, arguments: Arguments, call: Call) -> Sequence[PromptMessage]:
        return [PromptMessage(content=f"Review {arguments['topic']}.")]

    async def ask(self, arguments: Arguments, call: Call) -> Sequence[PromptMessage]:
        question = PersonQuestion(message="What?", schema={"type": "object", "properties": {}})
        await ask_one(call.client, "what", question, PersonAnswer)
        return []


async def test_register_resources_adds_what_clients_can_list_and_read(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[LibraryPlugin()])
    entries = await bus.call("resource_list")
    assert [entry.uri for entry in entries] == ["library://sign", "library://books/eco/rose", "library://map"]
    sign = await bus.call("resource_read", uri="library://sign")
    assert (sign.uri, sign.mime_type, sign.body) == ("library://sign", "text/markdown", "Welcome, human")
    assert (await bus.guest().call("resource_read", uri="library://sign")).body == "Welcome, guest"
    assert (await bus.call("resource_read", uri="library://map")).body == b"\x89PNG"


async def test_names_in_braces_stand_for_parts_of_the_uri(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[LibraryPlugin()])
    book = await bus.call("resource_read", uri="library://books/U.%20Eco/the%2Frose")
    assert (book.mime_type, book.body) == ("text/x-book", "U. Eco: the/rose")


@pytest.mark.parametrize(
    "uri", ["library://books/eco", "library://books/a/b/c", "else://x", "library://books/nobody/x"]
)
async def test_what_no_plugin_has_is_not_found(make_bus: MakeBus, uri: str) -> None:
    bus = await make_bus(plugins=[LibraryPlugin()])
    with pytest.raises(NotFound):
        await bus.call("resource_read", uri=uri)


async def test_gates_are_asked_before_a_resource_is_read(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[LibraryPlugin()])
    with pytest.raises(Forbidden):
        await bus.call("resource_read", uri="library://books/eco/secret")


async def test_register_prompts_adds_what_people_can_fill_in(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[LibraryPlugin()])
    prompt = await bus.call("prompt_get", name="review", arguments={"topic": "roses"})
    assert prompt.description == "Review a book."
    assert [message.content for message in prompt.messages] == ["Review roses."]
    with pytest.raises(InvalidRequest, match="needs: topic"):
        await bus.call("prompt_get", name="review", arguments={})
    with pytest.raises(NotFound):
        await bus.call("prompt_get", name="nothing", arguments={})


async def test_arguments_are_completed_where_somebody_completes_them(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[LibraryPlugin()])
    family = "library://books/{author}/{title}"
    assert await bus.call("resource_complete", uri=family, argument="author", typed="e") == ["eco", "ende"]
    assert await bus.call("resource_complete", uri=family, argument="title", typed="e") == ()
    assert await bus.call("resource_complete", uri="else://x", argument="author", typed="e") == ()
    assert await bus.call("prompt_complete", name="review", argument="topic", typed="en") == ["ende"]


async def test_register_transports_is_told_of_all_offers(make_bus: MakeBus) -> None:
    plugin = LibraryPlugin()
    await make_bus(plugins=[plugin])
    assert plugin.offers is not None
    assert [offer.name for offer in plugin.offers.resources] == ["Sign", "Book", "Map"]
    assert [offer.name for offer in plugin.offers.prompts] == ["review", "ask"]


async def test_two_offers_of_one_name_stop_the_start(make_bus: MakeBus) -> None:
    class OtherLibraryPlugin(LibraryPlugin):
        pass

    with pytest.raises(
        ConfigError, match="'other-library' offers a resource named 'library://sign', which there is already"
    ):
        await make_bus(plugins=[LibraryPlugin(), OtherLibraryPlugin()])


async def test_a_client_that_cannot_be_asked_is_refused(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[LibraryPlugin()])
    with pytest.raises(Unsupported) as caught:
        await bus.call("prompt_get", name="ask", arguments={})
    assert caught.value.details["needs"] == ["person"]
