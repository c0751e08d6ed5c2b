// Completes the names of those who can be addressed.
import { html, useState } from "../ui.js";
import { byName } from "../text/format.js";
import { Avatar } from "./parts.js";

export function people(state, thread) {
  const here = new Set(Object.keys(thread.participants));
  return Object.values(state.agents)
    .map((agent) => ({ id: agent.id, name: agent.display_name || agent.name, emoji: agent.emoji, isHere: here.has(agent.id), isOffline: agent.is_offline }))
    .sort((a, b) => b.isHere - a.isHere || a.isOffline - b.isOffline || byName(a.name, b.name));
}

function mentionAt(field, list) {
  const before = field.value.slice(0, field.selectionStart);
  const match = /(?:^|[\s(])@([^\s@]{0,30})$/u.exec(before);
  if (!match) return null;
  const word = match[1].toLowerCase();
  const found = list.filter((item) => item.name.toLowerCase().split(/[\s(]+/).some((part) => part.startsWith(word)) || item.name.toLowerCase().startsWith(word));
  return found.length ? { from: before.length - match[1].length - 1, to: before.length, found: found.slice(0, 6), at: 0 } : null;
}

export function Completion({ mention, pick }) {
  return html`<ul class="completion" role="listbox" id="completion" aria-label="Agents">
    ${mention.found.map((item, index) => html`<li key=${item.id} role="option" aria-selected=${String(index === mention.at)}
      onMouseDown=${(event) => { event.preventDefault(); pick(item); }}>
      <${Avatar} id=${item.id} emoji=${item.emoji} size="tiny" /> ${item.name} <small>${item.isOffline ? "offline" : item.isHere ? "in this thread" : ""}</small></li>`)}
  </ul>`;
}

export function useMention({ field, list, text, setText }) {
  const [mention, setMention] = useState(null);
  const pick = (item) => {
    const caret = mention.from + item.name.length + 2;
    setText(`${text.slice(0, mention.from)}@${item.name} ${text.slice(mention.to)}`);
    setMention(null);
    requestAnimationFrame(() => field.current?.setSelectionRange(caret, caret));
  };
  // Says whether the key was for the list.
  const pressed = (event) => {
    if (!mention) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setMention({ ...mention, at: (mention.at + step + mention.found.length) % mention.found.length });
    else if (event.key === "Enter" || event.key === "Tab") pick(mention.found[mention.at]);
    else if (event.key === "Escape") setMention(null);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return { mention, pick, pressed, look: (target) => setMention(mentionAt(target, list)) };
}
