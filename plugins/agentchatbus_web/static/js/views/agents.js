// Who is here, what each of them does, and who waits for whom.
import { cls, html, kept } from "../ui.js";
import { toThread } from "../route.js";
import { agentsInOrder, circles, isGone, nameOf } from "../state/selectors.js";
import { fullTime, names, plural, since } from "../text/format.js";
import { Avatar, hue } from "./parts.js";

const WORDS = { working: "working", idle: "idle", offline: "offline" };

function Wait({ state, wait, now }) {
  const thread = state.threads[wait.thread_id];
  const offline = wait.waiting_for.filter((id) => isGone(state, id));
  return html`<span class=${cls("wait-line", offline.length && "bad")} title=${`Since ${fullTime(wait.since)}`}>
    ${wait.waiting_for.length
      ? html`waits for <b>${names(wait.waiting_for.map((id) => nameOf(state, id)))}</b>${offline.length ? ", offline" : ""}`
      : html`listening`}
    ${" · "}${since(wait.since, now)}${thread && html`${" · "}<a href=${toThread(thread.id)}>${thread.topic}</a>`}
  </span>`;
}

function Doing({ state, entry, now }) {
  const { agent, waits } = entry;
  if (waits.length) return waits.map((wait) => html`<${Wait} key=${wait.thread_id} state=${state} wait=${wait} now=${now} />`);
  const passed = since(agent.last_activity_time, now);
  if (entry.state === "offline" && agent.last_activity === "kicked") return html`<span class="wait-line">sent away</span>`;
  return html`<span class="wait-line" title=${`Last sign of life: ${fullTime(agent.last_activity_time)}`}>${WORDS[entry.state]} · ${entry.state === "working" ? `for ${passed}` : `seen ${passed} ago`}</span>`;
}

const shownState = (entry) => (entry.isStuck ? "stuck" : entry.state);

function shows({ state, entry: { agent, waits, ...entry }, now, isHere }) {
  const waiting = waits.flatMap((wait) => {
    const topic = state.threads[wait.thread_id]?.topic;
    return [wait, topic, since(wait.since, now), ...wait.waiting_for.flatMap((id) => [nameOf(state, id), isGone(state, id)])];
  });
  const alone = waits.length ? null : since(agent.last_activity_time, now);
  return [shownState(entry), entry.state, hue(agent.id), agent.emoji, agent.display_name, agent.name, agent.last_activity, alone, isHere, ...waiting];
}

const Agent = kept(shows, ({ app, state, entry, now, isHere }) => {
  const { agent } = entry;
  const shown = shownState(entry);
  return html`<li class=${cls("agent", shown, isHere && "here")}>
    <${Avatar} id=${agent.id} emoji=${agent.emoji} state=${shown} />
    <div class="agent-text">
      <span class="agent-top">
        <button type="button" class="agent-name" onClick=${() => app.show({ dialog: "agent", agentId: agent.id })}>${agent.display_name || agent.name}</button>
        <span class=${`state-word ${shown}`}>${shown}</span>
      </span>
      <${Doing} state=${state} entry=${entry} now=${now} />
    </div>
  </li>`;
});

export function Circle({ state, waits, now }) {
  return html`<ol class="circle">
    ${waits.map((wait) => html`<li key=${wait.agent_id}>
      <${Avatar} id=${wait.agent_id} emoji=${state.agents[wait.agent_id]?.emoji} size="small" />
      <span><b>${nameOf(state, wait.agent_id)}</b> waits for <b>${nameOf(state, wait.to)}</b>
        <small>${since(wait.since, now)} in ${state.threads[wait.thread_id]?.topic ?? "a thread"}</small></span>
    </li>`)}
  </ol>`;
}

export function Agents({ app, state, route, now, onClose }) {
  const entries = agentsInOrder(state, now);
  const here = new Set(Object.keys(state.threads[route.threadId]?.participants ?? {}));
  const [present, away] = [entries.filter((entry) => entry.state !== "offline"), entries.filter((entry) => entry.state === "offline")];
  const count = (word) => present.filter((entry) => shownState(entry) === word).length;
  const sums = ["stuck", "waiting", "working", "idle"].filter((word) => count(word));
  return html`<aside class="agents" aria-label="Agents">
    <div class="panel-head"><h2>Agents</h2>
      ${onClose && html`<button type="button" class="text-button narrow-only" onClick=${onClose}>Close</button>`}
    </div>
    <p class="sums">${sums.length ? sums.map((word) => html`<span key=${word} class=${`sum ${word}`}><b>${count(word)}</b> ${word}</span>`) : "Nobody is here."}</p>
    ${circles(state).map((waits) => html`<section class="alarm" key=${waits.map((wait) => wait.agent_id).join()} aria-label="Deadlock">
      <h3>Deadlock: nobody can go on</h3><${Circle} state=${state} waits=${waits} now=${now} />
    </section>`)}
    <ul>${present.map((entry) => html`<${Agent} key=${entry.agent.id} app=${app} state=${state} entry=${entry} now=${now} isHere=${here.has(entry.agent.id)} />`)}</ul>
    ${away.length > 0 && html`<details class="away" open=${away.length < 5}>
      <summary>${plural(away.length, "agent")} offline</summary>
      <ul>${away.map((entry) => html`<${Agent} key=${entry.agent.id} app=${app} state=${state} entry=${entry} now=${now} isHere=${here.has(entry.agent.id)} />`)}</ul>
    </details>`}
  </aside>`;
}
