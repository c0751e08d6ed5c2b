// What the views show, derived from the state and the time; nothing here is kept.

const WORKING = new Set(["bus_connect", "resume", "thread_create", "msg_received", "msg_post", "msg_edit"]);
const WORKING_MS = 15 * 60_000;
const LOST_MS = 12 * 3_600_000;
export const LIVE = new Set(["discuss", "implement", "review"]);

export const nameOf = (state, id) => state.agents[id]?.display_name || state.agents[id]?.name || id;
export const authorName = (state, message) =>
  message.author_id ? state.agents[message.author_id]?.display_name || message.author_name : message.author_name;
export const authorEmoji = (state, message) => state.agents[message.author_id]?.emoji || message.author_emoji || "👤";

export function waitsOf(state, agentId) {
  return Object.values(state.waits).filter((wait) => wait.agent_id === agentId);
}

export function agentState(state, agent, now = Date.now()) {
  if (waitsOf(state, agent.id).length) return "waiting";
  if (agent.is_offline) return "offline";
  const since = now - Date.parse(agent.last_activity_time);
  return WORKING.has(agent.last_activity) && since < WORKING_MS ? "working" : "idle";
}

const RANK = { stuck: 0, waiting: 1, working: 2, idle: 3, offline: 4 };

export function agentsInOrder(state, now = Date.now()) {
  const cycles = circles(state);
  const stuck = new Set(cycles.flat().map((wait) => wait.agent_id));
  return Object.values(state.agents)
    .map((agent) => {
      const waits = waitsOf(state, agent.id);
      const blocked = waits.find((wait) => wait.waiting_for.some((id) => state.agents[id]?.is_offline));
      return { agent, waits, state: agentState(state, agent, now), isStuck: stuck.has(agent.id) || !!blocked };
    })
    .sort(
      (a, b) =>
        RANK[a.isStuck ? "stuck" : a.state] - RANK[b.isStuck ? "stuck" : b.state] ||
        a.agent.display_name.localeCompare(b.agent.display_name) ||
        a.agent.id.localeCompare(b.agent.id),
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
    .sort((a, b) => activeAt(b).localeCompare(activeAt(a)) || a.id.localeCompare(b.id));
}

export function waitsIn(state, threadId) {
  return Object.values(state.waits)
    .filter((wait) => wait.thread_id === threadId)
    .sort((a, b) => a.since.localeCompare(b.since));
}

export function typingIn(state, threadId) {
  return Object.values(state.typing).filter((typing) => typing.thread_id === threadId && typing.who !== state.me.name);
}

// Agents that wait for each other in a circle: each list holds the waits along it.
export function circles(state) {
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
    const gone = wait.waiting_for.filter((id) => state.agents[id]?.is_offline);
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
  for (const agent of Object.values(state.agents)) {
    const age = now - Date.parse(agent.last_activity_time);
    if (!agent.is_offline || agent.last_activity === "kicked" || age > LOST_MS) continue;
    const places = Object.values(state.threads).filter((thread) => isLive(thread.id) && thread.participants[agent.id]);
    if (places.length) items.push({ key: `lost ${agent.id} ${agent.last_activity_time}`, kind: "lost", agent, places, at: agent.last_activity_time });
  }
  const order = { deadlock: 0, blocked: 1, card: 2, mention: 3, notice: 4, lost: 5 };
  return items
    .filter((item) => !dismissed.has(item.key))
    .sort((a, b) => order[a.kind] - order[b.kind] || (b.at ?? "").localeCompare(a.at ?? ""));
}
