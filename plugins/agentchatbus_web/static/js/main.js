// Starts the page.
import { html, render } from "./ui.js";
import { load, save, setTheme } from "./prefs.js";
import { api } from "./net/api.js";
import { Session } from "./net/session.js";
import { parseRoute, toSearch, toThread } from "./route.js";
import { App } from "./views/app.js";
import { tell } from "./notifying.js";

const TOAST_MS = 4000;
const DISMISSED_KEPT = 200;

class Console {
  session = new Session();
  route = parseRoute(location.hash);
  open = null;
  toast = null;
  threadsShown = [];
  prefs = { enterSends: false, notify: false, sound: false, ...load("prefs", {}) };
  dismissed = new Set(load("dismissed", []));
  redraw = () => {};
  reply = () => {};
  focusComposer = () => {};
  toEnd = () => {};
  #known = null;

  go(hash) {
    if (location.hash === hash) this.redraw();
    else location.hash = hash;
  }

  show(open) {
    this.open = open;
    this.redraw();
  }

  say(text, kind = "") {
    const toast = { text, kind };
    this.toast = toast;
    this.redraw();
    setTimeout(() => {
      if (this.toast !== toast) return;
      this.toast = null;
      this.redraw();
    }, TOAST_MS);
  }

  async try(promise, done = "") {
    try {
      await promise;
      if (done) this.say(done);
    } catch (error) {
      this.say(error.message, "bad");
    }
  }

  copy(text, done) {
    this.try(navigator.clipboard.writeText(text), done);
  }

  setTheme(name) {
    setTheme(name);
    this.redraw();
  }

  async setPref(key, value) {
    if (key === "notify" && value && "Notification" in window) await Notification.requestPermission();
    this.prefs = { ...this.prefs, [key]: value };
    save("prefs", this.prefs);
    this.redraw();
  }

  dismiss(item) {
    this.dismissed = new Set([...this.dismissed, item.key].slice(-DISMISSED_KEPT));
    save("dismissed", [...this.dismissed]);
    this.redraw();
  }

  searchIn(thread) {
    this.go(toSearch(`in:"${thread.topic.replace(/"/g, "")}" `));
  }

  wrote() {
    if (this.route.seq !== null) this.go(toThread(this.route.threadId));
    else this.toEnd();
  }

  async jumpTo(threadId, messageId) {
    const known = this.session.state.logs[threadId]?.messages.find((message) => message.id === messageId);
    const { seq } = known ?? (await api.message(messageId));
    this.go(toThread(threadId, seq));
  }

  needsChanged(items) {
    const keys = new Set(items.map((item) => item.key));
    const fresh = this.#known ? items.filter((item) => !this.#known.has(item.key)) : [];
    if (this.session.state.phase === "ready") this.#known = keys;
    document.title = items.length ? `(${items.length}) AgentChatBus` : "AgentChatBus";
    tell(fresh, this.session.state, this.prefs);
  }
}

const app = new Console();
addEventListener("hashchange", () => {
  app.route = parseRoute(location.hash);
  app.open = null;
  app.session.flushRead();
  app.redraw();
});
const place = document.getElementById("app");
place.replaceChildren();
render(html`<${App} app=${app} />`, place);
app.session.open(app.route.threadId, app.route.seq ?? null);
app.session.start();
globalThis.agentchatbus = app;
