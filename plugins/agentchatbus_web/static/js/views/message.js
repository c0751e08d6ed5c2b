// One message, with everything that can be done with it.
import { cls, html, useEffect, useRef, useState } from "../ui.js";
import { api } from "../net/api.js";
import { toThread } from "../route.js";
import { authorEmoji, authorName, nameOf } from "../state/selectors.js";
import { clockTime, fullTime, plainLine } from "../text/format.js";
import { isMention } from "../state/asks.js";
import { isCard, SystemCard } from "./cards.js";
import { Decorations } from "./extensions.js";
import { Attachments } from "./files.js";
import { Avatar, Button, hue, Markdown } from "./parts.js";

const QUICK = ["👍", "👀", "✅", "❤️", "🎉", "❓"];
const STOPS = {
  convergence: "agreement reached",
  complete: "done",
  timeout: "ran out of time",
  error: "stopped by an error",
  impasse: "no way forward",
};

const string = (value) => (typeof value === "string" ? value : "");

function Marks({ state, message }) {
  const { metadata } = message;
  const target = string(metadata.handoff_target);
  const stop = string(metadata.stop_reason);
  return html`${message.priority === "urgent" && html`<span class="mark urgent">urgent</span>`}
    ${target && html`<span class="mark" title="Hands over to">→ ${nameOf(state, target).slice(0, 60)}</span>`}
    ${stop && html`<span class=${cls("mark", ["error", "impasse", "timeout"].includes(stop) && "warn")} title=${stop.slice(0, 40)}>■ ${STOPS[stop] ?? stop.slice(0, 40)}</span>`}
    ${metadata.visibility === "human_only" && html`<span class="mark only">only people see this</span>`}`;
}

// What is quoted, also when it is far up in the thread and not on the page: it is fetched then.
function useQuoted(app, message, target) {
  const [fetched, setFetched] = useState(null);
  useEffect(() => {
    if (!target) app.session.quoted(message.reply_to_msg_id).then(setFetched, () => {});
  }, [message.reply_to_msg_id, !target]);
  return target ?? fetched;
}

function Quote({ app, state, message, target: drawn }) {
  const target = useQuoted(app, message, drawn);
  const jump = () => app.try(app.jumpTo(message.thread_id, message.reply_to_msg_id));
  return html`<button type="button" class="quote" onClick=${jump}>
    ${target ? html`<b>${authorName(state, target)}</b> ${plainLine(target.content, 110)}` : html`in reply to an earlier message`}
  </button>`;
}

function Reactions({ app, state, message, isOpen }) {
  const groups = new Map();
  for (const item of message.reactions) groups.set(item.reaction, [...(groups.get(item.reaction) ?? []), item]);
  if (!groups.size) return null;
  const who = (item) => (item.agent_id === "human" ? "You" : nameOf(state, item.agent_id));
  return html`<div class="reactions">${[...groups].map(([label, items]) => {
    const isMine = items.some((item) => item.agent_id === "human");
    return html`<button type="button" key=${label} class="reaction" aria-pressed=${String(isMine)} title=${items.map(who).join(", ")} disabled=${!isOpen}
      onClick=${() => app.try(isMine ? api.unreact(message.id, label) : api.react(message.id, label))}>
      <span class="reaction-label">${label}</span> ${items.length}</button>`;
  })}</div>`;
}

// A thread that is over can be read and quoted elsewhere; nothing in it changes any more.
function Tools({ app, message, isOpen, onReact, onEdit }) {
  const link = () => app.copy(location.href.split("#")[0] + toThread(message.thread_id, message.seq), "Link copied.");
  return html`<div class="tools" role="group" aria-label=${`Actions for message ${message.seq}`}>
    ${isOpen && html`<${Button} name="smile" label="React" onClick=${onReact} />
      <${Button} name="reply" label="Reply" onClick=${() => app.reply(message)} />`}
    ${isOpen && message.author_id === null && html`<${Button} name="edit" label="Edit" onClick=${onEdit} />`}
    <${Button} name="copy" label="Copy text" onClick=${() => app.copy(message.content, "Text copied.")} />
    <${Button} name="link" label="Copy link" onClick=${link} />
  </div>`;
}

function Editor({ app, message, onClose }) {
  const [text, setText] = useState(message.content);
  const [problem, setProblem] = useState("");
  const field = useRef();
  useEffect(() => field.current.focus(), []);
  const store = async () => {
    try {
      await api.edit(message.id, text);
      onClose();
    } catch (error) {
      setProblem(error.message);
    }
  };
  const keys = (event) => {
    if (event.key === "Escape") onClose();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) store();
    event.stopPropagation();
  };
  return html`<div class="editor">
    <textarea ref=${field} aria-label="Text of the message" value=${text} rows=${Math.min(16, text.split("\n").length + 1)}
      onInput=${(event) => setText(event.target.value)} onKeyDown=${keys}></textarea>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <div class="buttons"><button type="button" class="button" onClick=${onClose}>Cancel</button>
      <button type="button" class="button primary" disabled=${!text.trim()} onClick=${store}>Save</button></div>
  </div>`;
}

function Body({ app, state, message, isOpen, names }) {
  const [isEditing, setEditing] = useState(false);
  const [isReacting, setReacting] = useState(false);
  const react = (label) => {
    setReacting(false);
    app.try(api.react(message.id, label));
  };
  return html`
    ${isEditing
      ? html`<${Editor} app=${app} message=${message} onClose=${() => setEditing(false)} />`
      : html`<${Markdown} text=${message.content} mentions=${names} />`}
    <${Attachments} app=${app} message=${message} />
    <${Decorations} state=${state} message=${message} />
    ${message.edited_at && html`<button type="button" class="edited" title=${fullTime(message.edited_at)}
      onClick=${() => app.show({ dialog: "history", message })}>edited${message.edit_version > 1 ? ` ${message.edit_version} times` : ""}</button>`}
    <${Reactions} app=${app} state=${state} message=${message} isOpen=${isOpen} />
    ${isReacting && isOpen && html`<div class="quick" role="group" aria-label="React with">${QUICK.map((label) => html`<button type="button" key=${label} onClick=${() => react(label)}>${label}</button>`)}</div>`}
    <${Tools} app=${app} message=${message} isOpen=${isOpen} onReact=${() => setReacting(!isReacting)} onEdit=${() => setEditing(true)} />`;
}

export function Message({ app, state, message, isFirst, target, names, isMarked, isOpen }) {
  const common = { id: `m${message.seq}`, "data-seq": message.seq, tabindex: -1 };
  if (isCard(message)) {
    return html`<article ...${common} class=${cls("message system", isMarked && "marked")} aria-label=${`Message ${message.seq} from the system`}>
      <${SystemCard} app=${app} message=${message} /><${Decorations} state=${state} message=${message} /></article>`;
  }
  const name = authorName(state, message);
  const who = message.author_id ?? message.author_name;
  return html`<article ...${common} aria-label=${`Message ${message.seq} from ${name}`}
    class=${cls("message", isFirst && "first", !message.author_id && "human", isMention(message, state.me) && "mentions-me", message.priority === "urgent" && "is-urgent", isMarked && "marked")}>
    <div class="gutter">${isFirst ? html`<${Avatar} id=${who} emoji=${authorEmoji(state, message)} />` : html`<time class="side-time">${clockTime(message.created_at)}</time>`}</div>
    <div class="message-body">
      ${message.reply_to_msg_id && html`<${Quote} app=${app} state=${state} message=${message} target=${target} />`}
      ${isFirst && html`<header><span class=${`author hue-${hue(who)}`}>${name}</span>
        <${Marks} state=${state} message=${message} />
        <a class="seq" href=${toThread(message.thread_id, message.seq)} title=${fullTime(message.created_at)}>#${message.seq} · ${clockTime(message.created_at)}</a></header>`}
      <${Body} app=${app} state=${state} message=${message} isOpen=${isOpen} names=${names} />
    </div>
  </article>`;
}
