// A thread as lanes: one for each who takes part, with its messages, its waits, and handoffs over time.
import { cls, html, useEffect, useLayoutEffect, useMemo, useRef } from "../ui.js";
import { handoffs, lanesOf, momentsOf, scale, sumsOf } from "../state/lanes.js";
import { nameOf } from "../state/selectors.js";
import { clockTime, fullTime, names, plainLine, plural, span } from "../text/format.js";
import { toThread } from "../route.js";
import { Avatar, hue } from "./parts.js";

const LANE = 46;
const TICKS_APART = 13;

const lengthOf = (wait, now) => span((wait.until ? Date.parse(wait.until) : now) - Date.parse(wait.since));

function Wait({ state, lane, wait, axis, now }) {
  const [left, right] = [axis.at(wait.shownFrom), wait.until ? axis.at(wait.until) : 98.5];
  const whom = names(wait.waiting_for.map((id) => nameOf(state, id)));
  const length = lengthOf(wait, now);
  const text = `${lane.name} ${wait.until ? "waited" : "has been waiting"}${whom && ` for ${whom}`} for ${length}, since ${fullTime(wait.since)}`;
  return html`<span class=${cls("lane-wait", whom && "for", !wait.until && "now")} title=${text} style=${{ left: `${left}%`, width: `max(6px, ${right - left}%)` }}>
    ${whom && html`<b>→ ${whom}</b> `}${length}</span>`;
}

function Post({ lane, message, axis }) {
  const text = `#${message.seq} ${clockTime(message.created_at)} ${plainLine(message.content, 100)}`;
  return html`<a class=${`lane-post hue-${hue(lane.key)}`} href=${toThread(message.thread_id, message.seq)} title=${text} aria-label=${`${lane.name}: ${text}`}
    style=${{ left: `${axis.at(message.created_at)}%` }}></a>`;
}

function Ticks({ axis }) {
  const shown = [];
  for (const [moment, place] of axis.places) {
    const [text, last] = [clockTime(new Date(moment).toISOString()), shown.at(-1)];
    if (place < 92 && (!last || (place - last.place >= TICKS_APART && text !== last.text))) shown.push({ place, text });
  }
  return html`<div class="lane-ticks" aria-hidden="true">${shown.map(({ place, text }) => html`<span key=${place} style=${{ left: `${place}%` }}>${text}</span>`)}<span class="tick-now">now</span></div>`;
}

function Chart({ state, lanes, messages, now }) {
  const axis = useMemo(() => scale(momentsOf(lanes, now)), [lanes, now]);
  const index = new Map(lanes.map((lane, at) => [lane.key, at]));
  const label = `Who said and waited when: ${lanes.map((lane) => `${lane.name}, ${plural(lane.posts.length, "message")}, ${plural(lane.waits.length, "wait")}`).join("; ")}`;
  return html`<div class="chart" role="group" aria-label=${label}><${Ticks} axis=${axis} />
    ${lanes.map((lane) => html`<div class="lane" key=${lane.key}>
      ${lane.waits.map((wait) => html`<${Wait} key=${wait.since} ...${{ state, lane, wait, axis, now }} />`)}
      ${lane.posts.map((message) => html`<${Post} key=${message.id} lane=${lane} message=${message} axis=${axis} />`)}</div>`)}
    ${handoffs(messages, index).map(({ message, from, to }) => html`<span key=${message.id} class=${cls("lane-handoff", to < from && "up")} title="Handoff"
      style=${{ left: `${axis.at(message.created_at)}%`, top: `${(Math.min(from, to) + 0.5) * LANE + 22}px`, height: `${Math.abs(to - from) * LANE}px` }}></span>`)}
  </div>`;
}

function LaneName({ state, lane, now }) {
  const going = lane.waits.filter((wait) => !wait.until);
  const doing = going.map((wait) => `, ${wait.waiting_for.length ? `waits for ${names(wait.waiting_for.map((id) => nameOf(state, id)))}` : "listens"} ${lengthOf(wait, now)}`);
  return html`<div class="lane-name"><${Avatar} id=${lane.key} emoji=${lane.emoji} size="small" />
    <span>${lane.name}<small>${plural(lane.posts.length, "message")}${doing}</small></span></div>`;
}

function Sums({ state, lanes, now }) {
  const sums = sumsOf(lanes, now);
  if (!sums.length) return html`<p class="timeline-note">Nobody said for whom it waited.</p>`;
  return html`<h2>Who waited for whom</h2><ul class="wait-sums">${sums.map((sum) => html`<li key=${sum.key} class=${cls(sum.goesOn && "now")}>
    <${Avatar} id=${sum.agent} emoji=${state.agents[sum.agent]?.emoji} size="tiny" /><span><b>${nameOf(state, sum.agent)}</b> for <b>${nameOf(state, sum.target)}</b></span>
    <span class="sum-length">${span(sum.total)}${sum.count > 1 && html`<small>${plural(sum.count, "time")}, ${span(sum.longest)} at most</small>`}${sum.goesOn && html`<small>goes on</small>`}</span></li>`)}</ul>`;
}

export function Timeline({ app, state, thread, log, now }) {
  const messages = log?.messages ?? [];
  const past = state.pastWaits[thread.id];
  useEffect(() => { if (!past) app.try(app.session.loadWaits(thread.id)); }, [thread.id, !past]);
  const box = useRef();
  const lanes = useMemo(() => lanesOf(state, thread, log), [log, past, state.waits, state.agents]);
  // Where there is no room for all of it, one begins with what happens now.
  useLayoutEffect(() => box.current?.scrollTo({ left: box.current.scrollWidth }), [thread.id, !lanes.length, !past]);
  if (!lanes.length) return html`<div class="timeline"><p class="empty">Nothing has happened here yet.</p></div>`;
  return html`<div class="timeline" tabindex="0" role="region" aria-label="Timeline">
    <p class="timeline-note">The last ${plural(messages.length, "message")}. Bars are waits, amber ones for somebody; dashed lines are handoffs; long silences are shortened.${past && !past.isComplete && " Waits of long ago are no longer known."}</p>
    <div class="lanes" ref=${box}><div class="lane-names"><div class="lane-corner"></div>${lanes.map((lane) => html`<${LaneName} key=${lane.key} state=${state} lane=${lane} now=${now} />`)}</div>
      <${Chart} ...${{ state, lanes, messages, now }} /></div>
    <${Sums} state=${state} lanes=${lanes} now=${now} />
  </div>`;
}
