// What each event of the bus changes. An event carries whole rows, so none of them needs another request, and one that
// is applied twice changes nothing the second time.
import { dropAsksOf, putAsk } from "./asks.js";
import { changeMessage, putMessages } from "./logs.js";
import { agentRow, lastMessageRow, messageRow, participantKey, participantRow, reactionRow, refusalKey, threadRow } from "./rows.js";

const EVENTS = {
  "thread.new": threadCreated,
  "thread.state": threadChanged,
  "thread.closed": threadChanged,
  "thread.timeout": threadChanged,
  "thread.archived": threadChanged,
  "thread.unarchived": threadChanged,
  "thread.updated": threadChanged,
  "thread.settings": threadChanged,
  "thread.admin": threadChanged,
  "thread.deleted": threadDeleted,
  "thread.joined": threadJoined,
  "thread.read": (state, { thread_id, reader, read_seq }) => readUpTo(state, thread_id, reader, read_seq),
  "msg.new": messagePosted,
  "msg.edit": messageEdited,
  "msg.updated": messageChanged,
  "msg.react": reactionAdded,
  "msg.unreact": reactionRemoved,
  "msg.refused": (state, payload) => put(state, "refused", refusalKey(payload), payload),
  "agent.online": agentOnline,
  "agent.updated": agentUpdated,
  "agent.offline": agentOffline,
  "agent.typing": typingChanged,
  "wait.started": waitStarted,
  "wait.ended": waitEnded,
  "bus.started": (state) => ({ ...state, waits: {}, typing: {}, refused: {} }),
};

export function applyEvent(state, type, payload, at = null) {
  const apply = EVENTS[type];
  return apply ? apply(state, payload, at) : state;
}

const put = (state, map, key, value) => ({ ...state, [map]: { ...state[map], [key]: value } });

function drop(state, map, matches) {
  const entries = Object.entries(state[map]);
  const kept = entries.filter(([key, value]) => !matches(value, key));
  return kept.length === entries.length ? state : { ...state, [map]: Object.fromEntries(kept) };
}

function threadCreated(state, { thread }, at) {
  const creator = thread.settings?.creator_admin;
  const known = state.threads[thread.id] ?? { ...threadRow(thread), last_message: null, participants: {} };
  const next = threadChanged(put(state, "threads", thread.id, known), { thread });
  if (!creator) return next;
  return acted(joined(next, thread.id, creator.agent_id, 0), creator.agent_id, "thread_create", thread.created_at ?? at);
}

// A thread that is not listed stays so: the event does not say who takes part in it, or what was said last.
function threadChanged(state, { thread }) {
  const known = state.threads[thread.id];
  if (!known) return state;
  const next = put(state, "changes", thread.id, (state.changes[thread.id] ?? 0) + 1);
  return put(next, "threads", thread.id, { ...known, ...threadRow(thread) });
}

function threadDeleted(state, { thread_id }) {
  const isOfThread = (value) => value.thread_id === thread_id;
  let next = dropAsksOf(state, thread_id);
  for (const map of ["waits", "typing", "refused"]) next = drop(next, map, isOfThread);
  next = drop(next, "pastWaits", (_, key) => key === thread_id);
  next = drop(next, "threads", (_, key) => key === thread_id);
  return drop(next, "logs", (_, key) => key === thread_id);
}

function threadJoined(state, { thread, participant }) {
  const next = threadChanged(state, { thread });
  if (!next.threads[thread.id]) return next;
  const { participants, ...row } = next.threads[thread.id];
  const key = participantKey(participant);
  const item = participantRow(participant);
  const known = { ...item, read_seq: Math.max(item.read_seq, participants[key]?.read_seq ?? 0) };
  return put(next, "threads", thread.id, { ...row, participants: { ...participants, [key]: known } });
}

function joined(state, threadId, key, readSeq, name = null) {
  const thread = state.threads[threadId];
  if (!thread || !key) return state;
  const agent = state.agents[key];
  const known = thread.participants[key] ?? { agent_id: agent ? key : null, name: agent?.name ?? name ?? key, read_seq: 0 };
  const item = { ...known, read_seq: Math.max(known.read_seq, readSeq ?? 0) };
  return put(state, "threads", threadId, { ...thread, participants: { ...thread.participants, [key]: item } });
}

function readUpTo(state, threadId, reader, seq) {
  const known = state.threads[threadId]?.participants[reader];
  if (known && known.read_seq >= seq) return state;
  return joined(state, threadId, reader, seq);
}

function acted(state, agentId, activity, at) {
  const agent = state.agents[agentId];
  if (!agent) return state;
  const when = at ?? agent.last_activity_time;
  return put(state, "agents", agentId, { ...agent, last_activity: activity, last_activity_time: when, is_offline: false });
}

function messagePosted(state, { message: raw }, at) {
  const row = messageRow(raw);
  const { thread_id: threadId, seq } = row;
  let next = state;
  const thread = next.threads[threadId];
  if (thread && seq >= (thread.last_seq ?? 0)) {
    next = put(next, "threads", threadId, {
      ...thread,
      last_seq: seq,
      message_count: seq > thread.last_seq ? thread.message_count + 1 : thread.message_count,
      updated_at: row.created_at,
      last_message: lastMessageRow(row),
    });
  }
  if (row.role !== "system") next = joined(next, threadId, row.author_id ?? row.author_name, seq, row.author_name);
  if (row.author_id) next = gotThrough(acted(next, row.author_id, "msg_post", row.created_at ?? at), row.author_id, threadId);
  const log = next.logs[threadId];
  if (log && !log.hasNewer && !log.messages.some((known) => known.id === row.id)) {
    next = put(next, "logs", threadId, { ...log, messages: putMessages(log.messages, [row]) });
  }
  return putAsk(next, row);
}

function messageEdited(state, payload, at) {
  const { message } = payload;
  const editor = Object.values(state.agents).find((agent) => agent.name === payload.edited_by);
  if (!editor) return messageChanged(state, payload);
  const next = acted(state, editor.id, "msg_edit", message.edited_at ?? at);
  return messageChanged(gotThrough(next, editor.id, payload.thread_id), payload);
}

// Who gets something through in a thread has got over its refusal there.
function gotThrough(state, agentId, threadId) {
  const settled = refusalKey({ agent_id: agentId, thread_id: threadId });
  return drop(state, "refused", (_, key) => key === settled);
}

function messageChanged(state, { thread_id: threadId, message: raw }) {
  const row = messageRow(raw);
  const thread = state.threads[threadId];
  let next = state;
  if (thread?.last_message?.id === row.id) {
    next = put(next, "threads", threadId, { ...thread, last_message: lastMessageRow(row) });
  }
  return putAsk(changeMessage(next, threadId, row.id, (known) => ({ ...row, reactions: known.reactions })), row);
}

const isSame = (a, b) => a.agent_id === b.agent_id && a.reaction === b.reaction;

function reactionAdded(state, payload) {
  const reaction = reactionRow(payload);
  return changeMessage(state, payload.thread_id, payload.message_id, (message) => ({
    ...message,
    reactions: [...message.reactions.filter((known) => !isSame(known, reaction)), reaction],
  }));
}

function reactionRemoved(state, payload) {
  return changeMessage(state, payload.thread_id, payload.message_id, (message) => ({
    ...message,
    reactions: message.reactions.filter((known) => !isSame(known, payload)),
  }));
}

function agentOnline(state, { agent }) {
  return put(state, "agents", agent.id, { ...agentRow(agent), is_offline: false });
}

function agentUpdated(state, { agent }) {
  const known = state.agents[agent.id];
  return put(state, "agents", agent.id, { ...agentRow(agent), is_offline: known?.is_offline ?? false });
}

function agentOffline(state, { agent_id: agentId, reason }) {
  let next = drop(state, "waits", (wait) => wait.agent_id === agentId);
  next = drop(next, "typing", (typing) => typing.who === agentId);
  if (reason === "unregistered" || reason === "expired") return drop(next, "agents", (_, key) => key === agentId);
  const agent = next.agents[agentId];
  if (!agent) return next;
  const activity = reason === "kicked" ? "kicked" : agent.last_activity;
  return put(next, "agents", agentId, { ...agent, is_offline: true, last_activity: activity });
}

function typingChanged(state, { agent_id: who, name, thread_id, is_typing }) {
  const key = `${who} ${thread_id}`;
  if (!is_typing) return drop(state, "typing", (_, known) => known === key);
  return put(state, "typing", key, { who, name, thread_id });
}

function waitStarted(state, { agent_id, thread_id, entered_at, waiting_for }) {
  const wait = { agent_id, thread_id, since: entered_at, waiting_for: [...(waiting_for ?? [])] };
  return put(acted(state, agent_id, "msg_wait", entered_at), "waits", `${agent_id} ${thread_id}`, wait);
}

// A wait that is over goes to the others of its thread, if somebody has asked for those.
function waited(state, wait, reason, at) {
  const past = wait && state.pastWaits[wait.thread_id];
  if (!past || past.waits.some((item) => item.agent_id === wait.agent_id && item.since === wait.since)) return state;
  const { agent_id, since, waiting_for } = wait;
  const waits = [...past.waits, { agent_id, since, until: at, reason, waiting_for }];
  return put(state, "pastWaits", wait.thread_id, { ...past, waits });
}

function waitEnded(state, { agent_id, thread_id, reason, read_seq }, at) {
  const key = `${agent_id} ${thread_id}`;
  const next = drop(waited(state, state.waits[key], reason, at), "waits", (_, known) => known === key);
  if (read_seq === null || read_seq === undefined) return next;
  const activity = reason === "messages" ? "msg_received" : "msg_wait";
  return acted(joined(next, thread_id, agent_id, read_seq), agent_id, activity, at);
}
