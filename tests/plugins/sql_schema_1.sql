-- Schema version 1 as released; it never changes.
CREATE TABLE agents (
	number INTEGER NOT NULL,
	id TEXT NOT NULL,
	token_hash TEXT NOT NULL,
	last_heartbeat TEXT NOT NULL,
	last_activity TEXT NOT NULL,
	last_activity_time TEXT NOT NULL,
	registered_at TEXT NOT NULL,
	name TEXT NOT NULL,
	display_name TEXT NOT NULL,
	alias_source TEXT NOT NULL,
	ide TEXT NOT NULL,
	model TEXT NOT NULL,
	description TEXT NOT NULL,
	capabilities TEXT,
	skills TEXT,
	PRIMARY KEY (number),
	UNIQUE (id),
	UNIQUE (token_hash),
	UNIQUE (name)
);
CREATE INDEX agents_by_display_name ON agents (display_name);
CREATE TABLE answers (
	scope TEXT NOT NULL,
	"key" TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	answer TEXT NOT NULL,
	created_at TEXT NOT NULL,
	PRIMARY KEY (scope, "key")
);
CREATE INDEX answers_by_age ON answers (created_at);
CREATE TABLE documents (
	namespace TEXT NOT NULL,
	"key" TEXT NOT NULL,
	document TEXT NOT NULL,
	PRIMARY KEY (namespace, "key")
);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	type TEXT NOT NULL,
	thread_id TEXT,
	payload TEXT NOT NULL,
	created_at TEXT NOT NULL
);
CREATE TABLE threads (
	id TEXT NOT NULL,
	last_seq INTEGER NOT NULL,
	updated_at TEXT,
	status TEXT NOT NULL,
	created_at TEXT NOT NULL,
	closed_at TEXT,
	topic TEXT NOT NULL,
	template_id TEXT,
	auto_administrator_enabled INTEGER NOT NULL,
	timeout_seconds INTEGER NOT NULL,
	switch_timeout_seconds INTEGER NOT NULL,
	creator_admin TEXT,
	auto_assigned_admin TEXT,
	summary TEXT,
	metadata TEXT,
	system_prompt TEXT,
	PRIMARY KEY (id),
	UNIQUE (topic)
);
CREATE INDEX threads_by_creation ON threads (created_at, id);
CREATE INDEX threads_by_status ON threads (status, created_at, id);
CREATE INDEX threads_listed ON threads (created_at, id) WHERE status <> 'archived';
CREATE TABLE messages (
	number INTEGER NOT NULL,
	id TEXT NOT NULL,
	thread_id TEXT NOT NULL,
	seq INTEGER NOT NULL,
	author TEXT NOT NULL,
	author_id TEXT,
	author_name TEXT NOT NULL,
	role TEXT NOT NULL,
	priority TEXT NOT NULL,
	created_at TEXT NOT NULL,
	edited_at TEXT,
	edit_version INTEGER NOT NULL,
	reply_to_msg_id TEXT,
	metadata TEXT,
	content TEXT NOT NULL,
	PRIMARY KEY (number),
	UNIQUE (thread_id, seq),
	UNIQUE (id),
	FOREIGN KEY(thread_id) REFERENCES threads (id) ON DELETE CASCADE
);
CREATE INDEX messages_by_handoff ON messages (thread_id, json_extract(metadata, '$.handoff_target'), seq) WHERE json_extract(metadata, '$.handoff_target') IS NOT NULL;
CREATE INDEX messages_by_priority ON messages (thread_id, priority, seq) WHERE priority <> 'normal';
CREATE TABLE refresh_requests (
	agent_id TEXT NOT NULL,
	thread_id TEXT NOT NULL,
	requested_at TEXT NOT NULL,
	reason TEXT NOT NULL,
	PRIMARY KEY (agent_id, thread_id),
	FOREIGN KEY(thread_id) REFERENCES threads (id) ON DELETE CASCADE
);
CREATE TABLE reply_tokens (
	number INTEGER NOT NULL,
	hash TEXT NOT NULL,
	thread_id TEXT NOT NULL,
	agent_id TEXT,
	source TEXT NOT NULL,
	issued_at TEXT NOT NULL,
	consumed_at TEXT,
	consumed_by TEXT,
	fingerprint TEXT,
	PRIMARY KEY (number),
	UNIQUE (hash),
	FOREIGN KEY(thread_id) REFERENCES threads (id) ON DELETE CASCADE
);
CREATE INDEX reply_tokens_open ON reply_tokens (agent_id, thread_id) WHERE consumed_at IS NULL;
CREATE INDEX reply_tokens_used ON reply_tokens (consumed_at) WHERE consumed_at IS NOT NULL;
