// The library behind every view, in one place: Preact with templates in plain JavaScript.
import { h, render } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
export { render };

// The library would keep every element without a changing part for good, and through its parents the whole page as it was
// when that element was drawn first, with all messages in it. The mark says that each may change.
export const html = htm.bind(function element(...given) {
  this[0] = 3;
  return h(...given);
});

// A view that is drawn anew only when what it shows has changed; `shows` returns all of that as a list.
export function kept(shows, View) {
  return function Kept(props) {
    this.shown ??= shows(props);
    this.shouldComponentUpdate ??= (next) => {
      const before = this.shown;
      this.shown = shows(next);
      return this.shown.length !== before.length || this.shown.some((item, at) => item !== before[at]);
    };
    return View(props);
  };
}

export const cls = (...names) => names.filter(Boolean).join(" ");
