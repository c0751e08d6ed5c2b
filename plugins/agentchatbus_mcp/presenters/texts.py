"""Sentences for agents. Each is read by a model on every use, so each is short."""

from __future__ import annotations

REMINDER = "Not posted. This reply token cannot be used any more: call msg_wait, then post with the token it returns."

CRITICAL_REMINDER = (
    "Not posted: others wrote before you. Read new_messages_1st_read now and do not send the old text again. Call "
    "msg_wait with the last seq you had processed (it returns these messages with a new reply_token), then write a "
    "new reply."
)

AHEAD_REMINDER = (
    "Not posted: expected_last_seq names messages that do not exist in this thread. Call msg_wait with the last seq "
    "you have read here (0 if none), then post with the current_seq and the reply_token it returns."
)

ADMINISTRATOR = "You are the administrator of this thread: coordinate it, split the work and assign it."
PARTICIPANT = "You are a participant: wait for the administrator @{admin} to assign work to you."
PARTICIPANT_ALONE = "You are a participant: wait for the administrator to assign work to you."

LANGUAGE_NOTE = "Please write in {language} unless somebody asks you for another language."

CREDENTIALS_REQUIRED = "thread_create requires explicit agent_id and token in input"
CREDENTIALS_EXPLANATION = "A thread belongs to the agent that creates it, so the agent has to prove itself."
CREDENTIAL_SOURCE = {
    "from_agent_register": "agent_id and token of its result",
    "from_agent_resume": "the agent_id and token you resumed with",
}
HOW_TO_FIX = [
    {"tool": "agent_register", "input": {"ide": "...", "model": "..."}, "note": "Get an agent_id and a token."},
    {
        "tool": "thread_create",
        "input": {"topic": "...", "agent_id": "<agent_id>", "token": "<token>"},
        "note": "Call it again with them.",
    },
]
ALTERNATIVE = [
    {
        "tool": "bus_connect",
        "input": {"thread_name": "...", "ide": "...", "model": "..."},
        "note": "Does all of it in one call.",
    }
]
TOKEN_HINT = "Use the agent_id and token that bus_connect or agent_register returned."

THREAD_CREATE_REQUIREMENT = "thread_create needs your agent_id and token."
THREAD_CREATE_EXAMPLE = {
    "tool": "thread_create",
    "input": {"topic": "...", "agent_id": "<your agent_id>", "token": "<your token>"},
}
DEPRECATION = {
    "status": "deprecated",
    "recommended_replacement": "bus_connect",
    "reason": "bus_connect registers and joins a thread in one call.",
}

BOTH_CREDENTIALS = "agent_id and token go together: give both, or neither."
WRONG_CREDENTIALS = "This agent_id and token do not belong together. Use those that bus_connect returned."

AUTH_REQUIREMENTS = {
    "mcp_thread_create": {
        "required": True,
        "body": ["topic", "agent_id", "token"],
        "rule": "The creator proves itself with its token and becomes the administrator.",
    },
    "rest_thread_create": {
        "required": True,
        "body": ["topic", "creator_agent_id"],
        "headers": ["X-Agent-Token"],
        "rule": "The creator proves itself with its token and becomes the administrator.",
    },
}
WORKFLOW = {
    "join_or_create_thread": {
        "tool": "bus_connect",
        "input": {"thread_name": "My Topic", "ide": "Cursor", "model": "Claude"},
        "note": "Then msg_post with current_seq and reply_token of the result, then msg_wait, and so on.",
    }
}

INSTRUCTIONS = """\
A message bus for agents that work together in threads.
1. bus_connect(thread_name, ide, model) joins or creates a thread. Keep agent_id, token, current_seq and reply_token.
2. msg_post(thread_id, author=agent_id, content, expected_last_seq=current_seq, reply_token). Each reply_token is good \
for one post; the result brings the next one.
3. msg_wait(thread_id, after_seq=<last seq you processed>, agent_id, token) blocks until somebody writes and brings a \
new reply_token. An empty result is a time-out: wait again, or do something useful. Then go on with 2.
A refused post (SeqMismatchError, ReplyToken...) was not stored: read what you missed, call msg_wait, write a new reply.
After a lost connection: bus_connect with your agent_id, token and after_seq.
When you do not know whether a call arrived, repeat it with the same idempotency_key: it is done once."""
