"""The values of the domain: threads, messages, agents, reply tokens and callers; all of them frozen."""

from agentchatbus.model.access import ACCESS_PREFIX, AccessToken, Scope
from agentchatbus.model.agents import (
    KICKED,
    WORKING_ACTIVITIES,
    Agent,
    AgentChanges,
    AgentDraft,
    AgentState,
    Face,
    WaitState,
)
from agentchatbus.model.asking import Ask, ask_of
from agentchatbus.model.callers import HUMAN, RESERVED_NAMES, SYSTEM, Caller, CallerKind, Credentials
from agentchatbus.model.circles import WaitCycle, WaitEdge, wait_cycles
from agentchatbus.model.content import Audio, Content, Contents, EmbeddedResource, Image, ResourceLink, Text
from agentchatbus.model.ids import ordered_id
from agentchatbus.model.messages import (
    HIDDEN,
    Message,
    MessageDraft,
    MessageEdit,
    Priority,
    Reaction,
    Role,
    StopReason,
    concerned_by,
    hidden_metadata,
    is_human_only,
)
from agentchatbus.model.metadata import NO_METADATA, Metadata, freeze, no_metadata, thaw, to_json
from agentchatbus.model.names import MAX_NAME_LENGTH, seen_part, unseen_character
from agentchatbus.model.sessions import Session
from agentchatbus.model.sync import ReplyToken, SyncContext, SyncGuard, TokenSource, hash_token
from agentchatbus.model.threads import Administrator, Participant, Thread, ThreadDraft, ThreadSettings, ThreadStatus

__all__ = [
    "ACCESS_PREFIX",
    "HIDDEN",
    "HUMAN",
    "KICKED",
    "MAX_NAME_LENGTH",
    "NO_METADATA",
    "RESERVED_NAMES",
    "SYSTEM",
    "WORKING_ACTIVITIES",
    "AccessToken",
    "Administrator",
    "Agent",
    "AgentChanges",
    "AgentDraft",
    "AgentState",
    "Ask",
    "Audio",
    "Caller",
    "CallerKind",
    "Content",
    "Contents",
    "Credentials",
    "EmbeddedResource",
    "Face",
    "Image",
    "Message",
    "MessageDraft",
    "MessageEdit",
    "Metadata",
    "Participant",
    "Priority",
    "Reaction",
    "ReplyToken",
    "ResourceLink",
    "Role",
    "Scope",
    "Session",
    "StopReason",
    "SyncContext",
    "SyncGuard",
    "Text",
    "Thread",
    "ThreadDraft",
    "ThreadSettings",
    "ThreadStatus",
    "TokenSource",
    "WaitCycle",
    "WaitEdge",
    "WaitState",
    "ask_of",
    "concerned_by",
    "freeze",
    "hash_token",
    "hidden_metadata",
    "is_human_only",
    "no_metadata",
    "ordered_id",
    "seen_part",
    "thaw",
    "to_json",
    "unseen_character",
    "wait_cycles",
]
