// The page as a whole: which view is open, the keys, the dialogs, and what is said at the edge of the screen.
import { cls, html, useEffect, useLayoutEffect, useMemo, useState } from "../ui.js";
import { needs } from "../state/selectors.js";
import { Agents } from "./agents.js";
import { Conversation } from "./conversation.js";
import { NewThread } from "./creating.js";
import { AgentDetails, HistoryDialog, ImageDialog, ThreadDetails } from "./details.js";
import { Confirm } from "./dialogs.js";
import { PanelPage } from "./extensions.js";
import { Inbox } from "./inbox.js";
import { Overview } from "./overview.js";
import { Keys, Palette } from "./palette.js";
import { assignHues, Button, icon, isDark, useNow } from "./parts.js";
import { Search } from "./search.js";
import { Settings } from "./settings.js";
import { Threads } from "./threads.js";
import { useKeys } from "./keys.js";

const DIALOGS = { thread: ThreadDetails, agent: AgentDetails, history: HistoryDialog, image: ImageDialog, confirm: Confirm, create: NewThread, palette: Palette, keys: Keys };
const CONNECTION = { connecting: "Connecting …", open: "Live", lost: "Connection lost, trying again …" };

function Top({ app, state, count, route }) {
  const flip = () => app.setTheme(isDark() ? "light" : "dark");
  return html`<header class="top">
    <a class="brand" href="#home" aria-label="AgentChatBus"><svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" /><path d="M7 11h18M7 16h12M7 21h15" /></svg><span>AgentChatBus</span></a>
    <span class=${`connection ${state.connection}`} role="status"><i class="dot"></i><span>${CONNECTION[state.connection]}</span></span>
    <button type="button" class="jump" onClick=${() => app.show({ dialog: "palette" })}>${icon("search")}<span>Go to a thread, an agent …</span><kbd>Ctrl K</kbd></button>
    <nav class="top-nav" aria-label="Views">
      <a class=${cls("needs-link", count > 0 && "some")} href="#inbox" aria-current=${route.view === "inbox" ? "page" : undefined}>${icon("bell")}<span>Needs you</span>${count > 0 && html`<b>${count}</b>`}</a>
      <a href="#overview" aria-current=${route.view === "overview" ? "page" : undefined} class="wide-only">Overview</a>
      <a href="#search/" aria-current=${route.view === "search" ? "page" : undefined} class="wide-only">Search</a>
      <a class="icon-button small-only" href="#overview" aria-label="Overview" title="Overview" aria-current=${route.view === "overview" ? "page" : undefined}>${icon("chart")}</a>
      <${Button} name="theme" label="Dark or light" onClick=${flip} />
      <${Button} name="people" label="Agents" kind="mid-only" onClick=${() => app.show({ dialog: "agents" })} />
      <a class="icon-button" href="#settings" aria-label="Settings" title="Settings">${icon("settings")}</a>
    </nav>
  </header>`;
}

function Bottom({ route, count }) {
  const item = (view, name, label, badge) => html`<a href=${`#${view}`} aria-current=${route.view === view ? "page" : undefined}>${icon(name)}<span>${label}</span>${badge > 0 && html`<b>${badge}</b>`}</a>`;
  return html`<nav class="bottom" aria-label="Main">${item("threads", "threads", "Threads")}${item("inbox", "bell", "Needs you", count)}${item("agents", "people", "Agents")}${item("search/", "search", "Search")}</nav>`;
}

function Main({ app, state, route, items, now }) {
  if (route.view === "thread") return html`<${Conversation} app=${app} state=${state} route=${route} now=${now} />`;
  if (route.view === "search") return html`<${Search} app=${app} route=${route} now=${now} />`;
  if (route.view === "settings") return html`<${Settings} app=${app} />`;
  if (route.view === "panel") return html`<${PanelPage} app=${app} state=${state} route=${route} />`;
  if (route.view === "overview") return html`<${Overview} app=${app} state=${state} now=${now} />`;
  return html`<${Inbox} app=${app} state=${state} items=${items} now=${now} />`;
}

function Overlay({ app, state, open, route, now }) {
  if (!open) return null;
  const close = () => app.show(null);
  if (open.dialog === "agents") {
    return html`<div class="side-sheet"><${Agents} app=${app} state=${state} route=${route} now=${now} onClose=${close} /></div><div class="shade" onClick=${close}></div>`;
  }
  const View = DIALOGS[open.dialog];
  return View ? html`<${View} key=${open.dialog} app=${app} state=${state} ...${open} onClose=${close} />` : null;
}

function Login({ app }) {
  const [problem, setProblem] = useState("");
  const submit = (event) => {
    event.preventDefault();
    app.session.login(new FormData(event.target).get("token")).catch((error) => setProblem(error.message));
  };
  return html`<main class="login"><form onSubmit=${submit}><h1>AgentChatBus</h1><p>This bus can be reached over the network. Show your access token to come in.</p>
    <input type="text" name="username" autocomplete="username" value="AgentChatBus" hidden readonly />
    <label class="field"><span>Access token</span><input name="token" type="password" autocomplete="current-password" required autofocus /></label>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}<button class="button primary">Log in</button></form></main>`;
}

export function App({ app }) {
  const [state, setState] = useState(app.session.state);
  const [, redraw] = useState(0);
  const now = useNow();
  useEffect(() => app.session.store.watch(setState), []);
  app.redraw = () => redraw((count) => count + 1);
  const { route, open, toast } = app;
  useMemo(() => assignHues(state.agents), [Object.keys(state.agents).join()]);
  const items = needs(state, app.dismissed, now);
  useKeys(app);
  useEffect(() => app.needsChanged(items), [items.map((item) => item.key).join(), state.phase]);
  useLayoutEffect(() => document.querySelector("main h1[tabindex]")?.focus({ preventScroll: true }), [route.view, route.threadId, route.name]);
  if (state.phase === "login") return html`<${Login} app=${app} />`;
  if (state.phase === "loading") return html`<p class="booting" role="status">Connecting to the bus …</p>`;
  const wanted = new Set(items.flatMap((item) => (item.message ? [item.message.thread_id] : (item.waits ?? [item.wait]).filter(Boolean).map((wait) => wait.thread_id))));
  return html`<div class=${`shell view-${route.view}`}>
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById("main").focus(); }}>Skip to the content</a>
    <${Top} app=${app} state=${state} count=${items.length} route=${route} />
    ${state.phase === "failed" && html`<p class="banner" role="alert">${state.problem} Trying again …</p>`}
    <${Threads} app=${app} state=${state} route=${route} wanted=${wanted} now=${now} />
    <main id="main" tabindex="-1"><${Main} app=${app} state=${state} route=${route} items=${items} now=${now} /></main>
    <${Agents} app=${app} state=${state} route=${route} now=${now} />
    <${Bottom} route=${route} count=${items.length} />
    <${Overlay} app=${app} state=${state} open=${open} route=${route} now=${now} />
    <div class="toast" role="status" aria-live="polite">${toast && html`<p class=${toast.kind}>${toast.text}</p>`}</div>
  </div>`;
}
