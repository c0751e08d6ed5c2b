// What the keys do wherever nothing is being written.
import { useEffect } from "../ui.js";
import { toThread } from "../route.js";

const isWriting = (target) => target.closest?.("input, textarea, select, [contenteditable]");

function nextThread(app, step) {
  const list = app.threadsShown;
  if (!list.length) return;
  const at = list.indexOf(app.route.threadId);
  app.go(toThread(list[at < 0 ? 0 : Math.min(Math.max(at + step, 0), list.length - 1)]));
}

function nextMessage(step) {
  const all = [...document.querySelectorAll(".messages .message")];
  if (!all.length) return;
  const at = all.indexOf(document.activeElement?.closest(".message"));
  const next = all[at < 0 ? all.length - 1 : Math.min(Math.max(at + step, 0), all.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: (app) => nextThread(app, 1),
  k: (app) => nextThread(app, -1),
  n: () => nextMessage(1),
  p: () => nextMessage(-1),
  c: (app) => app.show({ dialog: "create" }),
  i: (app) => app.go("#inbox"),
  o: (app) => app.go("#overview"),
  "/": (app) => app.go("#search/"),
  r: (app) => app.focusComposer(),
  End: () => document.querySelector(".to-end")?.click(),
  "?": (app) => app.show({ dialog: "keys" }),
};

export function useKeys(app) {
  useEffect(() => {
    const pressed = (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return app.show(app.open?.dialog === "palette" ? null : { dialog: "palette" });
      }
      if (event.key === "Escape" && app.open?.dialog === "agents") return app.show(null);
      if (event.ctrlKey || event.metaKey || event.altKey || app.open || isWriting(event.target)) return;
      const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
      if (!act) return;
      event.preventDefault();
      act(app);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}
