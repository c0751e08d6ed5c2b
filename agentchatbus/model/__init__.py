"""The values of the domain: threads, messages, agents, reply tokens and callers; all of them frozen."""

from agentchatbus.model.access import ACCESS_PREFIX, AccessToken, Scope
from agentchatbus.model.agents import WORKING_ACTIVITIES, Agent, AgentChanges, AgentDraft, AgentState, WaitState
from agentchatbus.model.callers import HUMAN, RESERVED_NAMES, SYSTEM, Caller, CallerKind, Credentials
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
    hidden_metadata,
    is_human_only,
)
from agentchatbus.model.metadata import NO_METADATA, Metadata, freeze, no_metadata, thaw
from agentchatbus.model.names import MAX_NAME_LENGTH, is_reserved, same_name_form, unseen_character
from agentchatbus.model.sessions import Session
from agentchatbus.model.sync import ReplyToken, SyncContext, SyncGuard, TokenSource, hash_token
from agentchatbus.model.threads import Administrator, Participant, Thread, ThreadDraft, ThreadSettings, ThreadStatus

__all__ = [
    "ACCESS_PREFIX",
    "HIDDEN",
    "HUMAN",
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
    "Audio",
    "Caller",
    "CallerKind",
    "Content",
    "Contents",
    "Credentials",
    "EmbeddedResource",
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
    "WaitState",
    "freeze",
    "hash_token",
    "hidden_metadata",
    "is_human_only",
    "is_reserved",
    "no_metadata",
    "ordered_id",
    "same_name_form",
    "thaw",
    "unseen_character",
]
