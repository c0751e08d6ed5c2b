// Dialogs about one thing: a thread, an agent, the history of a message, a picture.
import { html, useEffect, useState } from "../ui.js";
import { api } from "../net/api.js";
import { agentState, nameOf, waitsOf } from "../state/selectors.js";
import { clockTime, fullTime, plural, since } from "../text/format.js";
import { diff } from "../text/diff.js";
import { Dialog, DialogHead, useAnswer } from "./dialogs.js";
import { Avatar, Markdown } from "./parts.js";
import { STATUSES } from "./threads.js";

// A value that one changes here, until another one arrives from the bus.
function useOwn(value) {
  const [own, setOwn] = useState(value);
  useEffect(() => setOwn(value), [value]);
  return [own, setOwn];
}

function Seconds({ label, value, onChange }) {
  const [text, setText] = useOwn(value);
  return html`<label class="field"><span>${label}</span>
    <input type="number" min="30" max="86400" value=${text} onInput=${(event) => setText(event.target.value)} onChange=${() => onChange(Number(text))} /></label>`;
}

function Coordination({ app, threadId, settings }) {
  const set = (changes) => app.try(api.settings(threadId, changes), "Changed.");
  const [isOn, setOn] = useOwn(settings.auto_administrator_enabled);
  const change = ({ target }) => {
    setOn(target.checked);
    set({ auto_administrator_enabled: target.checked });
  };
  const number = (key, label) => html`<${Seconds} label=${label} value=${settings[key]} onChange=${(value) => set({ [key]: value })} />`;
  return html`<h3>Coordination</h3>
    <p>Administrator: <b>${settings.creator_admin_name ?? settings.auto_assigned_admin_name ?? "nobody"}</b></p>
    <label class="check"><input type="checkbox" checked=${isOn} onChange=${change} /> The coordinator may speak when everybody waits</label>
    <div class="pair">${number("timeout_seconds", "Asks after seconds")}${number("switch_timeout_seconds", "Offers another after seconds")}</div>`;
}

function Members({ state, thread }) {
  return html`<h3>Who takes part</h3><ul class="members">${Object.entries(thread.participants).map(([key, item]) => html`<li key=${key}>
    <${Avatar} id=${key} emoji=${state.agents[item.agent_id]?.emoji ?? "👤"} size="small" /><span>${item.agent_id ? nameOf(state, item.agent_id) : item.name}</span>
    <span class="reads" title="The highest message it has read">${item.read_seq >= thread.last_seq ? "has read everything" : `read up to #${item.read_seq}, ${thread.last_seq - item.read_seq} behind`}</span></li>`)}</ul>`;
}

function Actions({ app, thread }) {
  const isPut = thread.status === "archived";
  const confirm = (more) => app.show({ dialog: "confirm", ...more });
  const close = () => confirm({ title: "Close this thread?", text: "Nobody can post to it afterwards.", action: "Close the thread", field: { label: "What came out of it (optional)" }, onDone: (summary) => app.try(api.close(thread.id, summary.trim()), "Closed.") });
  const rename = () => confirm({ title: "Rename this thread", action: "Rename", field: { label: "Topic", value: thread.topic, required: true }, onDone: (topic) => app.try(api.rename(thread.id, topic.trim()), "Renamed.") });
  const remove = () => confirm({ title: "Delete this thread?", text: `All ${plural(thread.message_count, "message")} of “${thread.topic}” are lost. This cannot be undone.`, action: "Delete for ever", isDanger: true, onDone: () => app.try(api.remove(thread.id), "Deleted.") });
  return html`<div class="buttons wrap">
    <button type="button" class="button" onClick=${rename}>Rename</button>
    <a class="button" href=${`/api/threads/${encodeURIComponent(thread.id)}/export`} download>Export</a>
    ${!isPut && thread.status !== "closed" && html`<button type="button" class="button" onClick=${close}>Close the thread</button>`}
    <button type="button" class="button" onClick=${() => app.try(api.archive(thread.id, !isPut), isPut ? "Brought back." : "Archived.")}>${isPut ? "Unarchive" : "Archive"}</button>
    <button type="button" class="button danger" onClick=${remove}>Delete</button>
  </div>`;
}

export function ThreadDetails({ app, state, threadId, onClose }) {
  const thread = state.threads[threadId];
  const { value, problem } = useAnswer(() => api.thread(threadId), threadId, state.changes[threadId], state.loadedAt);
  useEffect(() => { if (!thread) onClose(); }, [!thread]);
  if (!thread) return null;
  const states = STATUSES.filter((status) => status !== "archived" && status !== "closed");
  const join = `Join the thread "${thread.topic}" on AgentChatBus with bus_connect. Read what was said, follow its instructions, introduce yourself, say what you are going to do, and keep listening with msg_wait until somebody addresses you.`;
  return html`<${Dialog} label=${`Details of ${thread.topic}`} onClose=${onClose} kind="drawer">
    <${DialogHead} title=${thread.topic} onClose=${onClose} />
    <div class="segmented" role="group" aria-label="State">${states.map((status) => html`<button type="button" key=${status} aria-pressed=${String(status === thread.status)} onClick=${() => app.try(api.setState(thread.id, status))}>${status}</button>`)}</div>
    <${Actions} app=${app} thread=${thread} />
    <button type="button" class="button wide" onClick=${() => app.copy(join, "Prompt copied. Give it to an agent.")}>Copy a prompt that invites an agent</button>
    ${problem && html`<p class="problem">${problem}</p>`}
    ${value?.summary && html`<h3>What came out of it</h3><${Markdown} text=${value.summary} />`}
    ${value?.system_prompt && html`<h3>Instructions for agents</h3><div class="prompt"><${Markdown} text=${value.system_prompt} /></div>`}
    <${Members} state=${state} thread=${thread} />
    ${value?.settings && html`<${Coordination} app=${app} threadId=${thread.id} settings=${value.settings} />`}
    <p class="fine">Created ${fullTime(thread.created_at)}</p>
  <//>`;
}

export function AgentDetails({ app, state, agentId, onClose }) {
  const agent = state.agents[agentId];
  if (!agent) return null;
  const name = agent.display_name || agent.name;
  const kick = () => app.show({ dialog: "confirm", title: `Send ${name} away?`, text: "Its waits end and its token is worth nothing any more. It has to register again.", action: "Send away", isDanger: true, onDone: () => app.try(api.kick(agent.id), "Sent away.") });
  const places = Object.values(state.threads).filter((thread) => thread.participants[agentId]);
  const skills = (agent.skills ?? []).map((skill) => skill?.name ?? skill?.id).filter((item) => typeof item === "string");
  return html`<${Dialog} label=${name} onClose=${onClose} kind="drawer">
    <${DialogHead} title=${name} onClose=${onClose} />
    <div class="agent-card"><${Avatar} id=${agent.id} emoji=${agent.emoji} size="large" state=${agentState(state, agent)} />
      <div><p>${agent.name}</p><p>${agent.ide} · ${agent.model}</p><p>${agentState(state, agent)}, last sign of life ${since(agent.last_activity_time)} ago</p></div></div>
    ${agent.description && html`<p class="about">${agent.description}</p>`}
    ${[...(agent.capabilities ?? []), ...skills].length > 0 && html`<p class="tags">${[...(agent.capabilities ?? []), ...skills].map((item) => html`<span key=${item} class="tag">${item}</span>`)}</p>`}
    ${waitsOf(state, agentId).map((wait) => html`<p key=${wait.thread_id}>Waits in <a href=${`#thread/${wait.thread_id}`} onClick=${onClose}>${state.threads[wait.thread_id]?.topic}</a>${wait.waiting_for.length > 0 && html` for <b>${wait.waiting_for.map((id) => nameOf(state, id)).join(", ")}</b>`} for ${since(wait.since)}</p>`)}
    <h3>Takes part in</h3>
    <ul class="members">${places.map((thread) => html`<li key=${thread.id}><a href=${`#thread/${thread.id}`} onClick=${onClose}>${thread.topic}</a>
      <span class="reads">${thread.last_seq - thread.participants[agentId].read_seq > 0 ? `${thread.last_seq - thread.participants[agentId].read_seq} behind` : "has read everything"}</span></li>`)}</ul>
    <div class="buttons wrap"><button type="button" class="button" onClick=${() => app.copy(agent.id, "Id copied.")}>Copy id</button>
      <button type="button" class="button danger" onClick=${kick}>Send away</button></div>
    <p class="fine">Here since ${fullTime(agent.registered_at)}</p>
  <//>`;
}

function Change({ before, after }) {
  return html`<pre class="diff">${diff(before, after).map(([kind, text], index) =>
    kind === "in" ? html`<ins key=${index}>${text}</ins>` : kind === "out" ? html`<del key=${index}>${text}</del>` : text)}</pre>`;
}

export function HistoryDialog({ state, message, onClose }) {
  const { value, problem } = useAnswer(() => api.history(message.id), message.id);
  const nameOfEditor = (name) => Object.values(state.agents).find((agent) => agent.name === name)?.display_name || name;
  const texts = value ? [...value.edits.map((edit) => edit.old_content), value.current_content] : [];
  return html`<${Dialog} label="History of the message" onClose=${onClose} kind="wide">
    <${DialogHead} title=${`How message #${message.seq} changed`} onClose=${onClose} />
    ${problem && html`<p class="problem">${problem}</p>`}
    ${value?.edits.map((edit, index) => html`<section key=${edit.version} class="version"><h3>${nameOfEditor(edit.edited_by)}, ${fullTime(edit.created_at)}</h3><${Change} before=${texts[index]} after=${texts[index + 1]} /></section>`).reverse()}
    ${value && html`<section class="version"><h3>As it was posted, ${clockTime(message.created_at)}</h3><pre class="diff">${texts[0]}</pre></section>`}
  <//>`;
}

export function ImageDialog({ url, name, onClose }) {
  return html`<${Dialog} label=${name || "Picture"} onClose=${onClose} kind="picture"><button type="button" class="button" autofocus onClick=${onClose}>Close</button><img src=${url} alt=${name || "Picture"} /><//>`;
}
