// Everything that the page asks of the bus, and how the answers get into the store.
import { Store } from "../state/store.js";
import { readSeq } from "../state/selectors.js";
import { api, Refused } from "./api.js";
import { Stream } from "./stream.js";

const PAGE = 50;
const ASKS = 30;
const THREAD_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const READ_EVERY_MS = 10_000;

export class Session {
  store = new Store();
  #held = [];
  #isReady = false;
  #isLoading = null;
  #open = null;
  #read = new Map();
  #readTimer = null;
  #busy = new Map();

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

  #opened(isResumed) {
    this.store.dispatch({ type: "connection", connection: "open" });
    if (!isResumed || !this.#isReady) this.reload();
  }

  // What happens while the rows are on their way is held back and applied on top of them.
  #received(event) {
    if (event.type === "resync") return this.reload();
    if (event.type === "msg.new" && this.#isReady) this.#learn(event.payload.thread_id);
    if (!this.#isReady || this.#isLoading) this.#held.push(event);
    else this.store.dispatch({ type: "event", event });
  }

  reload() {
    this.#isLoading ??= this.#load().finally(() => (this.#isLoading = null));
    return this.#isLoading;
  }

  async #load() {
    try {
      const [threads, agents] = await Promise.all([api.threads(), api.agents()]);
      const at = new Date().toISOString();
      const open = this.#open;
      this.store.dispatch({ type: "snapshot", threads, agents, at });
      if (open) await this.#loadThread(open, null);
    } catch (error) {
      this.store.dispatch({ type: "phase", phase: "failed", problem: error.message });
      setTimeout(() => this.reload(), 3000);
      return;
    }
    this.#isReady = true;
    this.store.dispatch(...this.#held.splice(0).map((event) => ({ type: "event", event })));
    this.#loadAsks();
  }

  // What asked for a person before this page was opened: mentions and open cards, found by two searches.
  async #loadAsks() {
    const [mentions, said] = await Promise.all([found('"@human"'), found("from:system")]);
    const open = mentions.filter((hit) => hit.seq > readSeq(this.state, this.state.threads[hit.thread_id]));
    const ids = new Set([...open, ...said].map((hit) => hit.message_id));
    const messages = await Promise.all([...ids].slice(0, ASKS).map((messageId) => api.message(messageId).catch(() => null)));
    this.store.dispatch({ type: "asks", messages: messages.filter(Boolean) });
  }

  async moreThreads() {
    const page = await api.threads(this.state.moreThreads);
    this.store.dispatch({ type: "threads", page });
  }

  open(threadId, seq = null) {
    this.#open = threadId;
    const log = this.state.logs[threadId];
    const isThere = log && (seq === null ? !log.hasNewer : log.messages.some((message) => message.seq === seq));
    if (!threadId || isThere || !this.#isReady) return Promise.resolve();
    return this.#once(`open ${threadId}`, () => this.#loadThread(threadId, seq));
  }

  async #loadThread(threadId, seq) {
    try {
      if (!(await this.#learn(threadId))) return;
      const isNewest = seq === null;
      const params = isNewest ? { order: "desc", limit: PAGE } : { after_seq: Math.max(0, seq - PAGE / 2), limit: PAGE };
      const messages = await api.messages(threadId, params);
      const last = this.state.threads[threadId]?.last_seq ?? 0;
      const hasOlder = (messages[0]?.seq ?? 1) > 1;
      const hasNewer = !isNewest && (messages.at(-1)?.seq ?? last) < last;
      this.store.dispatch({ type: "reset", threadId }, { type: "page", threadId, messages, hasOlder, hasNewer });
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
    }
  }

  // A thread that was too old for the first page of the list is fetched when it is opened or somebody speaks in it.
  #learn(threadId) {
    if (this.state.threads[threadId]) return Promise.resolve(true);
    if (!THREAD_ID.test(threadId)) return Promise.resolve(false);
    return this.#once(`learn ${threadId}`, async () => {
      const [thread, overview] = await Promise.all([api.thread(threadId), api.overview(threadId)]);
      const page = { threads: [{ ...thread, ...overview }], next_cursor: this.state.moreThreads };
      this.store.dispatch({ type: "threads", page });
      return true;
    }).catch(() => false);
  }

  older(threadId) {
    const log = this.state.logs[threadId];
    if (!log?.hasOlder || !log.messages.length) return Promise.resolve();
    return this.#once(`older ${threadId}`, async () => {
      const params = { before_seq: log.messages[0].seq, order: "desc", limit: PAGE };
      const messages = await api.messages(threadId, params);
      this.store.dispatch({ type: "page", threadId, messages, hasOlder: messages.length > 0 && messages[0].seq > 1 });
    });
  }

  newer(threadId) {
    const log = this.state.logs[threadId];
    if (!log?.hasNewer) return Promise.resolve();
    return this.#once(`newer ${threadId}`, async () => {
      const messages = await api.messages(threadId, { after_seq: log.messages.at(-1)?.seq ?? 0, limit: PAGE });
      this.store.dispatch({ type: "page", threadId, messages, hasNewer: messages.length === PAGE });
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

  async send(threadId, body, key) {
    const message = await api.post(threadId, body, key);
    const log = this.state.logs[threadId];
    if (log && !log.hasNewer) this.store.dispatch({ type: "page", threadId, messages: [{ reactions: [], ...message }] });
    return message;
  }
}

async function found(q) {
  try {
    return (await api.search(q, { limit: 50 })).results;
  } catch {
    return []; // a bus may have no search; the inbox then starts empty
  }
}
