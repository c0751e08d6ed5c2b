"""Operations on what plugins offer to read and to say; transports render them in their own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from agentchatbus.errors import InvalidRequest
from agentchatbus.model import EmbeddedResource
from agentchatbus.offers import Complete, Offers, PromptMessage, ResourceEntry, ResourceOffer
from agentchatbus.operations import Call, Params, operation


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFilledIn:
    """A prompt with its arguments in place."""

    description: str
    messages: Sequence[PromptMessage]


class ResourceParams(Params):
    """Arguments of ``resource_read``."""

    uri: str = Field(description="URI of the resource.")


class PromptParams(Params):
    """Arguments of ``prompt_get``."""

    name: str = Field(description="Name of the prompt.")
    arguments: dict[str, str] = Field(default_factory=dict, description="What was filled in.")


class ResourceCompletionParams(Params):
    """Arguments of ``resource_complete``."""

    uri: str = Field(description="URI of the family of resources, with names in braces.")
    argument: str = Field(description="The name to complete.")
    typed: str = Field("", description="What was typed so far.")


class PromptCompletionParams(Params):
    """Arguments of ``prompt_complete``."""

    name: str = Field(description="Name of the prompt.")
    argument: str = Field(description="The argument to complete.")
    typed: str = Field("", description="What was typed so far.")


class OfferOperations:
    """Operations on resources and prompts of plugins."""

    def __init__(self, offers: Offers) -> None:
        self._offers = offers

    @operation(read_only=True, idempotent=True, tool=False)
    async def resource_list(self, _params: Params, call: Call) -> Sequence[ResourceEntry]:
        """List resources that plugins offer."""
        entries: list[ResourceEntry] = []
        for offer in self._offers.resources:
            if offer.entries is not None:
                entries += await offer.entries(call)
            elif not offer.is_family:
                entries.append(_entry(offer))
        return entries

    @operation(read_only=True, idempotent=True, tool=False, interactive=True)
    async def resource_read(self, params: ResourceParams, call: Call) -> EmbeddedResource:
        """Read a resource that a plugin offers."""
        offer, variables = self._offers.resource(params.uri)
        body = await offer.read(variables, call)
        if isinstance(body, EmbeddedResource):
            return body
        return EmbeddedResource(uri=params.uri, mime_type=offer.mime_type, body=body)

    @operation(read_only=True, idempotent=True, tool=False)
    async def resource_complete(self, params: ResourceCompletionParams, call: Call) -> Sequence[str]:
        """Complete a name in the URI of a resource."""
        families = [offer for offer in self._offers.resources if offer.uri == params.uri]
        return await _completed(families[0].complete.get(params.argument) if families else None, params.typed, call)

    @operation(read_only=True, idempotent=True, tool=False, interactive=True)
    async def prompt_get(self, params: PromptParams, call: Call) -> PromptFilledIn:
        """Fill in a prompt that a plugin offers."""
        offer = self._offers.prompt(params.name)
        wanted = [argument.name for argument in offer.arguments if argument.required]
        if missing := [name for name in wanted if not params.arguments.get(name)]:
            raise InvalidRequest(f"Prompt {params.name} needs: {', '.join(missing)}", missing=missing)
        return PromptFilledIn(description=offer.description, messages=await offer.write(params.arguments, call))

    @operation(read_only=True, idempotent=True, tool=False)
    async def prompt_complete(self, params: PromptCompletionParams, call: Call) -> Sequence[str]:
        """Complete an argument of a prompt."""
        arguments = {argument.name: argument.complete for argument in self._offers.prompt(params.name).arguments}
        return await _completed(arguments.get(params.argument), params.typed, call)


def _entry(offer: ResourceOffer) -> ResourceEntry:
    return ResourceEntry(
        uri=offer.uri, name=offer.name, description=offer.description, mime_type=offer.mime_type, size=None
    )


async def _completed(complete: Complete | None, typed: str, call: Call) -> Sequence[str]:
    return await complete(typed, call) if complete is not None else ()
