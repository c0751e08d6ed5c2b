// Everything that the page asks of the bus, and how the answers get into the store.
import { Store } from "../state/store.js";
import { messageRow } from "../state/rows.js";
import { readSeq } from "../state/selectors.js";
import { begun } from "./ahead.js";
import { api, Refused } from "./api.js";
import { Stream } from "./stream.js";

const PAGE = 50;
const THREAD_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOST_QUOTES = 200;
const READ_EVERY_MS = 10_000;
const LEARN_EVERY_MS = 1000;

// The newest messages, or those around one.
const around = (seq) => (seq === null ? { order: "desc" } : { after_seq: Math.max(0, seq - PAGE / 2) });

export class Session {
  store = new Store();
  #held = [];
  #isReady = false;
  #isLoading = null;
  #open = null;
  #openSeq = null;
  #followed = null;
  #pages = new Set();
  #read = new Map();
  #readTimer = null;
  #busy = new Map();
  #unlisted = new Set();
  #quotes = new Map();
  #listeners = new Set();

  constructor() {
    this.stream = new Stream({
      onOpen: ({ isResumed }) => this.#opened(isResumed),
      onEvent: (event) => this.#received(event),
      onLost: () => this.store.dispatch({ type: "connection", connection: "lost" }),
    });
    addEventListener("pagehide", () => this.flushRead());
  }

  get state() {
    return this.store.state;
  }

  async start() {
    try {
      const me = await api.me();
      if (me.needs_login) return this.store.dispatch({ type: "phase", phase: "login" });
      this.store.dispatch({ type: "me", me: { ...me, name: me.name || "human" } });
      this.stream.open();
    } catch (error) {
      this.store.dispatch({ type: "phase", phase: "failed", problem: error.message });
      setTimeout(() => this.start(), 3000);
    }
  }

  async login(token) {
    await api.login(token);
    location.reload();
  }

  // Tells somebody of every event, and of `resync` when some may have been missed.
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event) {
    for (const listener of this.#listeners) listener(event);
  }

  #opened(isResumed) {
    this.store.dispatch({ type: "connection", connection: "open" });
    if (!isResumed || !this.#isReady) this.reload();
    else this.#catchUp();
  }

  // What happens while the rows are on their way is held back and applied on top of them.
  #received(event) {
    if (event.type === "resync") return this.reload();
    this.#tell(event);
    if (event.type.startsWith("plugin.")) this.#loadExtensions();
    for (const page of this.#pages) page.events.push(event);
    if (!this.#isReady || this.#isLoading) this.#held.push(event);
    else this.store.dispatch({ type: "event", event });
    if (event.type === "msg.new") this.#noteMessage(event.payload);
  }

  #noteMessage({ thread_id: threadId, message }) {
    if (threadId === this.#followed && !document.hidden) this.markRead(threadId, message.seq);
    if (this.state.threads[threadId]) return;
    if (!this.#unlisted.size) setTimeout(() => this.#learnUnlisted(), LEARN_EVERY_MS);
    this.#unlisted.add(threadId);
  }

  // Whoever looks at the end of a thread has read what comes there as soon as it is shown.
  follow(threadId) {
    this.#followed = threadId;
  }

  reload() {
    this.#isLoading ??= this.#load().finally(() => (this.#isLoading = null));
    return this.#isLoading;
  }

  async #load() {
    try {
      const [open, seq] = [this.#open, this.#isReady ? null : this.#openSeq];
      const messages = open && THREAD_ID.test(open) ? this.#ask(open, around(seq)) : undefined;
      messages?.catch(() => {}); // it is heard of where they are awaited
      const [threads, agents, needs] = await Promise.all([api.threads(), api.agents(), api.needs()]);
      const at = new Date().toISOString();
      this.store.dispatch({ type: "snapshot", threads, agents, needs, at });
      if (open) await this.#loadThread(open, seq, messages);
    } catch (error) {
      this.store.dispatch({ type: "phase", phase: "failed", problem: error.message });
      setTimeout(() => this.reload(), 3000);
      return;
    }
    begun();
    const isAgain = this.#isReady;
    this.#isReady = true;
    this.store.dispatch(...this.#held.splice(0).map((event) => ({ type: "event", event })));
    if (isAgain) this.#tell({ type: "resync" });
    this.#loadPresence();
    this.#loadExtensions();
    this.open(this.#open, this.#openSeq).catch(() => {}); // somebody may have gone to another thread meanwhile
  }

  // From when on the bus believes that an agent works.
  async #loadPresence() {
    const config = await api.config().catch(() => null);
    if (config) this.store.dispatch({ type: "presence", presence: config.presence });
  }

  // What plugins add to the page; a bus that refuses to say so has a page all the same.
  async #loadExtensions() {
    const extensions = await api.extensions().catch(() => null);
    if (extensions) this.store.dispatch({ type: "extensions", extensions });
  }

  // Refusals are stored nowhere, so a stream that resumes does not bring those of the time without a connection.
  async #catchUp() {
    const needs = await api.needs().catch(() => null);
    if (needs) this.store.dispatch({ type: "refused", refused: needs.refused });
  }

  async moreThreads() {
    const { answer: page, since } = await this.#while(api.threads(this.state.moreThreads));
    this.store.dispatch({ type: "threads", page }, ...since);
  }

  open(threadId, seq = null) {
    this.#open = threadId;
    this.#openSeq = seq;
    const log = this.state.logs[threadId];
    const isThere = log && (seq === null ? !log.hasNewer : log.messages.some((message) => message.seq === seq));
    if (!threadId || isThere || !this.#isReady) return Promise.resolve();
    return this.#once(`open ${threadId}`, () => this.#loadThread(threadId, seq));
  }

  async #loadThread(threadId, seq, asked) {
    try {
      if (!(await this.#learn(threadId))) return;
      const { messages, hasNewer, since } = await this.#page(threadId, around(seq), asked);
      const hasOlder = (messages[0]?.seq ?? 1) > 1;
      this.store.dispatch({ type: "reset", threadId }, { type: "page", threadId, messages, hasOlder, hasNewer }, ...since);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
    }
  }

  #ask(threadId, params) {
    return this.#while(api.messages(threadId, { limit: PAGE, ...params }));
  }

  async #page(threadId, params, asked = this.#ask(threadId, params)) {
    const { answer: messages, since } = await asked;
    const isToEnd = params.order === "desc" || messages.length < PAGE;
    const hasNewer = !isToEnd && messages.at(-1).seq < (this.state.threads[threadId]?.last_seq ?? 0);
    return { messages, hasNewer, since };
  }

  // An answer, and what happened while it was on its way, to be applied once more on top of it.
  async #while(asked) {
    const page = { events: [] };
    this.#pages.add(page);
    const answer = await asked.finally(() => this.#pages.delete(page));
    return { answer, since: page.events.map((event) => ({ type: "event", event })) };
  }

  // Threads that were too old for the first page of the list are at its top when somebody has spoken in them.
  async #learnUnlisted() {
    const unlisted = [...this.#unlisted].filter((threadId) => !this.state.threads[threadId]);
    this.#unlisted.clear();
    const asked = unlisted.length ? await this.#while(api.threads()).catch(() => null) : null;
    if (!asked) return;
    const threads = asked.answer.threads.filter((thread) => !this.state.threads[thread.id]);
    this.store.dispatch({ type: "threads", page: { threads, next_cursor: this.state.moreThreads } }, ...asked.since);
    for (const threadId of unlisted) this.#learn(threadId);
  }

  // A thread that was too old for the first page of the list is fetched when it is opened.
  #learn(threadId) {
    if (this.state.threads[threadId]) return Promise.resolve(true);
    if (!THREAD_ID.test(threadId)) return Promise.resolve(false);
    return this.#once(`learn ${threadId}`, async () => {
      const { answer, since } = await this.#while(Promise.all([api.thread(threadId), api.overview(threadId)]));
      const [thread, overview] = answer;
      const page = { threads: [{ ...thread, ...overview }], next_cursor: this.state.moreThreads };
      this.store.dispatch({ type: "threads", page }, ...since);
      return true;
    }).catch(() => false);
  }

  older(threadId) {
    const log = this.state.logs[threadId];
    if (!log?.hasOlder || !log.messages.length) return Promise.resolve();
    return this.#once(`older ${threadId}`, async () => {
      const before = log.messages[0].seq;
      const { messages, since } = await this.#page(threadId, { before_seq: before, order: "desc" });
      if (this.state.logs[threadId]?.messages[0]?.seq !== before) return; // it was trimmed meanwhile
      const hasOlder = messages.length > 0 && messages[0].seq > 1;
      this.store.dispatch({ type: "page", threadId, messages, hasOlder }, ...since);
    });
  }

  newer(threadId) {
    const log = this.state.logs[threadId];
    if (!log?.hasNewer) return Promise.resolve();
    return this.#once(`newer ${threadId}`, async () => {
      const after = log.messages.at(-1)?.seq ?? 0;
      const { messages, hasNewer, since } = await this.#page(threadId, { after_seq: after });
      if ((this.state.logs[threadId]?.messages.at(-1)?.seq ?? 0) !== after) return; // it was trimmed meanwhile
      this.store.dispatch({ type: "page", threadId, messages, hasNewer }, ...since);
    });
  }

  // A message that others quote, asked for once.
  quoted(messageId) {
    if (this.#quotes.size > MOST_QUOTES) this.#quotes.clear();
    if (!this.#quotes.has(messageId)) this.#quotes.set(messageId, api.message(messageId).then((raw) => messageRow(raw)));
    const quoted = this.#quotes.get(messageId);
    quoted.catch(() => this.#quotes.delete(messageId));
    return quoted;
  }

  loadWaits(threadId) {
    return this.#once(`waits ${threadId}`, async () => {
      this.store.dispatch({ type: "pastWaits", threadId, history: await api.waitHistory(threadId) });
    });
  }

  #once(key, work) {
    if (!this.#busy.has(key)) this.#busy.set(key, work().finally(() => this.#busy.delete(key)));
    return this.#busy.get(key);
  }

  // Reading is told to the bus now and then, not with every message, and at the latest when the page goes away.
  markRead(threadId, seq) {
    if (seq <= readSeq(this.state, this.state.threads[threadId])) return;
    this.store.dispatch({ type: "read", threadId, seq });
    this.#read.set(threadId, seq);
    this.#readTimer ??= setTimeout(() => this.flushRead(), READ_EVERY_MS);
  }

  flushRead() {
    clearTimeout(this.#readTimer);
    this.#readTimer = null;
    for (const [threadId, seq] of this.#read) api.markRead(threadId, seq).catch(() => {});
    this.#read.clear();
  }

  // Creates a thread; what is left open is decided by its template.
  async create(draft, key) {
    const given = Object.fromEntries(Object.entries(draft).filter(([, value]) => value.trim()));
    const answer = await api.create(given, key);
    await this.#learn(answer.id);
    return answer;
  }

  async send(threadId, body, key) {
    const message = await api.post(threadId, body, key);
    const log = this.state.logs[threadId];
    if (log && !log.hasNewer) this.store.dispatch({ type: "page", threadId, messages: [{ reactions: [], ...message }] });
    return message;
  }
}
