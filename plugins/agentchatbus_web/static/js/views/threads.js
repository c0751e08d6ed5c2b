// The list of threads: what is new, what its last line is, who waits in it.
import { cls, html, kept, useRef, useState } from "../ui.js";
import { load, save } from "../prefs.js";
import { toThread } from "../route.js";
import { activeAt, authorName, nameOf, threadsInOrder, typingIn, unreadOf, waitsIn } from "../state/selectors.js";
import { ago, fullTime, plainLine } from "../text/format.js";
import { PanelLinks } from "./extensions.js";
import { Avatar, icon } from "./parts.js";

export const STATUSES = ["discuss", "implement", "review", "done", "closed", "archived"];
const AT_ONCE = 100;
const NORMAL = STATUSES.filter((status) => status !== "archived");

function preview(state, thread) {
  const typing = typingIn(state, thread.id);
  if (typing.length) return html`<em class="typing-line">${nameOf(state, typing[0].who)} is writing …</em>`;
  const last = thread.last_message;
  if (!last) return html`<em>Nothing said yet</em>`;
  const text = plainLine(last.content) || "(no text)";
  return last.role === "system" ? text : html`<b>${authorName(state, last)}:</b> ${text}`;
}

function shows({ state, thread, isOpen, isWanted, now }) {
  const writer = typingIn(state, thread.id)[0]?.who;
  const author = thread.last_message && authorName(state, thread.last_message);
  const waiters = waitsIn(state, thread.id).flatMap(({ agent_id: id }) => [id, nameOf(state, id), state.agents[id]?.emoji]);
  return [thread, isOpen, isWanted, ago(activeAt(thread), now), writer && nameOf(state, writer), author, ...waiters];
}

const Thread = kept(shows, ({ state, thread, isOpen, isWanted, now }) => {
  const unread = unreadOf(state, thread);
  const waits = waitsIn(state, thread.id);
  return html`<li>
    <a class=${cls("thread", isOpen && "open", unread > 0 && "unread")} href=${toThread(thread.id)} aria-current=${isOpen ? "page" : undefined}>
      <span class="thread-top">
        <span class="topic">${thread.topic}</span>
        <time datetime=${activeAt(thread)} title=${fullTime(activeAt(thread))}>${ago(activeAt(thread), now)}</time>
      </span>
      <span class="thread-line">${preview(state, thread)}</span>
      <span class="thread-bottom">
        <span class=${`status ${thread.status}`}>${thread.status}</span>
        ${isWanted && html`<span class="wanted">needs you</span>`}
        ${waits.length > 0 && html`<span class="waiters" title=${`Waiting here: ${waits.map((wait) => nameOf(state, wait.agent_id)).join(", ")}`}>
          ${waits.slice(0, 4).map((wait) => html`<${Avatar} key=${wait.agent_id} id=${wait.agent_id} emoji=${state.agents[wait.agent_id]?.emoji} size="tiny" />`)}
          <span>${waits.length} waiting</span>
        </span>`}
        ${unread > 0 && html`<span class="count" aria-label=${`${unread} unread`}>${unread > 99 ? "99+" : unread}</span>`}
      </span>
    </a>
  </li>`;
});

function Filter({ statuses, setStatuses }) {
  const toggle = (status) => {
    const next = new Set(statuses);
    if (!next.delete(status)) next.add(status);
    setStatuses(next.size ? next : new Set(NORMAL));
  };
  return html`<div class="chips" role="group" aria-label="Show threads in state">
    ${STATUSES.map((status) => html`<button type="button" key=${status} class=${`chip ${status}`} aria-pressed=${String(statuses.has(status))}
      onClick=${() => toggle(status)}>${status}</button>`)}
  </div>`;
}

export function Threads({ app, state, route, wanted, now }) {
  const [text, setText] = useState("");
  const [statuses, setStatuses] = useState(() => new Set(load("statuses", NORMAL)));
  const [isFiltering, setFiltering] = useState(false);
  const [count, setCount] = useState(AT_ONCE);
  const field = useRef();
  const choose = (chosen) => {
    save("statuses", [...chosen]);
    setStatuses(chosen);
  };
  const found = threadsInOrder(state, { statuses, text });
  const shown = found.slice(0, count);
  app.threadsShown = shown.map((thread) => thread.id);
  const hidden = Object.keys(state.threads).length - found.length;
  const more = () => {
    setCount(count + AT_ONCE);
    if (found.length < count + AT_ONCE && state.moreThreads) app.try(app.session.moreThreads());
  };
  return html`<nav class="threads" aria-label="Threads">
    <div class="panel-head">
      <h2>Threads</h2>
      <button type="button" class="text-button" title="New thread (c)" onClick=${() => app.show({ dialog: "create" })}>${icon("plus")}New thread</button>
      <button type="button" class="text-button" aria-expanded=${String(isFiltering)} onClick=${() => setFiltering(!isFiltering)}>
        ${hidden > 0 ? `${hidden} hidden` : "Filter"}
      </button>
    </div>
    <input class="filter" type="search" placeholder="Filter by topic" aria-label="Filter threads by topic" ref=${field}
      value=${text} onInput=${(event) => setText(event.target.value)} />
    ${isFiltering && html`<${Filter} statuses=${statuses} setStatuses=${choose} />`}
    ${shown.length === 0 && html`<p class="empty">${Object.keys(state.threads).length ? "No thread matches the filter." : "No threads yet. Create one, or let an agent do so with bus_connect."}</p>`}
    <ul>
      ${shown.map((thread) => html`<${Thread} key=${thread.id} state=${state} thread=${thread} now=${now}
        isOpen=${route.threadId === thread.id} isWanted=${wanted.has(thread.id)} />`)}
    </ul>
    ${(found.length > count || state.moreThreads) && html`<button type="button" class="button more" onClick=${more}>Older threads</button>`}
    <${PanelLinks} state=${state} route=${route} />
  </nav>`;
}
