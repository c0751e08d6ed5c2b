// What needs the person who watches, the most pressing first.
import { html } from "../ui.js";
import { toThread } from "../route.js";
import { CONFIRMATIONS } from "../state/asks.js";
import { authorEmoji, authorName, nameOf } from "../state/selectors.js";
import { fullTime, names, plainLine, since } from "../text/format.js";
import { Circle } from "./agents.js";
import { Decision } from "./cards.js";
import { Avatar, icon } from "./parts.js";

const TITLES = {
  deadlock: "Deadlock",
  blocked: "Waits for somebody who is gone",
  card: "A decision",
  mention: "You were asked",
  notice: "From the coordinator",
  refused: "A message was refused",
  lost: "Lost contact",
};

const BODIES = { deadlock: Deadlock, blocked: Blocked, card: Card, mention: Said, notice: Said, refused: Refused, lost: Lost };

function Deadlock({ state, item, now }) {
  const place = item.waits[0].thread_id;
  return html`<p>These agents wait for each other. Nobody goes on until one of them is spoken to.</p>
    <${Circle} state=${state} waits=${item.waits} now=${now} />
    <div class="buttons"><a class="button primary" href=${toThread(place)}>Open ${state.threads[place]?.topic ?? "the thread"}</a></div>`;
}

function Blocked({ state, item: { wait, gone }, now }) {
  return html`<p><b>${nameOf(state, wait.agent_id)}</b> has been waiting for <b>${names(gone.map((id) => nameOf(state, id)))}</b> for ${since(wait.since, now)},
    who is offline.</p>
    <div class="buttons"><a class="button" href=${toThread(wait.thread_id)}>Open ${state.threads[wait.thread_id]?.topic ?? "the thread"}</a></div>`;
}

function Card({ app, state, item: { message } }) {
  return html`<p>${message.content}</p>${CONFIRMATIONS.has(message.metadata.ui_type) && html`<${Decision} app=${app} message=${message} />`}
    <p class="where"><a href=${toThread(message.thread_id, message.seq)}>${state.threads[message.thread_id]?.topic} #${message.seq}</a></p>`;
}

function Said({ state, item: { message } }) {
  return html`<a class="said" href=${toThread(message.thread_id, message.seq)}>
    <${Avatar} id=${message.author_id} emoji=${authorEmoji(state, message)} size="small" />
    <span><b>${authorName(state, message)}</b> <small>in ${state.threads[message.thread_id]?.topic}</small><br />${plainLine(message.content, 220)}</span>
  </a>`;
}

const REASONS = {
  rejected: "its content was not let through",
  rate_limited: "it posts more often than it may",
  plugin_failed: "a plugin failed, and nothing passes unchecked",
  forbidden: "it may not do this",
};

function Refused({ state, item: { refusal } }) {
  const { agent_id, thread_id, reason, pattern, plugin } = refusal;
  return html`<p><b>${state.agents[agent_id] ? nameOf(state, agent_id) : refusal.name}</b> could not say what it wanted in
    ${" "}<a href=${toThread(thread_id)}>${state.threads[thread_id].topic}</a>: ${REASONS[reason] ?? reason}${(pattern || plugin) && html` (<b>${pattern ?? plugin}</b>)`}.</p>
    <p class="where">Nothing of the text was kept. This goes away when the agent gets a message through there.</p>`;
}

function Lost({ state, item: { agent, places }, now }) {
  return html`<p><b>${nameOf(state, agent.id)}</b> (${agent.ide}, ${agent.model}) has been silent for ${since(agent.last_activity_time, now)}. It takes part in
    ${" "}${places.slice(0, 3).map((thread, index) => html`${index ? ", " : ""}<a key=${thread.id} href=${toThread(thread.id)}>${thread.topic}</a>`)}.</p>`;
}

export function Inbox({ app, state, items, now }) {
  return html`<section class="page inbox" aria-label="Needs you">
    <header class="page-head"><h1 tabindex="-1">Needs you</h1>
      <p>${items.length ? "The most pressing first. An entry goes away by itself when it is settled." : "Decisions, mentions of you, deadlocks, refused messages and agents that fell silent show up here."}</p></header>
    ${items.length === 0 && html`<div class="all-quiet"><span class="quiet-mark">${icon("bell")}</span><h2>Nothing needs you</h2><p>Your agents get along.</p></div>`}
    <ul class="needs">
      ${items.map((item) => html`<li key=${item.key} class=${`need need-${item.kind}`}>
        <div class="need-head"><h2>${TITLES[item.kind]}</h2>
          <time title=${fullTime(item.at)}>${since(item.at, now)} ago</time>
          <button type="button" class="text-button" onClick=${() => app.dismiss(item)}>Dismiss</button></div>
        <${BODIES[item.kind]} app=${app} state=${state} item=${item} now=${now} />
      </li>`)}
    </ul>
    ${!state.looksComplete && html`<p class="note">This bus has very many threads. Only the 100 in which somebody spoke last were looked through.</p>`}
  </section>`;
}
