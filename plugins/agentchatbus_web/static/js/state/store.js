// Holds the state; tells who watches, at most once a frame however many events arrive.
import { initialState, reduce } from "./reducer.js";

export class Store {
  state = initialState();
  #watchers = new Set();
  #isDue = false;

  dispatch(...actions) {
    const before = this.state;
    this.state = actions.reduce(reduce, before);
    if (this.state !== before) this.#tellSoon();
  }

  watch(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #tellSoon() {
    if (this.#isDue) return;
    this.#isDue = true;
    const tell = () => {
      this.#isDue = false;
      for (const watcher of this.#watchers) watcher(this.state);
    };
    // A hidden page gets no frames, yet its title has to tell what happens.
    if (document.hidden) setTimeout(tell, 200);
    else requestAnimationFrame(tell);
  }
}
