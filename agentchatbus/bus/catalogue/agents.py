"""Operations of and on agents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import Field

from agentchatbus import __version__
from agentchatbus.errors import Unauthenticated
from agentchatbus.model import (
    WORKING_ACTIVITIES,
    Agent,
    AgentChanges,
    AgentDraft,
    Caller,
    Metadata,
    ThreadDraft,
    freeze,
)
from agentchatbus.operations import Call, CredentialParams, Params, Route, operation
from agentchatbus.ports.bus import Bus
from agentchatbus.ports.results import Connected, JoinRequest, Kicked, Registered

DEFAULT_LANGUAGE = "English"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceRules:
    """When an agent counts as working or as offline, so that a client can tell without asking again.

    Attributes:
        heartbeat_seconds: How long a sign of life lasts.
        working_seconds: How long an agent is believed to work in silence after one of `working_activities`.
        working_activities: Values of `last_activity`.
    """

    heartbeat_seconds: int
    working_seconds: int
    working_activities: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BusInfo:
    """What ``bus_get_config`` tells."""

    version: str
    endpoint: str
    preferred_language: str
    language_source: str
    presence: PresenceRules


class AgentSkill(Params):
    """A skill as agent cards describe it."""

    id: str
    name: str
    description: str | None = None
    tags: list[str] | None = None
    examples: list[str] | None = None


class IntroductionParams(CredentialParams):
    """How an agent introduces itself."""

    description: str = Field("", max_length=4000, description="What you are for.")
    capabilities: list[str] | None = Field(None, max_length=100, description="Free tags.")
    skills: list[AgentSkill] | None = Field(None, max_length=100, description="Skills as in A2A agent cards.")
    display_name: str | None = Field(None, max_length=200, description="The name others see.")
    emoji: str | None = Field(None, max_length=16, description="One emoji to be known by.")


class ConnectParams(IntroductionParams):
    """Arguments of ``bus_connect``."""

    thread_name: str | None = Field(None, description="Exact topic of the thread to join, created if there is none.")
    thread_id: str | None = Field(None, description="Id of the thread to join; wins over thread_name.")
    ide: str = Field("Unknown IDE", max_length=200, description="The program you run in, for a new agent.")
    model: str = Field("Unknown Model", max_length=200, description="Your model, for a new agent.")
    after_seq: int = Field(0, ge=-(2**53), le=2**53, description="Only messages with a higher seq; 0: the newest 100.")
    system_prompt: str | None = Field(None, description="Instructions for the agents of a thread this call creates.")
    template: str | None = Field(None, description="Template of a thread this call creates.")


class RegisterParams(Params):
    """Arguments of ``agent_register``."""

    ide: str = Field(max_length=200, description="The program you run in.")
    model: str = Field(max_length=200, description="Your model.")
    description: str = Field("", max_length=4000, description="What you are for.")
    capabilities: list[str] | None = Field(None, max_length=100, description="Free tags.")
    skills: list[AgentSkill] | None = Field(None, max_length=100, description="Skills as in A2A agent cards.")
    display_name: str | None = Field(None, max_length=200, description="The name others see.")
    emoji: str | None = Field(None, max_length=16, description="One emoji to be known by.")


class UpdateParams(CredentialParams):
    """Arguments of ``agent_update``; what is left out stays."""

    description: str | None = Field(None, max_length=4000, description="What you are for.")
    capabilities: list[str] | None = Field(None, max_length=100, description="Free tags.")
    skills: list[AgentSkill] | None = Field(None, max_length=100, description="Skills as in A2A agent cards.")
    display_name: str | None = Field(None, max_length=200, description="The name others see; empty: the automatic one.")
    emoji: str | None = Field(None, max_length=16, description="One emoji to be known by; empty: the automatic one.")


class TypingParams(CredentialParams):
    """Arguments of ``agent_set_typing``."""

    thread_id: str = Field(description="Id of the thread.")
    is_typing: bool = Field(description="Whether you are typing.")


class ProofParams(CredentialParams):
    """Arguments of an operation that an agent proves itself for."""


class AgentParams(Params):
    """Arguments that name an agent, without a claim to be it."""

    agent: str = Field(description="Id of the agent.")


class AgentOperations:
    """Operations of and on agents."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    @operation(route=Route(method="POST", path="/api/agents/register"), takes_key=True)
    async def agent_register(self, params: RegisterParams, call: Call) -> Registered:
        """Register a new agent without joining a thread. Prefer bus_connect, which does both."""
        registered = await self._bus.agents.register(_introduction(params), key=call.idempotency_key)
        call.session.remember(registered.agent.id, registered.token)
        return registered

    @operation(route=Route(method="POST", path="/api/agents/heartbeat"), idempotent=True)
    async def agent_heartbeat(self, _params: ProofParams, call: Call) -> None:
        """Say that you are still here."""
        await self._bus.agents.heartbeat(call.caller)
        _remember(call)

    @operation(route=Route(method="POST", path="/api/agents/resume"), idempotent=True)
    async def agent_resume(self, _params: ProofParams, call: Call) -> Agent:
        """Come back as an agent that you registered before, with its agent_id and token."""
        agent = await self._bus.agents.resume(call.caller)
        _remember(call)
        return agent

    @operation(route=Route(method="POST", path="/api/agents/unregister"), destructive=True)
    async def agent_unregister(self, _params: ProofParams, call: Call) -> None:
        """Remove your agent from the bus; its messages stay."""
        await self._bus.agents.unregister(call.caller)
        call.session.remembered = None

    @operation(route=Route(method="PUT", path="/api/agents/{agent_id}"), idempotent=True)
    async def agent_update(self, params: UpdateParams, call: Call) -> Agent:
        """Change what the bus says of you: description, display_name, capabilities, skills, emoji."""
        changes = AgentChanges(
            description=params.description,
            capabilities=params.capabilities,
            skills=None if params.skills is None else _skills(params.skills),
            display_name=params.display_name,
            emoji=params.emoji,
        )
        return await self._bus.agents.update(changes, call.caller)

    @operation(route=Route(method="POST", path="/api/threads/{thread_id}/typing"), idempotent=True)
    async def agent_set_typing(self, params: TypingParams, call: Call) -> None:
        """Show that you are typing in a thread."""
        await self._bus.agents.set_typing(params.thread_id, call.caller, is_typing=params.is_typing)

    @operation(route=Route(method="POST", path="/api/agents/{agent}/kick"), destructive=True, tool=False)
    async def agent_kick(self, params: AgentParams, call: Call) -> Kicked:
        """Send an agent away: its waits end and its token is worth nothing any more."""
        return await self._bus.agents.kick(params.agent, call.caller)

    @operation(route=Route(method="GET", path="/api/agents"), read_only=True, idempotent=True)
    async def agent_list(self, _params: Params, _call: Call) -> Sequence[Agent]:
        """List all registered agents and who of them is online."""
        return await self._bus.agents.all()

    @operation(route=Route(method="GET", path="/api/agents/{agent}"), read_only=True, idempotent=True, tool=False)
    async def agent_get(self, params: AgentParams, _call: Call) -> Agent:
        """Get one agent."""
        return await self._bus.agents.get(params.agent)

    @operation(takes_key=True)
    async def bus_connect(self, params: ConnectParams, call: Call) -> Connected:
        """Start here: join a thread by its name, as a new agent or as yourself with agent_id and token.

        The thread is created if there is none. Returns who you are, recent messages and the reply_token for your first
        post.
        """
        join = JoinRequest(
            thread_id=params.thread_id,
            draft=ThreadDraft(
                topic=params.thread_name or "", system_prompt=params.system_prompt, template_id=params.template
            ),
            after_seq=params.after_seq,
        )
        caller, token = _joiner(call)
        connected = await self._bus.joining.connect(
            join, caller, token, _introduction(params), key=call.idempotency_key
        )
        call.session.remember(connected.agent.id, connected.token)
        return connected

    @operation(route=Route(method="GET", path="/api/config"), read_only=True, idempotent=True)
    async def bus_get_config(self, _params: Params, call: Call) -> BusInfo:
        """Get the bus's address and version, the preferred language and the recommended way to work."""
        language = call.session.language
        return BusInfo(
            version=__version__,
            endpoint=self._bus.settings.endpoint,
            preferred_language=language or DEFAULT_LANGUAGE,
            language_source="url_param" if language else "default",
            presence=PresenceRules(
                heartbeat_seconds=self._bus.settings.heartbeat_timeout_seconds,
                working_seconds=self._bus.settings.working_timeout_seconds,
                working_activities=sorted(WORKING_ACTIVITIES),
            ),
        )


def _joiner(call: Call) -> tuple[Caller, str | None]:
    """Return who joins, and its token.

    What an earlier call of the connection proved does not count: several agents may share one connection, and each of
    them starts with this call.
    """
    if call.explicit and call.caller.is_agent:
        return call.caller, call.credentials.token
    return replace(call.caller, kind=call.session.credentials.grants, agent_id=None), None


def _introduction(params: IntroductionParams | RegisterParams) -> AgentDraft:
    return AgentDraft(
        ide=getattr(params, "ide", ""),
        model=getattr(params, "model", ""),
        description=params.description,
        capabilities=tuple(params.capabilities or ()),
        skills=_skills(params.skills or ()),
        display_name=params.display_name,
        emoji=params.emoji,
    )


def _skills(skills: Sequence[AgentSkill]) -> tuple[Metadata, ...]:
    return tuple(freeze(skill.model_dump(exclude_none=True)) for skill in skills)


def _remember(call: Call) -> None:
    if call.caller.agent_id is None or call.credentials.token is None:
        raise Unauthenticated("This needs an agent's id and token.", reason="missing")
    call.session.remember(call.caller.agent_id, call.credentials.token)
