// What comes over the wire, in the one form in which the page keeps it, whether it came in an event or an answer.

const object = (value) => (value && typeof value === "object" && !Array.isArray(value) ? value : {});

function parsed(metadata) {
  if (typeof metadata !== "string") return object(metadata);
  try {
    return object(JSON.parse(metadata));
  } catch {
    return {};
  }
}

export function messageRow(raw, threadId = raw.thread_id) {
  return {
    id: raw.id,
    thread_id: threadId,
    seq: raw.seq,
    author: raw.author,
    author_id: raw.author_id ?? null,
    author_name: raw.author_name ?? raw.author,
    author_display_name: raw.author_display_name ?? raw.author_name ?? raw.author,
    author_emoji: raw.author_emoji ?? "",
    role: raw.role,
    content: raw.content ?? "",
    created_at: raw.created_at,
    priority: raw.priority ?? "normal",
    metadata: parsed(raw.metadata),
    reply_to_msg_id: raw.reply_to_msg_id ?? null,
    edited_at: raw.edited_at ?? null,
    edit_version: raw.edit_version ?? 0,
    reactions: [...(raw.reactions ?? [])].map(reactionRow),
  };
}

export function reactionRow(raw) {
  return {
    agent_id: raw.agent_id,
    agent_name: raw.agent_name ?? null,
    reaction: raw.reaction,
    created_at: raw.created_at,
  };
}

export function lastMessageRow(raw) {
  if (!raw) return null;
  const { id, seq, author_id, author_name, author_display_name, role, created_at, priority } = raw;
  // As many characters as a list shows, counted as the bus counts them: by code points.
  const content = [...(raw.content ?? "").slice(0, 420)].slice(0, 200).join("");
  return { id, seq, author_id: author_id ?? null, author_name, author_display_name, role, created_at, priority, content };
}

const THREAD_KEYS = ["id", "topic", "status", "created_at", "updated_at", "last_seq", "message_count"];

export function threadRow(raw) {
  return Object.fromEntries(THREAD_KEYS.map((key) => [key, raw[key] ?? null]));
}

export function participantRow({ agent_id, name, read_seq }) {
  return { agent_id: agent_id ?? null, name, read_seq: read_seq ?? 0 };
}

export const participantKey = (item) => item.agent_id ?? item.name;

const AGENT_KEYS = ["id", "name", "display_name", "emoji", "ide", "model", "description", "capabilities", "skills"];
const LIFE_KEYS = ["registered_at", "last_heartbeat", "last_activity", "last_activity_time"];

export function agentRow(raw) {
  return Object.fromEntries([...AGENT_KEYS, ...LIFE_KEYS].map((key) => [key, raw[key] ?? null]));
}

export const refusalKey = ({ agent_id, thread_id }) => `${agent_id} ${thread_id}`;

export const refusalsOf = (rows) => Object.fromEntries(rows.map((row) => [refusalKey(row), row]));

export const pastWaitsOf = ({ waits, is_complete }) => ({ waits: [...waits], isComplete: is_complete });
