// Where one is in a conversation: at its end, which is then followed, or at a message, which then stays where it is.
import { useEffect, useLayoutEffect, useRef, useState } from "../ui.js";

const NEAR = 60;
const AHEAD = 400;
const TRIM_OVER = 250;
const KEEP = 100;

export function useScroll({ app, thread, log, drawn, seq, newAfter }) {
  const ref = useRef();
  const place = useRef({ isAtEnd: true, isGoingToEnd: false, anchor: null, aimed: null, lastSeen: thread.last_seq }).current;
  const [isAtEnd, setAtEnd] = useState(true);
  const view = { app, thread, log, drawn, seq, newAfter, place, setAtEnd, get box() { return ref.current; } };
  useLayoutEffect(() => {
    if (log) rowsChanged(view);
  }, [drawn?.[0]?.seq, drawn?.at(-1)?.seq, log?.hasNewer, seq, !log, newAfter]);
  useSizes(view);
  useEffect(() => {
    const looked = () => sawEnd(view);
    document.addEventListener("visibilitychange", looked);
    return () => document.removeEventListener("visibilitychange", looked);
  });
  const toEnd = () => goToEnd(view);
  app.toEnd = toEnd;
  return { ref, onScroll: () => scrolled(view), isAtEnd, lastSeen: place.lastSeen, toEnd };
}

function rowsChanged(view) {
  arrive(view);
  noteEnd(view);
  fill(view);
  trim(view);
}

// Goes to what was aimed at as soon as that is drawn, and stays where one is otherwise.
function arrive({ box, place, log, seq, newAfter }) {
  const aim = Number.isInteger(seq) ? `m${seq}` : null;
  if (place.isGoingToEnd) Object.assign(place, { isAtEnd: true, isGoingToEnd: false });
  const canGo = aim ? box.querySelector(`#${aim}`) : !log.hasNewer;
  if (place.aimed === `${aim}` || !canGo) return settle(box, place);
  place.aimed = `${aim}`;
  aimAt(box, place, aim, newAfter);
}

function noteEnd(view) {
  const { box, log, place } = view;
  place.isAtEnd = !log?.hasNewer && below(box) < NEAR;
  view.setAtEnd(place.isAtEnd);
  sawEnd(view);
}

function sawEnd({ app, thread, log, place }) {
  app.session.follow(log && place.isAtEnd ? thread.id : null);
  const last = log?.messages.at(-1)?.seq;
  if (document.hidden || !place.isAtEnd || last === undefined) return;
  place.lastSeen = last;
  app.session.markRead(thread.id, last);
}

// Where all of it can be seen there is nothing to scroll, which would bring the older ones.
function fill(view) {
  const { box, log } = view;
  if (log.hasOlder && box.scrollHeight - box.clientHeight < AHEAD) askOlder(view);
}

// Rows that are there but not drawn yet come first.
function askOlder({ app, thread, log, drawn }) {
  if (drawn?.length === log?.messages.length) app.try(app.session.older(thread.id));
}

function trim({ app, thread, log, place }) {
  if (log.messages.length <= TRIM_OVER) return;
  const around = place.isAtEnd ? log.messages.at(-1).seq : Number(place.anchor?.id.slice(1));
  app.session.store.dispatch({ type: "trim", threadId: thread.id, around, keep: KEEP });
}

// What grows or shrinks, such as a picture that has come, moves nothing that one looks at.
function useSizes(view) {
  useLayoutEffect(() => {
    const { app, place, box } = view;
    const watcher = new ResizeObserver(() => settle(box, place));
    watcher.observe(box);
    watcher.observe(box.firstElementChild);
    return () => {
      watcher.disconnect();
      app.session.follow(null);
    };
  }, []);
}

function scrolled(view) {
  const { app, thread, log, box, place } = view;
  if (!box) return; // the browser tells of the last scroll after the view is gone
  noteEnd(view);
  place.anchor = anchorOf(box);
  if (box.scrollTop < AHEAD) askOlder(view);
  if (log?.hasNewer && below(box) < AHEAD) app.try(app.session.newer(thread.id));
}

async function goToEnd(view) {
  const { app, thread, log, place } = view;
  if (log?.hasNewer) {
    await app.session.open(thread.id);
    place.isGoingToEnd = true; // the newest messages are drawn with the next frame
    return;
  }
  if (!view.box) return;
  place.isAtEnd = true;
  view.box.scrollTop = view.box.scrollHeight;
  scrolled(view);
}

const below = (box) => box.scrollHeight - box.scrollTop - box.clientHeight;

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
