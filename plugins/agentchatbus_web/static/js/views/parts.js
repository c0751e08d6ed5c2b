// Small pieces that many views share.
import { cls, html, useEffect, useLayoutEffect, useRef, useState } from "../ui.js";
import { markdown } from "../text/markdown.js";

const ICONS = {
  bell: "M6 16V11a6 6 0 1 1 12 0v5l2 2H4zM10 21h4",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16.5 16.5 21 21",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.5-4 3-6 6.500-6s6 2 6.500 6M16 4.500a3.200 3.200 0 0 1 0 6M18 14.500c2 .8 3.200 2.700 3.500 5.500",
  close: "M6 6l12 12M18 6 6 18",
  back: "M15 5l-7 7 7 7",
  down: "M12 5v14M6 13l6 6 6-6",
  reply: "M9 7 4 12l5 5M4 12h10a6 6 0 0 1 6 6v1",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.500 14c1.800 2.500 5.200 2.500 7 0M9 9.500v.5M15 9.500v.5",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  plus: "M12 5v14M5 12h14",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6M12 7.500v.5",
  send: "M4 12 20 4l-5 16-3.500-6.500z",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9v.5",
  chart: "M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6",
  file: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
  threads: "M4 5h16v11H9l-5 4z",
  keys: "M3 7h18v10H3zM7 11v.1M11 11v.1M15 11v.1M8 14h8",
  timeline: "M3 4v16M7 6h8M11 12h10M7 18h6",
};

export const icon = (name) =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;

export function Button({ name, label, onClick, pressed, badge, kind, disabled, extra }) {
  return html`<button
    type="button" class=${cls("icon-button", kind)} title=${extra ? `${label} (${extra})` : label} aria-label=${badge ? `${label}: ${badge}` : label}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)} disabled=${disabled} onClick=${onClick}
  >${icon(name)}${badge ? html`<span class="badge" aria-hidden="true">${badge > 99 ? "99+" : badge}</span>` : null}</button>`;
}

const hues = new Map();

// Agents get their colours in the order in which they came, so that the first eight differ.
export function assignHues(agents) {
  const inOrder = Object.values(agents).sort((a, b) => a.registered_at.localeCompare(b.registered_at) || a.id.localeCompare(b.id));
  hues.clear();
  inOrder.forEach((agent, index) => hues.set(agent.id, index % 8));
}

export function hue(text) {
  if (hues.has(text)) return hues.get(text);
  let hash = 0;
  for (const char of String(text ?? "")) hash = (hash * 31 + char.codePointAt(0)) >>> 0;
  return hash % 8;
}

export function Avatar({ id, emoji, state, size }) {
  return html`<span class=${cls("avatar", `hue-${hue(id)}`, size)} aria-hidden="true">
    <span>${emoji}</span>${state ? html`<i class=${`dot ${state}`}></i>` : null}
  </span>`;
}

const drawn = new Map();

// Rendered text is kept, since the same message is drawn again whenever its thread is opened.
function nodes(text, mentions) {
  const key = `${mentions.join("\n")}\0${text}`;
  let fragment = drawn.get(key);
  if (!fragment) {
    fragment = markdown(text, mentions);
    if (drawn.size > 200) drawn.clear();
    if (!fragment.querySelector("button, pre[data-kind=diagram]")) drawn.set(key, fragment);
    else return fragment;
  }
  return fragment.cloneNode(true);
}

export function Markdown({ text, mentions = [] }) {
  const place = useRef();
  const names = mentions.join("\n");
  useLayoutEffect(() => {
    place.current.replaceChildren(nodes(text, mentions));
    for (const pre of place.current.querySelectorAll('pre[data-kind="diagram"]')) drawDiagram(pre);
  }, [text, names]);
  return html`<div class="prose" ref=${place}></div>`;
}

// The library for diagrams is large: it is loaded with the first one, inside a frame that can reach nothing.
function drawDiagram(pre) {
  const source = pre.textContent;
  const frame = document.createElement("iframe");
  frame.className = "diagram";
  frame.title = "Diagram";
  frame.setAttribute("sandbox", "allow-scripts");
  frame.src = new URL("../../diagram.html", import.meta.url).href;
  const heard = ({ source: from, data }) => {
    if (!frame.isConnected) return removeEventListener("message", heard);
    if (from !== frame.contentWindow) return;
    if (data?.ready) frame.contentWindow.postMessage({ source, dark: isDark(), background: getComputedStyle(document.querySelector("main") ?? document.body).backgroundColor }, "*");
    if (Number.isFinite(data?.height)) frame.style.height = `${Math.min(Math.max(data.height, 40), 900) + 16}px`;
    if (data?.error) {
      frame.replaceWith(pre);
      pre.removeAttribute("data-kind");
      pre.title = String(data.error);
    }
  };
  addEventListener("message", heard);
  pre.replaceWith(frame);
}

export function isDark() {
  const choice = document.documentElement.dataset.theme;
  return choice ? choice === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function useNow(every = 15_000) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
