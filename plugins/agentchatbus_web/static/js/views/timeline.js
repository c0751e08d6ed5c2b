// A thread as lanes: one for each who takes part, with its messages and waits over time.
import { html, useMemo } from "../ui.js";
import { authorEmoji, authorName, nameOf, waitsIn } from "../state/selectors.js";
import { clockTime, plainLine, plural, since } from "../text/format.js";
import { toThread } from "../route.js";
import { Avatar, hue } from "./parts.js";

const LANE = 46;
const WIDTH = 1000;

function lanesOf(state, thread, messages) {
  const lanes = new Map();
  const add = (key, name, emoji) => lanes.has(key) || lanes.set(key, { key, name, emoji, posts: [], waits: [] });
  for (const message of messages) {
    if (message.metadata.ui_type) continue;
    const key = message.author_id ?? message.author_name;
    add(key, authorName(state, message), authorEmoji(state, message));
    lanes.get(key).posts.push(message);
  }
  for (const wait of waitsIn(state, thread.id)) {
    add(wait.agent_id, nameOf(state, wait.agent_id), state.agents[wait.agent_id]?.emoji);
    lanes.get(wait.agent_id).waits.push(wait);
  }
  return [...lanes.values()];
}

function handoffs(messages, index) {
  return messages
    .filter((message) => index.has(message.metadata.handoff_target) && index.has(message.author_id))
    .map((message) => ({ message, from: index.get(message.author_id), to: index.get(message.metadata.handoff_target) }));
}

// Silence says little: gaps are shortened, so that what was said has room.
function scale(moments) {
  const steps = moments.map((moment, index) => (index ? Math.min(Math.log2(1 + (moment - moments[index - 1]) / 1000) + 0.6, 10) : 0));
  const total = steps.reduce((sum, step) => sum + step, 0) || 1;
  let passed = 0;
  const places = new Map(moments.map((moment, index) => [moment, 20 + ((passed += steps[index]) / total) * (WIDTH - 40)]));
  return (moment) => places.get(moment) ?? 20;
}

function Chart({ state, lanes, messages, now }) {
  const index = new Map(lanes.map((lane, at) => [lane.key, at]));
  const moments = [...messages.map((message) => message.created_at), ...lanes.flatMap((lane) => lane.waits.map((wait) => wait.since))].map((iso) => Date.parse(iso));
  const x = scale([...new Set([...moments, now])].sort((a, b) => a - b));
  const y = (lane) => lane * LANE + LANE / 2;
  return html`<svg class="chart" viewBox=${`0 0 ${WIDTH} ${lanes.length * LANE}`} preserveAspectRatio="none" role="img" aria-label=${`Who said and waited when: ${lanes.map((lane) => `${lane.name}, ${plural(lane.posts.length, "message")}`).join("; ")}`}>
    ${lanes.map((lane, at) => html`<line key=${lane.key} class="rail" x1="0" x2=${WIDTH} y1=${y(at)} y2=${y(at)} />`)}
    ${handoffs(messages, index).map(({ message, from, to }) => html`<line key=${message.id} class="handoff" x1=${x(Date.parse(message.created_at))} x2=${x(Date.parse(message.created_at))} y1=${y(from)} y2=${y(to)} />`)}
    ${lanes.flatMap((lane, at) => lane.waits.map((wait) => html`<rect key=${lane.key} class=${`wait ${wait.waiting_for.length ? "for" : ""}`} x=${x(Date.parse(wait.since))} width=${Math.max(6, WIDTH - 20 - x(Date.parse(wait.since)))} y=${y(at) - 7} height="14" rx="7"><title>${lane.name} has been waiting for ${since(wait.since, now)}</title></rect>`))}
    ${lanes.flatMap((lane, at) => lane.posts.map((message) => html`<a key=${message.id} href=${toThread(message.thread_id, message.seq)}><rect class=${`post hue-${hue(lane.key)}`} x=${x(Date.parse(message.created_at)) - 4} y=${y(at) - 9} width="8" height="18" rx="3"><title>#${message.seq} ${clockTime(message.created_at)} ${plainLine(message.content, 100)}</title></rect></a>`))}
  </svg>`;
}

export function Timeline({ state, thread, log, now }) {
  const messages = log?.messages ?? [];
  const lanes = useMemo(() => lanesOf(state, thread, messages), [messages, state.waits, state.agents]);
  if (!lanes.length) return html`<div class="timeline"><p class="empty">Nothing has happened here yet.</p></div>`;
  return html`<div class="timeline">
    <p class="timeline-note">The last ${plural(messages.length, "message")}. Bars are waits that go on now, lines are handoffs; long silences are shortened.</p>
    <div class="lanes"><div class="lane-names">${lanes.map((lane) => html`<div key=${lane.key} class="lane-name"><${Avatar} id=${lane.key} emoji=${lane.emoji} size="small" />
        <span>${lane.name}<small>${plural(lane.posts.length, "message")}${lane.waits.map((wait) => `, ${wait.waiting_for.length ? `waits for ${wait.waiting_for.map((id) => nameOf(state, id)).join(", ")}` : "listens"} ${since(wait.since, now)}`)}</small></span></div>`)}</div>
      <${Chart} state=${state} lanes=${lanes} messages=${messages} now=${now} /></div>
  </div>`;
}
