// Search with the operators of the bus.
import { html, useEffect, useRef, useState } from "../ui.js";
import { api } from "../net/api.js";
import { toSearch, toThread } from "../route.js";
import { ago, fullTime } from "../text/format.js";
import { Avatar } from "./parts.js";

const PAUSE_MS = 250;
const OPERATORS = [
  ["from:nova", "by an agent or person"],
  ['in:"release plan"', "in a thread"],
  ["is:edited", "changed later"],
  ["has:attachment", "with a file"],
  ["after:2026-01-31", "from a day on"],
  ["before:2026-01-31", "until a day"],
  ["reaction:👍", "with a reaction"],
  ['"exact words"', "side by side"],
  ["word OR other", "either"],
  ["-word", "without"],
];

// Offsets count code points, as the bus counts them.
function Snippet({ text, marks }) {
  const chars = [...text];
  const parts = [];
  let at = 0;
  for (const [begin, end] of marks) {
    parts.push(chars.slice(at, begin).join(""), html`<mark>${chars.slice(begin, end).join("")}</mark>`);
    at = end;
  }
  return html`${parts}${chars.slice(at).join("")}`;
}

function Hit({ hit, now }) {
  return html`<li><a class="hit" href=${toThread(hit.thread_id, hit.seq)}>
    <${Avatar} id=${hit.author_id ?? hit.author} emoji=${hit.author_emoji} size="small" />
    <span class="hit-body"><span class="hit-top"><b>${hit.author_display_name}</b> <span>in ${hit.thread_topic}</span> <span>#${hit.seq}</span>
      <time title=${fullTime(hit.created_at)}>${ago(hit.created_at, now)}</time></span>
      <span class="snippet"><${Snippet} text=${hit.snippet_text} marks=${hit.marks} /></span></span></a></li>`;
}

function useSearch(query) {
  const [found, setFound] = useState({ results: [], note: null, next: null, problem: "", query: "" });
  useEffect(() => {
    let isCurrent = true;
    const ask = async () => {
      try {
        const { results, note, next_cursor } = await api.search(query);
        if (isCurrent) setFound({ results, note, next: next_cursor, problem: "", query });
      } catch (error) {
        if (isCurrent) setFound({ results: [], note: null, next: null, problem: error.status === 404 ? "This bus has no search plugin." : error.message, query });
      }
    };
    const timer = query.trim() ? setTimeout(ask, PAUSE_MS) : setFound({ results: [], note: null, next: null, problem: "", query: "" });
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [query]);
  const more = async () => {
    const { results, next_cursor } = await api.search(query, { cursor: found.next });
    setFound({ ...found, results: [...found.results, ...results], next: next_cursor });
  };
  return [found, more];
}

export function Search({ app, route, now }) {
  const [query, setQuery] = useState(route.query);
  const [found, more] = useSearch(query);
  const field = useRef();
  useEffect(() => field.current.focus(), []);
  useEffect(() => setQuery(route.query), [route.query]);
  const change = (text) => {
    setQuery(text);
    history.replaceState(null, "", toSearch(text));
  };
  const down = (event) => {
    if (event.key === "ArrowDown") event.target.closest("section").querySelector(".hit")?.focus();
  };
  return html`<section class="page search" aria-label="Search">
    <header class="page-head"><h1>Search</h1>
      <input type="search" ref=${field} aria-label="Search all messages" placeholder="Words, or from:nova in:release is:edited" value=${query}
        onInput=${(event) => change(event.target.value)} onKeyDown=${down} /></header>
    ${found.problem && html`<p class="problem" role="alert">${found.problem}</p>`}
    ${!query.trim() && html`<dl class="operators">${OPERATORS.map(([text, meaning]) => html`<div key=${text}><dt><button type="button" onClick=${() => change(`${query} ${text}`.trim())}>${text}</button></dt><dd>${meaning}</dd></div>`)}</dl>`}
    <p class="visually-hidden" role="status">${found.query && !found.problem ? `${found.results.length} messages found` : ""}</p>
    ${found.query && !found.problem && found.results.length === 0 && html`<p class="empty">Nothing was found.</p>`}
    <ul class="hits">${found.results.map((hit) => html`<${Hit} key=${hit.message_id} hit=${hit} now=${now} />`)}</ul>
    ${found.note && html`<p class="note">${found.note}</p>`}
    ${found.next && html`<button type="button" class="button more" onClick=${() => app.try(more())}>More</button>`}
  </section>`;
}
