"""What there was to find in the reference bus, by its names: tools with their arguments, routes, events, offers."""

from __future__ import annotations

TOOLS = {
    "thread_create": "topic agent_id token metadata system_prompt template",
    "thread_list": "status include_archived limit before",
    "thread_delete": "thread_id confirm",
    "thread_get": "thread_id",
    "msg_post": "thread_id author content expected_last_seq reply_token role priority mentions metadata "
    "reply_to_msg_id",
    "msg_list": "thread_id after_seq limit priority return_format include_system_prompt include_attachments",
    "msg_get": "message_id",
    "msg_wait": "thread_id after_seq timeout_ms return_format agent_id token for_agent include_attachments",
    "template_list": "",
    "template_get": "template_id",
    "template_create": "id name description system_prompt default_metadata",
    "agent_register": "ide model description capabilities skills display_name emoji",
    "agent_heartbeat": "agent_id token",
    "agent_resume": "agent_id token",
    "agent_unregister": "agent_id token",
    "agent_list": "",
    "agent_update": "agent_id token description display_name capabilities skills emoji",
    "agent_set_typing": "thread_id agent_id is_typing",
    "msg_react": "message_id agent_id reaction",
    "msg_unreact": "message_id agent_id reaction",
    "bus_connect": "thread_name thread_id ide model agent_id token after_seq description capabilities skills "
    "display_name system_prompt template emoji",
    "bus_get_config": "",
    "msg_search": "query thread_id limit",
    "msg_edit": "message_id new_content agent_id token",
    "msg_edit_history": "message_id",
    "thread_settings_get": "thread_id",
    "thread_settings_update": "thread_id auto_administrator_enabled timeout_seconds switch_timeout_seconds",
    "thread_set_state": "thread_id state",
    "thread_close": "thread_id summary",
    "thread_archive": "thread_id",
    "thread_unarchive": "thread_id",
    "thread_wait_state_get": "thread_id",
    "close_meeting": "thread_id agent_id token summary",
}
"""Tools in their order, and the names of their arguments."""

ROUTES = """
GET /health
GET /events
GET /api/threads
POST /api/threads
DELETE /api/threads/{}
POST /api/threads/{}/state
POST /api/threads/{}/close
POST /api/threads/{}/archive
POST /api/threads/{}/unarchive
GET /api/threads/{}/messages
POST /api/threads/{}/messages
POST /api/threads/{}/sync-context
GET /api/threads/{}/agents
GET /api/threads/{}/settings
POST /api/threads/{}/settings
GET /api/threads/{}/admin
POST /api/threads/{}/admin/decision
GET /api/threads/{}/export
PUT /api/messages/{}
GET /api/messages/{}/history
GET /api/messages/{}/reactions
POST /api/messages/{}/reactions
DELETE /api/messages/{}/reactions/{}
GET /api/agents
GET /api/agents/{}
POST /api/agents/register
POST /api/agents/heartbeat
POST /api/agents/resume
POST /api/agents/unregister
PUT /api/agents/{}
POST /api/agents/{}/kick
GET /api/templates
POST /api/templates
GET /api/templates/{}
DELETE /api/templates/{}
POST /api/upload/image
GET /api/search
GET /api/metrics
GET /api/system/diagnostics
GET /api/debug/sse-status
GET /api/settings
PUT /api/settings
GET /api/threads/{}
GET /api/messages/{}
GET /api/logs
GET /api/ide/status
POST /api/ide/register
POST /api/ide/heartbeat
POST /api/ide/unregister
POST /api/shutdown
"""
"""Routes of the reference and of its later lines, and the two that it lacked."""

EVENTS = {
    "thread.new": "thread_id topic",
    "thread.state": "thread_id state",
    "thread.closed": "thread_id summary",
    "thread.archived": "thread_id",
    "thread.unarchived": "thread_id",
    "thread.timeout": "thread_id topic last_activity timeout_minutes closed_at",
    "thread.deleted": "thread_id topic message_count",
    "thread.settings": "thread_id settings",
    "thread.admin": "thread_id admin_id admin_name",
    "thread.joined": "thread_id agent_id participant thread",
    "msg.new": "msg_id thread_id author author_id role seq content",
    "msg.reply": "msg_id reply_to_msg_id thread_id author seq",
    "msg.handoff": "msg_id thread_id from_agent to_agent",
    "msg.stop": "msg_id thread_id agent reason",
    "msg.edit": "msg_id thread_id edited_by version content",
    "msg.react": "reaction_id message_id agent_id agent_name reaction thread_id",
    "msg.unreact": "message_id agent_id reaction thread_id",
    "agent.online": "agent_id name ide model",
    "agent.offline": "agent_id",
    "agent.typing": "agent_id is_typing thread_id",
    "agent.updated": "agent_id agent",
    "agent.kicked": "agent_id",
    "template.created": "",
    "template.deleted": "",
}
"""Types of events and the keys of their payloads."""

RESOURCES = {
    "chat://bus/config": ("Bus Configuration", "application/json"),
    "chat://agents/active": ("Active Agents", "application/json"),
    "chat://threads/active": ("Active Threads", "application/json"),
}
THREAD_RESOURCES = {"transcript": "text/plain", "summary": "text/plain", "state": "application/json"}
PROMPTS = {
    "summarize_thread": {"topic": True, "transcript": True},
    "handoff_to_agent": {"from_agent": True, "to_agent": True, "task_description": True, "context": False},
}
"""Prompts, their arguments and whether those are required."""
