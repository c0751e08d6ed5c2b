// Holds the state; tells who watches, at most once a frame however many events arrive.
import { initialState, reduce } from "./reducer.js";

// What agents do is shown at once when it comes alone, and ten times a second when much comes.
const PACE_MS = 100;
const PATIENT = new Set(["event", "read", "trim"]);

export class Store {
  state = initialState();
  #watchers = new Set();
  #isDue = false;
  #told = -PACE_MS;
  #timer = null;

  dispatch(...actions) {
    const before = this.state;
    this.state = actions.reduce(reduce, before);
    if (this.state === before || this.#isDue) return;
    const rest = actions.every(({ type }) => PATIENT.has(type)) ? this.#told + PACE_MS - performance.now() : 0;
    if (rest > 0) this.#timer ??= setTimeout(() => this.#tellSoon(), rest);
    else this.#tellSoon();
  }

  watch(watcher) {
    this.#watchers.add(watcher);
    watcher(this.state); // it may have changed since the watcher was made
    return () => this.#watchers.delete(watcher);
  }

  #tellSoon() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#isDue = true;
    const tell = () => {
      this.#isDue = false;
      this.#told = performance.now();
      for (const watcher of this.#watchers) watcher(this.state);
    };
    // A hidden page gets no frames, yet its title has to tell what happens.
    if (document.hidden) setTimeout(tell, 200);
    else requestAnimationFrame(tell);
  }
}
