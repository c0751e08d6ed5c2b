// The whole state of the page and everything that changes it: (state, action) -> state, with nothing else read or done.
import { applyEvent } from "./events.js";
import { putAsk } from "./asks.js";
import { putMessages } from "./logs.js";
import { agentRow, lastMessageRow, messageRow, participantKey, participantRow, threadRow } from "./rows.js";

export function initialState() {
  return {
    phase: "loading",
    problem: null,
    connection: "connecting",
    me: { name: "human", scopes: [], kind: "human" },
    threads: {},
    moreThreads: null,
    agents: {},
    waits: {},
    typing: {},
    logs: {},
    asks: {},
  };
}

const ACTIONS = {
  phase: (state, { phase, problem = null }) => ({ ...state, phase, problem }),
  connection: (state, { connection }) => ({ ...state, connection }),
  me: (state, { me }) => ({ ...state, me }),
  snapshot,
  threads: (state, { page }) => ({ ...state, ...mergedThreads(state, page) }),
  page: messagesArrived,
  reset: (state, { threadId }) => ({ ...state, logs: without(state.logs, threadId) }),
  trim,
  asks: (state, { messages }) => messages.reduce((next, raw) => putAsk(next, messageRow(raw)), state),
  read: (state, { threadId, seq }) => applyEvent(state, "thread.read", { thread_id: threadId, reader: state.me.name, read_seq: seq }),
  event: (state, { event }) => applyEvent(state, event.type, event.payload, event.at),
};

export function reduce(state, action) {
  return ACTIONS[action.type](state, action);
}

function snapshot(state, { threads, agents, at }) {
  const fresh = { ...state, phase: "ready", problem: null, threads: {}, waits: {}, typing: {}, logs: {} };
  fresh.agents = Object.fromEntries(
    agents.map((raw) => [raw.id, { ...agentRow(raw), is_offline: raw.state === "offline", seen_at: at }]),
  );
  return { ...fresh, ...mergedThreads(fresh, threads), ...waitsOf(agents) };
}

function waitsOf(agents) {
  const waits = {};
  for (const agent of agents) {
    for (const { thread_id, since, waiting_for } of agent.waiting_in ?? []) {
      waits[`${agent.id} ${thread_id}`] = { agent_id: agent.id, thread_id, since, waiting_for: [...waiting_for] };
    }
  }
  return { waits };
}

function mergedThreads(state, page) {
  const threads = { ...state.threads };
  for (const raw of page.threads) {
    const participants = raw.participants.map(participantRow);
    threads[raw.id] = {
      ...threadRow(raw),
      last_message: lastMessageRow(raw.last_message),
      participants: Object.fromEntries(participants.map((item) => [participantKey(item), item])),
    };
  }
  return { threads, moreThreads: page.next_cursor };
}

function messagesArrived(state, { threadId, messages, hasOlder, hasNewer }) {
  const rows = messages.map((raw) => messageRow(raw, threadId));
  const log = state.logs[threadId] ?? { messages: [], hasOlder: true, hasNewer: false };
  const next = { ...log, messages: putMessages(log.messages, rows) };
  if (hasOlder !== undefined) next.hasOlder = hasOlder;
  if (hasNewer !== undefined) next.hasNewer = hasNewer;
  const noted = rows.reduce(putAsk, state);
  return { ...noted, logs: { ...noted.logs, [threadId]: next } };
}

function trim(state, { threadId, keep }) {
  const log = state.logs[threadId];
  if (!log || log.messages.length <= keep) return state;
  const messages = log.messages.slice(-keep);
  return { ...state, logs: { ...state.logs, [threadId]: { ...log, messages, hasOlder: true } } };
}

function without(map, key) {
  const { [key]: _, ...rest } = map;
  return rest;
}
