// What the views show, derived from the state and the time.
import { byName } from "../text/format.js";

const LOST_MS = 12 * 3_600_000;
export const LIVE = new Set(["discuss", "implement", "review"]);
export const takesMessages = (thread) => LIVE.has(thread.status) || thread.status === "done";

// For ids and times, whose order no language changes.
const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

export const nameOf = (state, id) => state.agents[id]?.display_name || state.agents[id]?.name || nameOfOld(state, id) || id;
// Somebody who is waited for and offline, or unregistered and thus no longer listed; people are neither.
export const isGone = (state, id) => state.agents[id]?.is_offline ?? ![state.me.name, "human"].includes(id);

function nameOfOld(state, id) {
  const member = Object.values(state.threads).find((thread) => Object.hasOwn(thread.participants, id))?.participants[id];
  return member?.display_name ?? member?.name;
}

export const authorName = (state, message) =>
  (message.author_id && state.agents[message.author_id]?.display_name) || message.author_display_name || message.author_name;
export const authorEmoji = (state, message) => state.agents[message.author_id]?.emoji || message.author_emoji || "👤";

export function waitsOf(state, agentId) {
  return Object.values(state.waits).filter((wait) => wait.agent_id === agentId);
}

export function agentState(state, agent, now = Date.now()) {
  if (waitsOf(state, agent.id).length) return "waiting";
  if (agent.is_offline) return "offline";
  const { working_seconds, working_activities } = state.presence;
  const since = now - Date.parse(agent.last_activity_time);
  return working_activities.includes(agent.last_activity) && since < working_seconds * 1000 ? "working" : "idle";
}

const RANK = { stuck: 0, waiting: 1, working: 2, idle: 3, offline: 4 };

export function agentsInOrder(state, now = Date.now()) {
  const cycles = circles(state);
  const stuck = new Set(cycles.flat().map((wait) => wait.agent_id));
  return Object.values(state.agents)
    .map((agent) => {
      const waits = waitsOf(state, agent.id);
      const blocked = waits.find((wait) => wait.waiting_for.some((id) => isGone(state, id)));
      return { agent, waits, state: agentState(state, agent, now), isStuck: stuck.has(agent.id) || !!blocked };
    })
    .sort(
      (a, b) =>
        RANK[a.isStuck ? "stuck" : a.state] - RANK[b.isStuck ? "stuck" : b.state] ||
        byName(a.agent.display_name, b.agent.display_name) ||
        byText(a.agent.id, b.agent.id),
    );
}

export const activeAt = (thread) => thread.updated_at ?? thread.created_at ?? "";

export function unreadOf(state, thread) {
  const own = thread.participants[state.me.name];
  return own ? Math.max(0, thread.last_seq - own.read_seq) : thread.last_seq;
}

export const readSeq = (state, thread) => thread?.participants[state.me.name]?.read_seq ?? 0;

export function threadsInOrder(state, { statuses, text = "" } = {}) {
  const wanted = text.trim().toLowerCase();
  return Object.values(state.threads)
    .filter((thread) => !statuses || statuses.has(thread.status))
    .filter((thread) => !wanted || thread.topic.toLowerCase().includes(wanted))
    .sort((a, b) => byText(activeAt(b), activeAt(a)) || byText(a.id, b.id));
}

export function waitsIn(state, threadId) {
  return Object.values(state.waits)
    .filter((wait) => wait.thread_id === threadId)
    .sort((a, b) => byText(a.since, b.since));
}

export function typingIn(state, threadId) {
  return Object.values(state.typing).filter((typing) => typing.thread_id === threadId && typing.who !== state.me.name);
}

const circlesOf = new WeakMap();

// Agents that wait for each other in a circle: each list holds the waits along it. Several views ask for them.
export function circles(state) {
  if (!circlesOf.has(state.waits)) circlesOf.set(state.waits, circlesIn(state));
  return circlesOf.get(state.waits);
}

function circlesIn(state) {
  const edges = Object.values(state.waits).flatMap((wait) => wait.waiting_for.map((to) => ({ ...wait, to })));
  const from = Map.groupBy ? Map.groupBy(edges, (edge) => edge.agent_id) : grouped(edges);
  const found = new Map();
  for (const start of from.keys()) {
    const path = shortestCircle(from, start);
    if (path) found.set(path.map((edge) => edge.agent_id).sort().join(" "), path);
  }
  return [...found.values()];
}

function grouped(edges) {
  const groups = new Map();
  for (const edge of edges) groups.set(edge.agent_id, [...(groups.get(edge.agent_id) ?? []), edge]);
  return groups;
}

function shortestCircle(from, start) {
  const queue = [[start, []]];
  const seen = new Set();
  for (const [agent, path] of queue) {
    for (const edge of from.get(agent) ?? []) {
      if (edge.to === start) return [...path, edge];
      if (!seen.has(edge.to)) {
        seen.add(edge.to);
        queue.push([edge.to, [...path, edge]]);
      }
    }
  }
  return null;
}

export function needs(state, dismissed = new Set(), now = Date.now()) {
  const isLive = (threadId) => LIVE.has(state.threads[threadId]?.status);
  const items = circles(state).map((waits) => ({
    key: `circle ${waits.map((wait) => wait.agent_id + wait.since).sort().join(" ")}`,
    kind: "deadlock",
    waits,
    at: waits.map((wait) => wait.since).sort().at(-1),
  }));
  const circling = new Set(items.flatMap((item) => item.waits.map((wait) => wait.agent_id)));
  for (const wait of Object.values(state.waits)) {
    const gone = wait.waiting_for.filter((id) => isGone(state, id));
    if (gone.length && !circling.has(wait.agent_id)) {
      items.push({ key: `blocked ${wait.agent_id} ${wait.since}`, kind: "blocked", wait, gone, at: wait.since });
    }
  }
  for (const { kind, message } of Object.values(state.asks)) {
    const thread = state.threads[message.thread_id];
    if (!thread || !isLive(message.thread_id)) continue;
    if (kind === "card" || message.seq > readSeq(state, thread)) {
      items.push({ key: `message ${message.id}`, kind, message, at: message.created_at });
    }
  }
  for (const refusal of Object.values(state.refused).filter((item) => isLive(item.thread_id))) {
    items.push({ key: `refused ${refusal.agent_id} ${refusal.refused_at}`, kind: "refused", refusal, at: refusal.refused_at });
  }
  const isLost = (agent) => agent.is_offline && agent.last_activity !== "kicked" && now - Date.parse(agent.last_activity_time) <= LOST_MS;
  const lost = Object.values(state.agents).filter(isLost);
  const live = lost.length ? Object.values(state.threads).filter((thread) => isLive(thread.id)) : [];
  for (const agent of lost) {
    const places = live.filter((thread) => thread.participants[agent.id]);
    if (places.length) items.push({ key: `lost ${agent.id} ${agent.last_activity_time}`, kind: "lost", agent, places, at: agent.last_activity_time });
  }
  const order = { deadlock: 0, blocked: 1, card: 2, mention: 3, refused: 4, notice: 5, lost: 6 };
  return items
    .filter((item) => !dismissed.has(item.key))
    .sort((a, b) => order[a.kind] - order[b.kind] || byText(b.at ?? "", a.at ?? ""));
}
