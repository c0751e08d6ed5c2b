// What plugins add: panels, and badges on messages. A plugin sends data and never markup. All of it is drawn here, as text
// or as sanitised Markdown, and a button asks for nothing but an operation of its own plugin.
import { cls, html, useEffect, useState } from "../ui.js";
import { api } from "../net/api.js";
import { toPanel, toThread } from "../route.js";
import { plural } from "../text/format.js";
import { Markdown } from "./parts.js";

const ASK_AGAIN_MS = 500;
const MOST = { blocks: 60, rows: 500, columns: 12, bars: 40, facts: 60, text: 2000, badge: 120 };
const TONES = new Set(["neutral", "accent", "good", "wait", "bad"]);

const list = (value) => (Array.isArray(value) ? value : []);
const object = (value) => (value && typeof value === "object" && !Array.isArray(value) ? value : {});
const plain = (value, most = MOST.text) => (["string", "number", "boolean"].includes(typeof value) ? String(value).slice(0, most) : "");

export function Decorations({ state, message }) {
  const shown = state.extensions.decorations.map((entry) => [entry, badgeText(message.metadata, entry.key)]).filter(([, text]) => text !== null);
  if (!shown.length) return null;
  return html`<div class="decorations">${shown.map(([entry, text]) => {
    const body = html`<b>${entry.label}</b>${text && html` <span>${text.slice(0, MOST.badge)}</span>`}`;
    const common = { key: entry.key, class: `decoration ${TONES.has(entry.tone) ? entry.tone : "neutral"}`, title: text || entry.label };
    return entry.panel ? html`<a ...${common} href=${toPanel(entry.panel)}>${body}</a>` : html`<span ...${common}>${body}</span>`;
  })}</div>`;
}

function badgeText(metadata, key) {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : null;
  if (value === null || value === false) return null;
  return value === true ? "" : plain(value);
}

export function PanelLinks({ state, route }) {
  const { panels } = state.extensions;
  if (!panels.length) return null;
  return html`<div class="panel-links" role="group" aria-label="Panels">${panels.map((panel) => html`<a key=${panel.name} href=${toPanel(panel.name)}
    aria-current=${route.view === "panel" && route.name === panel.name ? "page" : undefined}><span aria-hidden="true">${panel.icon || "▤"}</span><b>${panel.title}</b></a>`)}</div>`;
}

// The panel is asked for again when an event that concerns it comes, not more often than a person can follow.
function useAnswer(app, panel) {
  const [answer, setAnswer] = useState({});
  useEffect(() => {
    if (!panel) return undefined;
    let isGone = false;
    let isAsking = false;
    let timer = null;
    const soon = () => {
      if (!isGone) timer ??= setTimeout(ask, ASK_AGAIN_MS);
    };
    const ask = async () => {
      timer = null;
      if (isAsking) return soon();
      isAsking = true;
      const next = await api.ask("GET", panel.path).then((document) => ({ document }), (error) => ({ problem: error.message }));
      isAsking = false;
      if (!isGone) setAnswer((before) => ({ ...before, problem: "", ...next }));
    };
    const stop = app.session.listen((event) => {
      if (event.type === "resync" || list(panel.refresh_on).includes(event.type)) soon();
    });
    setAnswer({ again: soon });
    ask();
    return () => {
      isGone = true;
      clearTimeout(timer);
      stop();
    };
  }, [panel && JSON.stringify(panel)]);
  return answer;
}

export function PanelPage({ app, state, route }) {
  const panel = state.extensions.panels.find((item) => item.name === route.name);
  const answer = useAnswer(app, panel);
  if (!panel) return html`<section class="page"><header class="page-head"><h1 tabindex="-1">There is no such panel</h1><p>The plugin that brings it may be switched off.</p></header></section>`;
  const { problem, again } = answer;
  const blocks = list(answer.document?.blocks);
  return html`<section class="page panel" aria-label=${panel.title}>
    <header class="page-head"><h1 tabindex="-1">${panel.title}</h1></header>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${!("document" in answer) && !problem && html`<p class="empty" role="status">Loading …</p>`}
    ${blocks.slice(0, MOST.blocks).map((block, index) => html`<${Block} key=${index} app=${app} panel=${panel} block=${object(block)} again=${again} />`)}
    <${More} all=${blocks.length} shown=${MOST.blocks} what="part" />
  </section>`;
}

const BLOCKS = { text: TextBlock, facts: Facts, table: Table, chart: Chart, action: ({ block, ...common }) => html`<p><${Action} ...${common} action=${block} /></p>` };

function Block(props) {
  const View = Object.hasOwn(BLOCKS, props.block.kind) ? BLOCKS[props.block.kind] : null;
  return View ? html`<${View} ...${props} />` : html`<p class="note">The console cannot show this part of the panel.</p>`;
}

function More({ all, shown, what }) {
  return all > shown ? html`<p class="note">${plural(all - shown, `more ${what}`)} not shown.</p>` : null;
}

function TextBlock({ block }) {
  return html`<div class="block"><${Markdown} text=${typeof block.text === "string" ? block.text : ""} /></div>`;
}

function Facts({ block, ...common }) {
  const facts = Object.entries(object(block.facts));
  return html`<dl class="block facts">${facts.slice(0, MOST.facts).map(([name, value]) => html`<div key=${name}><dt>${plain(name)}</dt><dd><${Cell} ...${common} value=${value} /></dd></div>`)}</dl>
    <${More} all=${facts.length} shown=${MOST.facts} what="fact" />`;
}

function Table({ block, ...common }) {
  const columns = list(block.columns).slice(0, MOST.columns);
  const rows = list(block.rows);
  const title = plain(block.title);
  if (!rows.length) return html`${title && html`<h2>${title}</h2>`}<p class="empty">${plain(block.empty)}</p>`;
  return html`${title && html`<h2>${title}</h2>`}
    <div class="table-box block" tabindex="0" role="region" aria-label=${title || "Table"}><table>
      <thead><tr>${columns.map((column, index) => (plain(column) ? html`<th key=${index} scope="col">${plain(column)}</th>` : html`<td key=${index}></td>`))}</tr></thead>
      <tbody>${rows.slice(0, MOST.rows).map((row, index) => html`<tr key=${index}>${columns.map((_, at) => html`<td key=${at}><${Cell} ...${common} value=${list(row)[at]} /></td>`)}</tr>`)}</tbody>
    </table></div><${More} all=${rows.length} shown=${MOST.rows} what="row" />`;
}

function Chart({ block }) {
  const bars = Object.entries(object(block.bars)).filter(([, value]) => Number.isFinite(value));
  const most = Math.max(...bars.slice(0, MOST.bars).map(([, value]) => value), 0) || 1;
  return html`<h2>${plain(block.title)}</h2>
    <ul class="block bar-list">${bars.slice(0, MOST.bars).map(([name, value]) => html`<li key=${name}><span title=${plain(name)}>${plain(name)}</span>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width=${(Math.max(value, 0) / most) * 100} height="10" rx="1" /></svg><b>${value}</b></li>`)}</ul>
    <${More} all=${bars.length} shown=${MOST.bars} what="bar" />`;
}

function Cell({ value, ...common }) {
  const { kind } = object(value);
  if (kind === "action") return html`<${Action} ...${common} action=${value} />`;
  if (kind === "link" && typeof value.thread_id === "string") {
    return html`<a href=${toThread(value.thread_id, Number.isSafeInteger(value.seq) ? value.seq : null)}>${plain(value.text) || "open"}</a>`;
  }
  return typeof value === "boolean" ? (value ? "yes" : "no") : plain(value);
}

function Action({ app, panel, action, again }) {
  const [isSending, setSending] = useState(false);
  const route = Object.hasOwn(object(panel.actions), action.operation) ? panel.actions[action.operation] : null;
  const label = plain(action.label, 60) || "Do it";
  const run = async () => {
    setSending(true);
    await app.try(act(route, object(action.arguments)), "Done.");
    setSending(false);
    again?.();
  };
  const question = plain(action.confirm, 400);
  const click = () => (question ? app.show({ dialog: "confirm", title: label, text: question, action: label, onDone: run }) : run());
  return html`<button type="button" class=${cls("button", "slim")} disabled=${!route || isSending} title=${route ? undefined : "This button asks for nothing that its plugin offers."}
    onClick=${click}>${isSending ? "…" : label}</button>`;
}

// Fills in the names in braces; a value that would lead to another path is refused.
async function act(route, given) {
  const rest = { ...given };
  const path = route.path.replace(/\{(\w+)\}/g, (_, name) => {
    const value = plain(rest[name]);
    if (["", ".", ".."].includes(value)) throw new Error(`The button does not say which ${name} it means.`);
    delete rest[name];
    return encodeURIComponent(value);
  });
  return api.ask(route.method, path, rest);
}
