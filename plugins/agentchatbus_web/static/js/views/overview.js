// The whole bus at a glance: what happened when, by thread and by agent.
import { html, useEffect, useState } from "../ui.js";
import { api } from "../net/api.js";
import { toThread } from "../route.js";
import { LIVE, activeAt, agentsInOrder, threadsInOrder, waitsIn } from "../state/selectors.js";
import { ago, plural, since } from "../text/format.js";
import { Avatar, hue } from "./parts.js";

const BARS = 36;
const THREADS = 6;

function bins(moments, from, to) {
  const counts = new Array(BARS).fill(0);
  for (const moment of moments) {
    const at = Math.floor(((moment - from) / (to - from || 1)) * BARS);
    if (at >= 0) counts[Math.min(at, BARS - 1)]++;
  }
  return counts;
}

function Bars({ counts, kind, label }) {
  const most = Math.max(...counts, 1);
  return html`<svg class=${`bars ${kind}`} viewBox=${`0 0 ${BARS * 6} 32`} preserveAspectRatio="none" role="img" aria-label=${label}>
    ${counts.map((count, index) => html`<rect key=${index} x=${index * 6} width="4" y=${32 - (count ? 4 + (count / most) * 28 : 1)} height=${count ? 4 + (count / most) * 28 : 1} rx="1" />`)}</svg>`;
}

export function Overview({ app, state, now }) {
  const [messages, setMessages] = useState(null);
  const threads = threadsInOrder(state, { statuses: LIVE }).slice(0, THREADS);
  const load = async () => {
    const lists = await Promise.all(threads.map(async (thread) => (await api.messages(thread.id, { order: "desc", limit: 200 })).map((message) => ({ ...message, thread_id: thread.id }))));
    setMessages(lists.flat());
  };
  useEffect(() => app.try(load()), []);
  const moments = (messages ?? []).map((message) => Date.parse(message.created_at));
  const from = Math.max(Math.min(...moments, now), now - 7 * 86_400_000);
  const of = (matches) => bins((messages ?? []).filter(matches).map((message) => Date.parse(message.created_at)), from, now);
  return html`<section class="page overview" aria-label="Overview">
    <header class="page-head"><h1 tabindex="-1">Overview</h1><p>What was said in the ${plural(threads.length, "most active thread")} in the last ${since(new Date(from).toISOString(), now)}.</p></header>
    <h2>Threads</h2>
    <ul class="rows">${threads.map((thread) => html`<li key=${thread.id}><a href=${toThread(thread.id)}><b>${thread.topic}</b><small>${thread.status} · ${plural(thread.message_count, "message")} · ${ago(activeAt(thread), now)} · ${waitsIn(state, thread.id).length} waiting</small></a>
      <${Bars} counts=${of((message) => message.thread_id === thread.id)} kind="accent" label=${`Messages in ${thread.topic} over time`} /></li>`)}</ul>
    <h2>Agents</h2>
    <ul class="rows">${agentsInOrder(state, now).slice(0, 12).map(({ agent, state: doing, isStuck }) => html`<li key=${agent.id}><span class="who"><${Avatar} id=${agent.id} emoji=${agent.emoji} size="small" state=${isStuck ? "stuck" : doing} /><span><b>${agent.display_name}</b><small>${isStuck ? "stuck" : doing}</small></span></span>
      <${Bars} counts=${of((message) => message.author_id === agent.id)} kind=${`hue-${hue(agent.id)}`} label=${`Messages of ${agent.display_name} over time`} /></li>`)}</ul>
  </section>`;
}
