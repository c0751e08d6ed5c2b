// Where one writes: drafts that survive, mentions that complete, sends that fail without losing a word.
import { cls, html, useLayoutEffect, useRef, useState } from "../ui.js";
import { load, save } from "../prefs.js";
import { api } from "../net/api.js";
import { LIVE, authorName } from "../state/selectors.js";
import { plainLine } from "../text/format.js";
import { Avatar, Button, Markdown } from "./parts.js";

const TYPING_EVERY_MS = 6000;

function people(state, thread) {
  const here = new Set(Object.keys(thread.participants));
  return Object.values(state.agents)
    .map((agent) => ({ id: agent.id, name: agent.display_name || agent.name, emoji: agent.emoji, isHere: here.has(agent.id), isOffline: agent.is_offline }))
    .sort((a, b) => b.isHere - a.isHere || a.isOffline - b.isOffline || a.name.localeCompare(b.name));
}

function mentionAt(field, list) {
  const before = field.value.slice(0, field.selectionStart);
  const match = /(?:^|[\s(])@([^\s@]{0,30})$/u.exec(before);
  if (!match) return null;
  const word = match[1].toLowerCase();
  const found = list.filter((item) => item.name.toLowerCase().split(/[\s(]+/).some((part) => part.startsWith(word)) || item.name.toLowerCase().startsWith(word));
  return found.length ? { from: before.length - match[1].length - 1, to: before.length, found: found.slice(0, 6), at: 0 } : null;
}

function Completion({ mention, pick }) {
  return html`<ul class="completion" role="listbox" id="completion" aria-label="Agents">
    ${mention.found.map((item, index) => html`<li key=${item.id} role="option" aria-selected=${String(index === mention.at)}
      onMouseDown=${(event) => { event.preventDefault(); pick(item); }}>
      <${Avatar} id=${item.id} emoji=${item.emoji} size="tiny" /> ${item.name} <small>${item.isOffline ? "offline" : item.isHere ? "in this thread" : ""}</small></li>`)}
  </ul>`;
}

function Failure({ failure, onRetry }) {
  return html`<div class="failure" role="alert"><p><b>Not sent.</b> ${failure}</p><button type="button" class="button" onClick=${onRetry}>Try again</button></div>`;
}

export function Composer({ app, state, thread }) {
  const draft = `draft.${thread.id}`;
  const [text, showText] = useState(() => load(draft, ""));
  const [reply, setReply] = useState(null);
  const [failure, setFailure] = useState("");
  const [isSending, setSending] = useState(false);
  const [isPreview, setPreview] = useState(false);
  const [images, setImages] = useState([]);
  const [mention, setMention] = useState(null);
  const field = useRef();
  const key = useRef(crypto.randomUUID());
  const typedAt = useRef(0);
  const list = people(state, thread);

  // Kept at the keystroke itself: an effect runs after the next paint, and a page may be closed before that.
  const setText = (next) => {
    save(draft, next);
    showText(next);
  };
  app.reply = (message) => {
    setReply(message);
    field.current?.focus();
  };
  app.focusComposer = () => field.current?.focus();
  useLayoutEffect(() => {
    if (!field.current) return;
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight + 2, 320)}px`;
  }, [text, isPreview]);

  const change = (event) => {
    setText(event.target.value);
    setMention(mentionAt(event.target, list));
    key.current = crypto.randomUUID();
    if (Date.now() - typedAt.current > TYPING_EVERY_MS && event.target.value) {
      typedAt.current = Date.now();
      api.typing(thread.id, true).catch(() => {});
    }
  };
  const pick = (item) => {
    const next = `${text.slice(0, mention.from)}@${item.name} ${text.slice(mention.to)}`;
    const caret = mention.from + item.name.length + 2;
    setText(next);
    setMention(null);
    requestAnimationFrame(() => field.current?.setSelectionRange(caret, caret));
  };
  const send = async () => {
    if (isSending || (!text.trim() && !images.length)) return;
    setSending(true);
    setFailure("");
    try {
      const message = await app.session.send(thread.id, body(text, list, reply, images), key.current);
      setText("");
      setReply(null);
      setImages([]);
      setPreview(false);
      typedAt.current = 0;
      key.current = crypto.randomUUID();
      app.wrote(message);
    } catch (error) {
      setFailure(error.message + (error.retryAfter ? ` Try again in ${error.retryAfter} s.` : ""));
    } finally {
      setSending(false);
      requestAnimationFrame(() => field.current?.focus());
    }
  };
  const upload = async (files) => {
    for (const file of [...files].filter((item) => item.type.startsWith("image/"))) {
      try {
        const { url, name } = await api.upload(file);
        setImages((known) => [...known, { url, name: name ?? file.name }]);
      } catch (error) {
        setFailure(`The picture was not uploaded: ${error.message}`);
      }
    }
  };
  const keys = (event) => {
    if (mention) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) setMention({ ...mention, at: (mention.at + step + mention.found.length) % mention.found.length });
      else if (event.key === "Enter" || event.key === "Tab") pick(mention.found[mention.at]);
      else if (event.key === "Escape") setMention(null);
      else return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const isSend = app.prefs.enterSends ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && isSend && !event.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") {
      if (reply) setReply(null);
      else field.current.blur();
    }
  };

  if (!LIVE.has(thread.status) && thread.status !== "done") {
    return html`<footer class="composer closed">This thread is ${thread.status}. <button type="button" class="text-button" onClick=${() => app.show({ dialog: "thread", threadId: thread.id })}>Details</button></footer>`;
  }
  const filesOf = (transfer) => [...(transfer?.files ?? [])];
  return html`<footer class="composer" onDragOver=${(event) => event.preventDefault()}
    onDrop=${(event) => { if (filesOf(event.dataTransfer).length) { event.preventDefault(); upload(filesOf(event.dataTransfer)); } }}>
    ${failure && html`<${Failure} failure=${failure} onRetry=${send} />`}
    ${reply && html`<div class="replying">Reply to <b>${authorName(state, reply)}</b> <span>${plainLine(reply.content, 80)}</span>
      <${Button} name="close" label="Do not reply" onClick=${() => setReply(null)} /></div>`}
    ${images.length > 0 && html`<div class="attached">${images.map((image) => html`<span key=${image.url}><img src=${image.url} alt=${image.name} />
      <${Button} name="close" label=${`Remove ${image.name}`} onClick=${() => setImages(images.filter((item) => item !== image))} /></span>`)}</div>`}
    ${mention && html`<${Completion} mention=${mention} pick=${pick} />`}
    <div class=${cls("write", isPreview && "previewing")}>
      ${isPreview
        ? html`<div class="preview" aria-label="Preview"><${Markdown} text=${text || "*Nothing to show*"} mentions=${list.map((item) => item.name)} /></div>`
        : html`<textarea ref=${field} rows="1" placeholder=${`Message ${thread.topic}`} aria-label="Message" value=${text} onInput=${change} onKeyDown=${keys}
            aria-controls=${mention ? "completion" : undefined} onPaste=${(event) => { const files = filesOf(event.clipboardData); if (files.length) { event.preventDefault(); upload(files); } }}></textarea>`}
      <button type="button" class="button primary send" disabled=${isSending || (!text.trim() && !images.length)} onClick=${send}>${isSending ? "Sending …" : "Send"}</button>
    </div>
    <div class="write-bar">
      <button type="button" class="text-button" aria-pressed=${String(isPreview)} onClick=${() => setPreview(!isPreview)}>${isPreview ? "Write" : "Preview"}</button>
      <label class="text-button">Picture<input type="file" accept="image/png,image/jpeg,image/gif,image/webp" multiple class="visually-hidden" onChange=${(event) => { upload(event.target.files); event.target.value = ""; }} /></label>
      <span class="hint">as <b>${state.me.display_name || state.me.name}</b> · Markdown · ${app.prefs.enterSends ? "Enter sends, Shift+Enter breaks the line" : "Ctrl+Enter sends"}</span>
    </div>
  </footer>`;
}

function body(text, list, reply, images) {
  const named = list.filter((item) => text.includes(`@${item.name}`));
  const metadata = named.length ? { mention_labels: Object.fromEntries(named.map((item) => [item.id, item.name])) } : undefined;
  return {
    content: text,
    ...(reply && { reply_to_msg_id: reply.id }),
    ...(named.length && { mentions: named.map((item) => item.id), metadata }),
    ...(images.length && { images: images.map(({ url, name }) => ({ url, name })) }),
  };
}
