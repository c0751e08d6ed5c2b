// The library behind every view, in one place: Preact with templates in plain JavaScript.
import { h, render } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
export { render };
export const html = htm.bind(h);

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
