// A thread as lanes of posts and waits over time: what the timeline draws, worked out from the state.
import { authorEmoji, authorName, nameOf, waitsIn } from "./selectors.js";

const GAP_MS = 3000;
const MOST_WAITS = 300;

const time = (iso) => Date.parse(iso);
const isSameWait = (a, b) => a.agent_id === b.agent_id && a.waiting_for.join() === b.waiting_for.join();

// A client that waits again as soon as its time is over has waited once.
export function mergedWaits(waits) {
  const merged = [];
  for (const wait of [...waits].sort((a, b) => time(a.since) - time(b.since))) {
    const before = merged.findLast((item) => item.agent_id === wait.agent_id);
    const goesOn = before?.until && isSameWait(before, wait) && time(wait.since) - time(before.until) < GAP_MS && before.reason !== "messages";
    if (goesOn) Object.assign(before, { until: wait.until, reason: wait.reason });
    else merged.push({ ...wait });
  }
  return merged;
}

function waitsOf(state, thread, from) {
  const past = state.pastWaits[thread.id]?.waits ?? [];
  const going = waitsIn(state, thread.id).map((wait) => ({ ...wait, until: null, reason: null }));
  return mergedWaits([...past.filter((wait) => time(wait.until) >= from), ...going]).slice(-MOST_WAITS);
}

export function lanesOf(state, thread, log) {
  const messages = log?.messages ?? [];
  const from = log?.hasOlder && messages.length ? time(messages[0].created_at) : 0;
  const lanes = new Map();
  const lane = (key, name, emoji) => lanes.get(key) ?? lanes.set(key, { key, name, emoji, posts: [], waits: [] }).get(key);
  for (const message of messages) {
    if (message.metadata.ui_type) continue;
    lane(message.author_id ?? message.author_name, authorName(state, message), authorEmoji(state, message)).posts.push(message);
  }
  for (const wait of waitsOf(state, thread, from)) {
    const began = new Date(Math.max(time(wait.since), from)).toISOString();
    lane(wait.agent_id, nameOf(state, wait.agent_id), state.agents[wait.agent_id]?.emoji).waits.push({ ...wait, shownFrom: began });
  }
  return [...lanes.values()];
}

export function handoffs(messages, index) {
  return messages
    .filter((message) => index.has(message.metadata.handoff_target) && index.has(message.author_id))
    .map((message) => ({ message, from: index.get(message.author_id), to: index.get(message.metadata.handoff_target) }));
}

// Silence says little: gaps are shortened, so that what was said has room. Places are percent of the width.
export function scale(moments) {
  const inOrder = [...new Set(moments)].sort((a, b) => a - b);
  const steps = inOrder.map((moment, index) => (index ? Math.min(Math.log2(1 + (moment - inOrder[index - 1]) / 1000) + 0.6, 10) : 0));
  const total = steps.reduce((sum, step) => sum + step, 0) || 1;
  let passed = 0;
  const places = new Map(inOrder.map((moment, index) => [moment, 1.5 + ((passed += steps[index]) / total) * 97]));
  return { at: (iso) => places.get(time(iso)) ?? 1.5, places };
}

export function momentsOf(lanes, now) {
  const ofLane = ({ posts, waits }) => [...posts.map((post) => post.created_at), ...waits.flatMap((wait) => [wait.shownFrom, wait.until])];
  return [...lanes.flatMap(ofLane).filter(Boolean).map(time), now];
}

// Who waited for whom: for each pair how often, how long in all, and how long at most; the longest first.
export function sumsOf(lanes, now) {
  const pairs = new Map();
  for (const wait of lanes.flatMap((lane) => lane.waits)) {
    const length = (wait.until ? time(wait.until) : now) - time(wait.since);
    for (const target of wait.waiting_for) {
      const key = `${wait.agent_id} ${target}`;
      const known = pairs.get(key) ?? { key, agent: wait.agent_id, target, count: 0, total: 0, longest: 0, goesOn: false };
      pairs.set(key, { ...known, count: known.count + 1, total: known.total + length, longest: Math.max(known.longest, length), goesOn: known.goesOn || !wait.until });
    }
  }
  return [...pairs.values()].sort((a, b) => b.total - a.total);
}
