"""The values of the domain: threads, messages, agents, reply tokens and callers; all of them frozen."""

from agentchatbus.model.agents import Agent, AgentDraft, WaitState
from agentchatbus.model.callers import HUMAN, RESERVED_NAMES, SYSTEM, Caller, CallerKind, Credentials
from agentchatbus.model.messages import Message, MessageDraft, Priority, Role, StopReason
from agentchatbus.model.metadata import NO_METADATA, Metadata, freeze, no_metadata, thaw
from agentchatbus.model.names import MAX_NAME_LENGTH, is_reserved, same_name_form, unseen_character
from agentchatbus.model.sync import ReplyToken, SyncContext, SyncGuard, TokenSource
from agentchatbus.model.threads import Administrator, Thread, ThreadDraft, ThreadSettings, ThreadStatus

__all__ = [
    "HUMAN",
    "MAX_NAME_LENGTH",
    "NO_METADATA",
    "RESERVED_NAMES",
    "SYSTEM",
    "Administrator",
    "Agent",
    "AgentDraft",
    "Caller",
    "CallerKind",
    "Credentials",
    "Message",
    "MessageDraft",
    "Metadata",
    "Priority",
    "ReplyToken",
    "Role",
    "StopReason",
    "SyncContext",
    "SyncGuard",
    "Thread",
    "ThreadDraft",
    "ThreadSettings",
    "ThreadStatus",
    "TokenSource",
    "WaitState",
    "freeze",
    "is_reserved",
    "no_metadata",
    "same_name_form",
    "thaw",
    "unseen_character",
]
