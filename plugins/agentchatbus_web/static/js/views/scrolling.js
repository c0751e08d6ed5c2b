// Where one is in a conversation: at its end, which is then followed, or at a message, which then stays where it is.
import { useEffect, useLayoutEffect, useRef, useState } from "../ui.js";

const NEAR = 60;
const AHEAD = 400;
const TRIM_OVER = 300;
const KEEP = 150;

export function useScroll({ app, thread, log, seq, newAfter }) {
  const ref = useRef();
  const place = useRef({ isAtEnd: true, anchor: null, aimed: null });
  const [isAtEnd, setAtEnd] = useState(true);
  const [lastSeen, setLastSeen] = useState(null);
  const first = log?.messages[0]?.seq;
  const last = log?.messages.at(-1)?.seq;

  const isEnd = () => {
    const box = ref.current;
    return !log?.hasNewer && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
  };
  const settle = () => settled(ref.current, place.current);
  const sawEnd = () => {
    if (!log || document.hidden || !place.current.isAtEnd || last === undefined) return;
    setLastSeen(last);
    app.session.markRead(thread.id, last);
  };

  useLayoutEffect(() => {
    if (!log) return;
    const aim = seq !== null && seq !== undefined ? `m${seq}` : null;
    if (place.current.aimed !== `${aim}` && (!aim || ref.current.querySelector(`#${aim}`))) {
      place.current.aimed = `${aim}`;
      aimAt(ref.current, place.current, aim, newAfter);
    } else settle();
    place.current.isAtEnd = isEnd();
    setAtEnd(place.current.isAtEnd);
    sawEnd();
    if (place.current.isAtEnd && log.messages.length > TRIM_OVER) app.session.store.dispatch({ type: "trim", threadId: thread.id, keep: KEEP });
  }, [first, last, seq, !log, newAfter]);

  useLayoutEffect(() => {
    const watcher = new ResizeObserver(settle);
    watcher.observe(ref.current);
    for (const child of ref.current.children) watcher.observe(child);
    return () => watcher.disconnect();
  }, [first, last, !log]);

  useEffect(() => {
    document.addEventListener("visibilitychange", sawEnd);
    return () => document.removeEventListener("visibilitychange", sawEnd);
  });

  const onScroll = () => {
    const box = ref.current;
    place.current.isAtEnd = isEnd();
    place.current.anchor = anchorOf(box);
    if (place.current.isAtEnd !== isAtEnd) setAtEnd(place.current.isAtEnd);
    sawEnd();
    if (box.scrollTop < AHEAD) app.try(app.session.older(thread.id));
    if (log?.hasNewer && box.scrollHeight - box.scrollTop - box.clientHeight < AHEAD) app.try(app.session.newer(thread.id));
  };

  const toEnd = async () => {
    place.current.isAtEnd = true;
    if (log.hasNewer) await app.session.open(thread.id);
    ref.current.scrollTop = ref.current.scrollHeight;
    onScroll();
  };
  return { ref, onScroll, isAtEnd, lastSeen, toEnd };
}

function aimAt(box, place, aim, newAfter) {
  const target = aim ? box.querySelector(`#${aim}`) : newAfter !== null && box.querySelector(".divider.new");
  if (target) {
    box.scrollTop += target.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / (aim ? 3 : 6);
    place.isAtEnd = false;
    place.anchor = anchorOf(box);
  } else {
    place.isAtEnd = true;
    box.scrollTop = box.scrollHeight;
  }
}

// The first message that can be seen, and how far below the upper edge it is.
function anchorOf(box) {
  const top = box.getBoundingClientRect().top;
  for (const child of box.children) {
    const rect = child.getBoundingClientRect();
    if (child.id && rect.bottom > top + 4) return { id: child.id, offset: rect.top - top };
  }
  return null;
}

function settled(box, place) {
  if (!box) return;
  if (place.isAtEnd) box.scrollTop = box.scrollHeight;
  else if (place.anchor) {
    const element = box.querySelector(`#${place.anchor.id}`);
    if (!element) return;
    const moved = element.getBoundingClientRect().top - box.getBoundingClientRect().top - place.anchor.offset;
    if (Math.abs(moved) > 0.5) box.scrollTop += moved;
  }
}
