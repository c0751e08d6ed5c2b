// The library behind every view, in one place: Preact with templates in plain JavaScript.
import { h, render } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
export { render };
export const html = htm.bind(h);

export const cls = (...names) => names.filter(Boolean).join(" ");
