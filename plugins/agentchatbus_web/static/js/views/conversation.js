// The open thread: its head, its messages, and where one writes.
import { cls, html, kept, useEffect, useMemo, useState } from "../ui.js";
import { agentState, authorEmoji, authorName, nameOf, readSeq, takesMessages, typingIn, waitsIn } from "../state/selectors.js";
import { dayKey, dayName, names as inWords, plural, since } from "../text/format.js";
import { Composer } from "./composer.js";
import { Message } from "./message.js";
import { Avatar, Button, hue, icon } from "./parts.js";
import { useScroll } from "./scrolling.js";
import { Timeline } from "./timeline.js";

const GROUP_MS = 6 * 60_000;
const FIRST_DRAWN = 15;
const REST_AFTER_MS = 60;

function isFirst(message, before) {
  if (!before || message.reply_to_msg_id || message.metadata.handoff_target || message.metadata.stop_reason) return true;
  if (message.metadata.visibility || message.priority !== "normal" || before.metadata.ui_type) return true;
  const isSame = message.author_id === before.author_id && message.author_name === before.author_name;
  return !isSame || Date.parse(message.created_at) - Date.parse(before.created_at) > GROUP_MS;
}

// All that a row shows; most of what happens concerns few of them.
function shows({ state, message, before, target, isNew, isMarked, isOpen, names, today }) {
  const { handoff_target: handed } = message.metadata;
  const author = [authorName(state, message), authorEmoji(state, message), hue(message.author_id ?? message.author_name)];
  const others = [handed && nameOf(state, handed), target && authorName(state, target)];
  return [message, before, target, isNew, isMarked, isOpen, names, today, ...author, ...others, state.extensions.decorations];
}

// What is above a message, and the message.
const Row = kept(shows, ({ before, isNew, today, ...shown }) => {
  const { message } = shown;
  const isNewDay = !before || dayKey(before.created_at) !== dayKey(message.created_at);
  return html`${isNewDay && html`<div class="divider" role="separator"><span>${dayName(message.created_at)}</span></div>`}
    ${isNew && html`<div class="divider new" role="separator"><span>new</span></div>`}
    <${Message} ...${shown} isFirst=${isNewDay || isNew || isFirst(message, before)} />`;
});

function Rows({ app, state, messages, newAfter, marked, isOpen, names }) {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const today = new Date().toDateString();
  return messages.map((message, index) => {
    const before = messages[index - 1];
    const isNew = newAfter !== null && message.seq > newAfter && (!before || before.seq <= newAfter);
    return html`<${Row} key=${message.id} app=${app} state=${state} message=${message} before=${before} names=${names} today=${today}
      target=${byId.get(message.reply_to_msg_id)} isNew=${isNew} isMarked=${marked === message.seq} isOpen=${isOpen} />`;
  });
}

function Live({ state, threadId, now }) {
  const waits = waitsIn(state, threadId);
  const typing = typingIn(state, threadId);
  const working = Object.values(state.threads[threadId]?.participants ?? {})
    .map((item) => state.agents[item.agent_id])
    .filter((agent) => agent && agentState(state, agent, now) === "working" && !typing.some((item) => item.who === agent.id));
  return html`<div class="live" role="status" aria-live="polite">
    ${typing.length > 0 && html`<span class="typing"><i></i><i></i><i></i> ${inWords(typing.map((item) => nameOf(state, item.who)))} ${typing.length > 1 ? "are" : "is"} writing</span>`}
    ${working.length > 0 && html`<span><i class="dot working"></i>${inWords(working.map((agent) => agent.display_name))} ${working.length > 1 ? "are" : "is"} working</span>`}
    ${waits.map((wait) => html`<span key=${wait.agent_id} class=${cls(wait.waiting_for.length && "for")}><i class="dot waiting"></i>${nameOf(state, wait.agent_id)}
      ${wait.waiting_for.length ? ` waits for ${inWords(wait.waiting_for.map((id) => nameOf(state, id)))}` : " listens"} · ${since(wait.since, now)}</span>`)}
  </div>`;
}

function Head({ app, state, thread, mode, setMode }) {
  const members = Object.values(thread.participants).filter((item) => item.agent_id);
  return html`<header class="thread-head">
    <a class="icon-button narrow-only" href="#threads" aria-label="All threads">${icon("back")}</a>
    <div class="thread-title"><h1 tabindex="-1">${thread.topic}</h1>
      <p><span class=${`status ${thread.status}`}>${thread.status}</span><span>${plural(thread.message_count, "message")}</span>
        <span class="stack">${members.slice(0, 6).map((item) => html`<${Avatar} key=${item.agent_id} id=${item.agent_id} emoji=${state.agents[item.agent_id]?.emoji ?? "·"} size="tiny" />`)}</span>
        <span>${plural(members.length, "agent")}</span></p></div>
    <${Button} name="timeline" label="Timeline" pressed=${mode === "timeline"} onClick=${() => setMode(mode === "timeline" ? "talk" : "timeline")} />
    <${Button} name="search" label="Search in this thread" onClick=${() => app.searchIn(thread)} />
    <${Button} name="info" label="Details of the thread" onClick=${() => app.show({ dialog: "thread", threadId: thread.id })} />
  </header>`;
}

// At the end of a thread one sees a few messages: the others of the first page are drawn when these can be read.
function useDrawn(log, isAtEnd) {
  const [isAll, setAll] = useState(!isAtEnd);
  useEffect(() => {
    const timer = log && !isAll ? setTimeout(() => setAll(true), REST_AFTER_MS) : null;
    return () => clearTimeout(timer);
  }, [!log, isAll]);
  return isAll || !isAtEnd ? log?.messages : log?.messages.slice(-FIRST_DRAWN);
}

function Messages({ app, state, thread, log, route, now }) {
  const read = readSeq(state, thread);
  const [newAfter] = useState(thread.last_seq > read && read > 0 ? read : null);
  const drawn = useDrawn(log, newAfter === null && route.seq === null);
  const scroll = useScroll({ app, thread, log, drawn, seq: route.seq, newAfter });
  const known = ["human", state.me.name, ...Object.values(thread.participants).flatMap((item) => [state.agents[item.agent_id]?.display_name, item.name])].filter(Boolean);
  const names = useMemo(() => known, [known.join("\n")]);
  const away = log ? thread.last_seq - scroll.lastSeen : 0;
  return html`<div class="messages-box">
    <div class="messages" ref=${scroll.ref} onScroll=${scroll.onScroll} tabindex="0" role="log" aria-label="Messages" aria-live="off">
      <div>
        ${!log && html`<p class="empty" role="status">Loading …</p>`}
        ${log?.hasOlder && html`<p class="older" aria-hidden="true">Older messages …</p>`}
        ${log && !log.hasOlder && html`<p class="begin">${log.messages.length ? "The beginning of this thread." : "Nothing has been said yet. Write the first message, or let an agent begin."}</p>`}
        ${log && html`<${Rows} app=${app} state=${state} messages=${drawn} newAfter=${newAfter} marked=${route.seq} isOpen=${takesMessages(thread)} names=${names} />`}
      </div>
    </div>
    ${log && !scroll.isAtEnd && html`<button type="button" class="to-end" onClick=${scroll.toEnd}>${icon("down")} ${away > 0 ? `${away} new` : "Latest"}</button>`}
  </div>
  <${Live} state=${state} threadId=${thread.id} now=${now} />`;
}

export function Conversation({ app, state, route, now }) {
  const thread = state.threads[route.threadId];
  const log = state.logs[route.threadId];
  const [mode, setMode] = useState("talk");
  useEffect(() => app.try(app.session.open(route.threadId, route.seq)), [route.threadId, route.seq, state.phase]);
  if (!thread) return html`<section class="page"><header class="page-head"><h1>This thread is not here</h1></header><p>It may have been deleted. <a href="#threads">All threads</a></p></section>`;
  return html`<section class="conversation" aria-label=${`Thread ${thread.topic}`}>
    <${Head} app=${app} state=${state} thread=${thread} mode=${mode} setMode=${setMode} />
    ${mode === "timeline"
      ? html`<${Timeline} app=${app} state=${state} thread=${thread} log=${log} now=${now} />`
      : html`<${Messages} key=${thread.id} app=${app} state=${state} thread=${thread} log=${log} route=${route} now=${now} />`}
    <${Composer} key=${`write ${thread.id}`} app=${app} state=${state} thread=${thread} />
  </section>`;
}
