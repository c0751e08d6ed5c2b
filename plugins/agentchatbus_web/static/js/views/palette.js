// Ctrl+K: to any thread, agent or action with a few letters. And the page of keys.
import { html, useState } from "../ui.js";
import { toPanel, toThread } from "../route.js";
import { agentsInOrder, threadsInOrder } from "../state/selectors.js";
import { Dialog, DialogHead } from "./dialogs.js";

function score(text, wanted) {
  const at = text.toLowerCase().indexOf(wanted);
  if (at >= 0) return 100 - at;
  let from = 0;
  for (const char of wanted) {
    from = text.toLowerCase().indexOf(char, from) + 1;
    if (!from) return -1;
  }
  return 1;
}

function entries(app, state, wanted) {
  const actions = [
    ["New thread", () => app.show({ dialog: "create" })],
    ["Needs you", () => app.go("#inbox")],
    ["Overview", () => app.go("#overview")],
    ["Search", () => app.go("#search/")],
    ["Settings", () => app.go("#settings")],
    ["Dark theme", () => app.setTheme("dark")],
    ["Light theme", () => app.setTheme("light")],
    ["Theme of the system", () => app.setTheme("system")],
    ["Keys", () => app.show({ dialog: "keys" })],
  ].map(([label, run]) => ({ kind: "action", label, run }));
  const threads = threadsInOrder(state).map((thread) => ({ kind: "thread", label: thread.topic, run: () => app.go(toThread(thread.id)) }));
  const agents = agentsInOrder(state).map(({ agent }) => ({ kind: "agent", label: agent.display_name || agent.name, run: () => app.show({ dialog: "agent", agentId: agent.id }) }));
  const panels = state.extensions.panels.map((panel) => ({ kind: "panel", label: panel.title, run: () => app.go(toPanel(panel.name)) }));
  return [...threads, ...agents, ...panels, ...actions]
    .map((entry) => ({ ...entry, score: wanted ? score(entry.label, wanted) : 0 }))
    .filter((entry) => entry.score >= 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, 12);
}

export function Palette({ app, state, onClose }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = entries(app, state, text.trim().toLowerCase());
  const run = (entry) => {
    onClose();
    entry?.run();
  };
  const keys = (event) => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter") run(found[at]);
    else return;
    event.preventDefault();
  };
  return html`<${Dialog} label="Go to" onClose=${onClose} kind="palette">
    <input type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant=${found.length ? `palette-${at}` : undefined} aria-label="Thread, agent or action"
      placeholder="Thread, agent or action" value=${text} autofocus onKeyDown=${keys} onInput=${(event) => { setText(event.target.value); setAt(0); }} />
    <ul id="palette-list" role="listbox" aria-label="Matches">${found.map((entry, index) => html`<li key=${index} id=${`palette-${index}`} role="option" aria-selected=${String(index === at)}
      onClick=${() => run(entry)} onMouseMove=${() => at !== index && setAt(index)}><span>${entry.label}</span><small>${entry.kind}</small></li>`)}</ul>
    ${found.length === 0 && html`<p class="empty">Nothing is called so.</p>`}
  <//>`;
}

const KEYS = [
  ["j / k", "Next and previous thread"],
  ["n / p", "Next and previous message"],
  ["c", "New thread"],
  ["i", "Needs you"],
  ["o", "Overview"],
  ["/", "Search"],
  ["Ctrl+K", "To any thread, agent or action"],
  ["r", "Write a message"],
  ["End", "Jump to the latest message"],
  ["Ctrl+Enter", "Send"],
  ["@", "Mention an agent"],
  ["Esc", "Close, or leave the field"],
  ["?", "These keys"],
];

export function Keys({ onClose }) {
  return html`<${Dialog} label="Keys" onClose=${onClose}>
    <${DialogHead} title="Keys" onClose=${onClose} />
    <dl class="keys">${KEYS.map(([key, meaning]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${meaning}</dd></div>`)}</dl>
  <//>`;
}
