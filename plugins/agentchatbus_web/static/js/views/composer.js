// Where one writes: drafts that survive, mentions that complete, sends that fail without losing a word.
import { cls, html, useLayoutEffect, useRef, useState } from "../ui.js";
import { authorName, takesMessages } from "../state/selectors.js";
import { plainLine } from "../text/format.js";
import { filesOf, useFiles } from "./attaching.js";
import { bodyOf, useDraft } from "./drafting.js";
import { Waiting } from "./files.js";
import { Completion, people, useMention } from "./mentioning.js";
import { Button, Markdown } from "./parts.js";

function Failure({ failure, onRetry }) {
  return html`<div class="failure" role="alert"><p><b>Not sent.</b> ${failure}</p><button type="button" class="button" onClick=${onRetry}>Try again</button></div>`;
}

function useSending({ app, thread, draft, files, list, reply, isUrgent, field, onSent }) {
  const [failure, setFailure] = useState("");
  const [isSending, setSending] = useState(false);
  const isEmpty = !draft.text.trim() && !files.ready.length;
  const send = async () => {
    if (isSending || isEmpty || files.isBusy) return;
    const { ready } = files;
    setSending(true);
    setFailure("");
    try {
      const { body, key } = draft.attempt(bodyOf({ text: draft.text, list, reply, isUrgent, files: ready }));
      await app.session.send(thread.id, body, key);
      draft.sent();
      files.sent(ready);
      onSent();
      app.wrote();
    } catch (error) {
      setFailure(error.message + (error.retryAfter ? ` Try again in ${error.retryAfter} s.` : ""));
    } finally {
      setSending(false);
      requestAnimationFrame(() => field.current?.focus());
    }
  };
  return { failure, isSending, canSend: !isSending && !isEmpty && !files.isBusy, send };
}

function useGrowing(field, ...inputs) {
  useLayoutEffect(() => {
    if (!field.current) return;
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight + 2, 320)}px`;
  }, inputs);
}

function Closed({ app, thread }) {
  return html`<footer class="composer closed">This thread is ${thread.status}. <button type="button" class="text-button" onClick=${() => app.show({ dialog: "thread", threadId: thread.id })}>Details</button></footer>`;
}

function Field({ app, thread, field, draft, mentioning, files, reply, setReply, send }) {
  const change = ({ target }) => {
    draft.typed(target.value);
    mentioning.look(target);
  };
  const paste = (event) => {
    const given = filesOf(event.clipboardData);
    if (!given.length) return;
    event.preventDefault();
    files.add(given);
  };
  const keys = (event) => {
    if (mentioning.pressed(event)) return;
    const isSend = app.prefs.enterSends ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && isSend && !event.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") {
      if (reply) setReply(null);
      else field.current.blur();
    }
  };
  return html`<textarea ref=${field} rows="1" placeholder=${`Message ${thread.topic}`} aria-label="Message" value=${draft.text} onInput=${change} onKeyDown=${keys}
    aria-controls=${mentioning.mention ? "completion" : undefined} onPaste=${paste}></textarea>`;
}

function Bar({ app, state, files, isPreview, setPreview, isUrgent, setUrgent }) {
  const choose = (event) => {
    files.add(event.target.files);
    event.target.value = "";
  };
  return html`<div class="write-bar">
    <button type="button" class="text-button" aria-pressed=${String(isPreview)} onClick=${() => setPreview(!isPreview)}>${isPreview ? "Write" : "Preview"}</button>
    <label class="text-button">Attach a file<input type="file" multiple class="visually-hidden" onChange=${choose} /></label>
    <button type="button" class="text-button urgent" aria-pressed=${String(isUrgent)} title="Agents see that this comes first" onClick=${() => setUrgent(!isUrgent)}>Urgent</button>
    <span class="hint">as <b>${state.me.display_name || state.me.name}</b> · Markdown · ${app.prefs.enterSends ? "Enter sends, Shift+Enter breaks the line" : "Ctrl+Enter sends"}</span>
  </div>`;
}

// Says that files may be let go here, as long as they are held above it.
function useDrop(files) {
  const [isOver, setOver] = useState(false);
  const over = (event) => {
    event.preventDefault();
    if ([...(event.dataTransfer?.types ?? [])].includes("Files")) setOver(true);
  };
  const leave = (event) => event.currentTarget.contains(event.relatedTarget) || setOver(false);
  const drop = (event) => {
    setOver(false);
    const given = filesOf(event.dataTransfer);
    if (!given.length) return;
    event.preventDefault();
    files.add(given);
  };
  return { isOver, handlers: { onDragOver: over, onDragLeave: leave, onDrop: drop } };
}

function Open({ app, state, thread }) {
  const field = useRef();
  const [reply, setReply] = useState(null);
  const [isPreview, setPreview] = useState(false);
  const [isUrgent, setUrgent] = useState(false);
  const draft = useDraft(thread, state.logs[thread.id]);
  const files = useFiles();
  const { isOver, handlers } = useDrop(files);
  const list = people(state, thread);
  const mentioning = useMention({ field, list, text: draft.text, setText: draft.setText });
  const clear = () => [setReply(null), setPreview(false), setUrgent(false)];
  const { failure, isSending, canSend, send } = useSending({ app, thread, draft, files, list, reply, isUrgent, field, onSent: clear });
  app.focusComposer = () => field.current?.focus();
  app.reply = (message) => {
    setReply(message);
    field.current?.focus();
  };
  useGrowing(field, draft.text, isPreview);
  return html`<footer class=${cls("composer", isOver && "dropping")} ...${handlers}>
    ${failure && html`<${Failure} failure=${failure} onRetry=${send} />`}
    ${reply && html`<div class="replying">Reply to <b>${authorName(state, reply)}</b> <span>${plainLine(reply.content, 80)}</span>
      <${Button} name="close" label="Do not reply" onClick=${() => setReply(null)} /></div>`}
    ${files.files.length > 0 && html`<ul class="attached" aria-label="Files of this message">${files.files.map((file) => html`<${Waiting} key=${file.id} file=${file} onRemove=${() => files.remove(file.id)} onRetry=${() => files.retry(file)} />`)}</ul>`}
    ${mentioning.mention && html`<${Completion} mention=${mentioning.mention} pick=${mentioning.pick} />`}
    <div class=${cls("write", isPreview && "previewing")}>
      ${isPreview
        ? html`<div class="preview" aria-label="Preview"><${Markdown} text=${draft.text || "*Nothing to show*"} mentions=${list.map((item) => item.name)} /></div>`
        : html`<${Field} ...${{ app, thread, field, draft, mentioning, files, reply, setReply, send }} />`}
      <button type="button" class="button primary send" disabled=${!canSend} onClick=${send}>${isSending ? "Sending …" : "Send"}</button>
    </div>
    <${Bar} ...${{ app, state, files, isPreview, setPreview, isUrgent, setUrgent }} />
  </footer>`;
}

export function Composer({ app, state, thread }) {
  return takesMessages(thread) ? html`<${Open} app=${app} state=${state} thread=${thread} />` : html`<${Closed} app=${app} thread=${thread} />`;
}
