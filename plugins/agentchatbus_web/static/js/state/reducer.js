// The whole state of the page and everything that changes it: (state, action) -> state, with nothing else read or done.
import { applyEvent } from "./events.js";
import { putAsk } from "./asks.js";
import { putMessages } from "./logs.js";
import { agentRow, lastMessageRow, messageRow, participantKey, participantRow, pastWaitsOf, refusalsOf, threadRow } from "./rows.js";

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
    refused: {},
    pastWaits: {},
    looksComplete: true,
    presence: { working_seconds: 0, working_activities: [] },
    changes: {},
    loadedAt: null,
    extensions: { panels: [], decorations: [] },
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
  pastWaits: (state, { threadId, history }) => ({ ...state, pastWaits: { ...state.pastWaits, [threadId]: pastWaitsOf(history) } }),
  refused: (state, { refused }) => ({ ...state, refused: { ...state.refused, ...refusalsOf(refused) } }),
  extensions: (state, { extensions }) => ({ ...state, extensions }),
  presence: (state, { presence }) => ({ ...state, presence }),
  read: (state, { threadId, seq }) => applyEvent(state, "thread.read", { thread_id: threadId, reader: state.me.name, read_seq: seq }),
  event: (state, { event }) => applyEvent(state, event.type, event.payload, event.at),
};

export function reduce(state, action) {
  return ACTIONS[action.type](state, action);
}

function snapshot(state, { threads, agents, needs, at }) {
  const fresh = { ...state, phase: "ready", problem: null, loadedAt: at };
  for (const map of ["threads", "waits", "typing", "logs", "asks", "pastWaits"]) fresh[map] = {};
  fresh.refused = refusalsOf(needs.refused);
  fresh.looksComplete = needs.is_complete;
  fresh.agents = Object.fromEntries(
    agents.map((raw) => [raw.id, { ...agentRow(raw), is_offline: raw.state === "offline", seen_at: at }]),
  );
  const asking = needs.messages.reduce((next, { message }) => putAsk(next, messageRow(message)), fresh);
  return { ...asking, ...mergedThreads(asking, threads), ...waitsOf(agents) };
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

// Keeps the messages around the one that is looked at; what is dropped is loaded again when one goes there.
function trim(state, { threadId, around, keep }) {
  const log = state.logs[threadId];
  const at = log ? log.messages.findIndex((message) => message.seq === around) : -1;
  if (at < 0) return state;
  const messages = log.messages.slice(Math.max(0, at - keep), at + keep + 1);
  if (messages.length === log.messages.length) return state;
  const hasOlder = log.hasOlder || messages[0] !== log.messages[0];
  const hasNewer = log.hasNewer || messages.at(-1) !== log.messages.at(-1);
  return { ...state, logs: { ...state.logs, [threadId]: { messages, hasOlder, hasNewer } } };
}

function without(map, key) {
  const { [key]: _, ...rest } = map;
  return rest;
}
