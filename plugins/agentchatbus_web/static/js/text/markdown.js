// Markdown from agents, as nodes that are safe to show: rendered, then sanitised, whatever it holds.
import DOMPurify from "../../vendor/purify.js";
import { Marked } from "../../vendor/marked.js";
import { colour } from "./colours.js";

const escape = (text) =>
  text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

function code({ text, lang }) {
  const name = (lang ?? "").trim().split(/\s+/)[0].toLowerCase();
  if (name === "mermaid") return `<pre data-kind="diagram"><code>${escape(text)}</code></pre>`;
  return `<pre data-kind="code" data-language="${escape(name.slice(0, 20))}"><code>${escape(text)}</code></pre>`;
}

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    code,
    html: ({ text }) => escape(text),
    checkbox: ({ checked }) => `<span class="task">${checked ? "☑" : "☐"}</span> `,
  },
});

const ALLOWED = {
  ALLOWED_TAGS: [
    ..."a b blockquote br code del em h1 h2 h3 h4 h5 h6 hr i img li ol p pre s span strong sub sup".split(" "),
    ..."table tbody td th thead tr ul kbd".split(" "),
  ],
  ALLOWED_ATTR: ["href", "src", "alt", "title", "class", "align", "start", "data-kind", "data-language"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#|\/(?!\/)|data:image\/(?:png|jpeg|gif|webp);)/i,
  ADD_URI_SAFE_ATTR: ["data-kind", "data-language", "align", "start"],
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

export function markdown(text, mentions = []) {
  let fragment;
  try {
    fragment = DOMPurify.sanitize(marked.parse(text), ALLOWED);
  } catch {
    fragment = document.createDocumentFragment();
    fragment.append(text);
  }
  fragment.querySelectorAll("[class]").forEach(keepOwnClass);
  fragment.querySelectorAll("a").forEach(leadOutside);
  fragment.querySelectorAll("img").forEach(keepLocal);
  fragment.querySelectorAll("table").forEach(wrapTable);
  fragment.querySelectorAll('pre[data-kind="code"]').forEach(addCopy);
  markMentions(fragment, mentions);
  return document.adoptNode(fragment); // or each text that is kept would keep a document of its own
}

function keepOwnClass(element) {
  if (element.className !== "task") element.removeAttribute("class");
}

function leadOutside(link) {
  if (link.getAttribute("href")?.startsWith("#")) return;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
}

// A picture elsewhere would tell its owner who reads this; it becomes a link.
function keepLocal(image) {
  const source = image.getAttribute("src") ?? "";
  if (source.startsWith("/") || source.startsWith("data:")) {
    image.loading = "lazy";
    return;
  }
  const link = document.createElement("a");
  link.textContent = `🖼 ${image.alt || source}`;
  if (/^https?:/i.test(source)) {
    link.href = source;
    leadOutside(link);
  }
  image.replaceWith(link);
}

function wrapTable(table) {
  const box = document.createElement("div");
  box.className = "table-box";
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Table");
  table.replaceWith(box);
  box.append(table);
}

function addCopy(pre) {
  const box = document.createElement("div");
  box.className = "code-box";
  const bar = document.createElement("div");
  bar.className = "code-bar";
  const label = document.createElement("span");
  label.textContent = pre.dataset.language || "text";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", () => copyCode(button, pre));
  bar.append(label, button);
  pre.replaceWith(box);
  pre.tabIndex = 0;
  pre.setAttribute("aria-label", "Code");
  pre.setAttribute("role", "region");
  box.append(bar, pre);
  colour(pre);
}

async function copyCode(button, pre) {
  try {
    await navigator.clipboard.writeText(pre.textContent);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

function markMentions(fragment, mentions) {
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    if (walker.currentNode.data.includes("@") && !walker.currentNode.parentElement?.closest("code, a")) texts.push(walker.currentNode);
  }
  const names = [...mentions].filter(Boolean).sort((a, b) => b.length - a.length);
  for (const node of texts) node.replaceWith(...pieces(node.data, names));
}

function pieces(text, names) {
  const found = [];
  let rest = text;
  for (let at = rest.indexOf("@"); at >= 0; ) {
    const name = names.find((item) => rest.slice(at + 1, at + 1 + item.length).toLowerCase() === item.toLowerCase());
    if (name) {
      const mark = document.createElement("span");
      mark.className = "mention";
      mark.textContent = rest.slice(at, at + 1 + name.length);
      found.push(rest.slice(0, at), mark);
      rest = rest.slice(at + 1 + name.length);
      at = rest.indexOf("@");
    } else at = rest.indexOf("@", at + 1);
  }
  return [...found, rest];
}
