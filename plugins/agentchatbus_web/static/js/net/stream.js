// The one event stream. It resumes by itself after a lost connection, and says when it cannot.

import { takeStream } from "./ahead.js";

const PATIENCE = [500, 1000, 2000, 5000, 10000];

export class Stream {
  #source = null;
  #last = null;
  #tries = 0;
  #timer = null;

  constructor({ onOpen, onEvent, onLost }) {
    Object.assign(this, { onOpen, onEvent, onLost });
  }

  open() {
    const after = this.#last === null ? "" : `?after=${encodeURIComponent(this.#last)}`;
    const { source: given, events } = takeStream();
    const source = given ?? new EventSource(`/events${after}`);
    this.#source = source;
    source.onopen = () => {
      this.#tries = 0;
      this.onOpen({ isResumed: this.#last !== null });
    };
    source.onmessage = (message) => {
      if (message.lastEventId) this.#last = message.lastEventId;
      const event = JSON.parse(message.data);
      event.at = new Date().toISOString();
      this.onEvent(event);
    };
    source.onerror = () => this.#failed(source);
    if (source.readyState === EventSource.OPEN) source.onopen();
    else if (source.readyState === EventSource.CLOSED) source.onerror();
    events.forEach(source.onmessage);
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  // The browser reconnects by itself, with the id of the last event; but not after an answer such as 503.
  #failed(source) {
    if (source !== this.#source) return;
    this.onLost();
    if (source.readyState !== EventSource.CLOSED) return;
    this.#timer = setTimeout(() => this.open(), PATIENCE[Math.min(this.#tries++, PATIENCE.length - 1)]);
  }
}
