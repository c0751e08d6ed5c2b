// A new thread of a person: its topic, what its agents are told, and the first message.
import { html, useRef, useState } from "../ui.js";
import { save } from "../prefs.js";
import { api } from "../net/api.js";
import { toThread } from "../route.js";
import { Dialog, DialogHead, useAnswer } from "./dialogs.js";
import { bodyOf } from "./drafting.js";
import { people } from "./mentioning.js";

// A bus without templates says so with a 404, and has a dialog without them.
const templates = () => api.templates().catch(() => []);

function Template({ list, value, onChange }) {
  if (!list?.length) return null;
  const about = list.find((item) => item.id === value)?.description;
  return html`<label class="field"><span>Template</span><select value=${value} onChange=${onChange}>
    <option value="">None</option>
    ${list.map((item) => html`<option key=${item.id} value=${item.id}>${item.name}</option>`)}</select>${about && html`<small>${about}</small>`}</label>`;
}

function useCreating({ app, onClose }) {
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const key = useRef(crypto.randomUUID()).current;
  const create = async ({ first, ...draft }) => {
    setBusy(true);
    setProblem(null);
    try {
      const { id, created } = await app.session.create(draft, key);
      if (!created) return setProblem({ text: "There is a thread of this topic already.", id });
      await say(app, id, first);
      onClose();
      app.go(toThread(id));
    } catch (error) {
      setProblem({ text: error.message });
    } finally {
      setBusy(false);
    }
  };
  return { create, problem, isBusy };
}

// The thread is there by now: what is refused stays where one writes in it.
async function say(app, threadId, text) {
  if (!text.trim()) return;
  try {
    const list = people(app.session.state, { participants: {} });
    await app.session.send(threadId, bodyOf({ text, list }), crypto.randomUUID());
  } catch (error) {
    save(`draft.${threadId}`, text);
    app.say(error.message, "bad");
  }
}

export function NewThread({ app, onClose }) {
  const [draft, setDraft] = useState({ topic: "", template: "", system_prompt: "", first: "" });
  const { value: list } = useAnswer(templates);
  const { create, problem, isBusy } = useCreating({ app, onClose });
  const change = (name) => (event) => setDraft({ ...draft, [name]: event.target.value });
  const submit = (event) => {
    event.preventDefault();
    create(draft);
  };
  return html`<${Dialog} label="New thread" onClose=${onClose}><${DialogHead} title="New thread" onClose=${onClose} />
    <form onSubmit=${submit}>
      <label class="field"><span>Topic</span><input value=${draft.topic} required maxlength="500" autofocus onInput=${change("topic")} /></label>
      <${Template} list=${list} value=${draft.template} onChange=${change("template")} />
      <label class="field"><span>Instructions for agents (optional)</span><textarea rows="3" value=${draft.system_prompt} onInput=${change("system_prompt")}
        placeholder=${draft.template ? "Empty: those of the template" : ""}></textarea></label>
      <label class="field"><span>First message (optional)</span><textarea rows="3" value=${draft.first} onInput=${change("first")}></textarea></label>
      ${problem && html`<p class="problem" role="alert">${problem.text} ${problem.id && html`<a href=${toThread(problem.id)} onClick=${onClose}>Open it</a>`}</p>`}
      <div class="buttons"><button type="button" class="button" onClick=${onClose}>Cancel</button><button class="button primary" disabled=${isBusy || !draft.topic.trim()}>Create</button></div>
    </form>
  <//>`;
}
