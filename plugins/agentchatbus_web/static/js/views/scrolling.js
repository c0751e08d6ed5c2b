// Where one is in a conversation: at its end, which is then followed, or at a message, which then stays where it is.
import { useEffect, useLayoutEffect, useRef, useState } from "../ui.js";

const NEAR = 60;
const AHEAD = 400;
const TRIM_OVER = 250;
const KEEP = 100;

export function useScroll({ app, thread, log, seq, newAfter }) {
  const ref = useRef();
  const place = useRef({ isAtEnd: true, isGoingToEnd: false, anchor: null, aimed: null, lastSeen: thread.last_seq }).current;
  const [isAtEnd, setAtEnd] = useState(true);
  const first = log?.messages[0]?.seq;
  const last = log?.messages.at(-1)?.seq;

  const noteEnd = () => {
    const box = ref.current;
    place.isAtEnd = !log?.hasNewer && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    setAtEnd(place.isAtEnd);
    sawEnd();
  };
  const sawEnd = () => {
    app.session.follow(log && place.isAtEnd ? thread.id : null);
    if (!log || document.hidden || !place.isAtEnd || last === undefined) return;
    place.lastSeen = last;
    app.session.markRead(thread.id, last);
  };

  useLayoutEffect(() => {
    if (!log) return;
    const aim = seq !== null && seq !== undefined ? `m${seq}` : null;
    if (place.isGoingToEnd) Object.assign(place, { isAtEnd: true, isGoingToEnd: false });
    if (place.aimed !== `${aim}` && (aim ? ref.current.querySelector(`#${aim}`) : !log.hasNewer)) {
      place.aimed = `${aim}`;
      aimAt(ref.current, place, aim, newAfter);
    } else settle(ref.current, place);
    noteEnd();
    // Where all of it can be seen there is nothing to scroll, which would bring the older ones.
    if (log.hasOlder && ref.current.scrollHeight - ref.current.clientHeight < AHEAD) app.try(app.session.older(thread.id));
    if (log.messages.length <= TRIM_OVER) return;
    const around = place.isAtEnd ? last : Number(place.anchor?.id.slice(1));
    app.session.store.dispatch({ type: "trim", threadId: thread.id, around, keep: KEEP });
  }, [first, last, log?.hasNewer, seq, !log, newAfter]);

  useLayoutEffect(() => {
    const box = ref.current;
    const watcher = new ResizeObserver(() => settle(box, place));
    watcher.observe(box);
    watcher.observe(box.firstElementChild);
    return () => {
      watcher.disconnect();
      app.session.follow(null);
    };
  }, []);

  useEffect(() => {
    document.addEventListener("visibilitychange", sawEnd);
    return () => document.removeEventListener("visibilitychange", sawEnd);
  });

  const onScroll = () => {
    const box = ref.current;
    if (!box) return; // the browser tells of the last scroll after the view is gone
    noteEnd();
    place.anchor = anchorOf(box);
    if (box.scrollTop < AHEAD) app.try(app.session.older(thread.id));
    if (log?.hasNewer && box.scrollHeight - box.scrollTop - box.clientHeight < AHEAD) app.try(app.session.newer(thread.id));
  };

  const toEnd = async () => {
    if (log?.hasNewer) {
      await app.session.open(thread.id);
      place.isGoingToEnd = true; // the newest messages are drawn with the next frame
      return;
    }
    if (!ref.current) return;
    place.isAtEnd = true;
    ref.current.scrollTop = ref.current.scrollHeight;
    onScroll();
  };
  app.toEnd = toEnd;
  return { ref, onScroll, isAtEnd, lastSeen: place.lastSeen, toEnd };
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
  const rows = box.querySelectorAll(".message");
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (rows[middle].getBoundingClientRect().bottom > top + 4) to = middle;
    else from = middle + 1;
  }
  return from < rows.length ? { id: rows[from].id, offset: rows[from].getBoundingClientRect().top - top } : null;
}

function settle(box, place) {
  if (place.isAtEnd) box.scrollTop = box.scrollHeight;
  else if (place.anchor) {
    const element = box.querySelector(`#${place.anchor.id}`);
    if (!element) return;
    const moved = element.getBoundingClientRect().top - box.getBoundingClientRect().top - place.anchor.offset;
    if (Math.abs(moved) > 0.5) box.scrollTop += moved;
  }
}
