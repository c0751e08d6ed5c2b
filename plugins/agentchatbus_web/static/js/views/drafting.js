// What is being written in a thread, kept in this browser until it is sent.
import { useLayoutEffect, useRef, useState } from "../ui.js";
import { load, save } from "../prefs.js";
import { api } from "../net/api.js";
import { attached } from "../text/attachments.js";

const TYPING_EVERY_MS = 6000;

// The text is kept at the keystroke itself: an effect runs after the next paint, and a page may be closed before that.
export function useDraft(thread, log) {
  const place = `draft.${thread.id}`;
  const [text, show] = useState(() => load(place, ""));
  const typedAt = useRef(0);
  const attempt = useAttempt(thread);
  const setText = (next) => {
    save(place, next);
    show(next);
  };
  const typed = (next) => {
    setText(next);
    if (!next || Date.now() - typedAt.current <= TYPING_EVERY_MS) return;
    typedAt.current = Date.now();
    api.typing(thread.id, true).catch(() => {});
  };
  const sent = () => {
    setText("");
    typedAt.current = 0;
    attempt.settled();
  };
  const isSent = attempt.isIn(log, text);
  useLayoutEffect(() => { if (isSent) sent(); }, [isSent]);
  return { text, setText, typed, sent, attempt: attempt.of };
}

// Sending is tried with a key: a second try with the same message is the same message for the bus. The key is kept, so
// that this holds as well when the page is loaded anew before the answer came.
function useAttempt(thread) {
  const place = `sending.${thread.id}`;
  const [earlier] = useState(() => load(place, null));
  const last = useRef(earlier);
  const keep = (next) => {
    last.current = next;
    save(place, next);
  };
  const of = (body) => {
    const isAgain = last.current && (isSame(last.current.body, body) || (last.current === earlier && isPart(earlier.body, body)));
    if (!isAgain) keep({ key: crypto.randomUUID(), body, after: thread.last_seq });
    return last.current;
  };
  // Whether what was tried before this view was there has become a message.
  const isIn = (log, text) => {
    if (!earlier || last.current !== earlier || earlier.body.content !== text) return false;
    return !!log?.messages.some(({ seq, author_id, content }) => seq > earlier.after && author_id === null && content === text);
  };
  return { of, isIn, settled: () => keep(null) };
}

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// A page that was loaded anew has forgotten what was answered and which files there were.
const isPart = (whole, part) => Object.keys(part).every((key) => isSame(whole[key], part[key]));

// What the bus is sent: the text, and what its marks say beside it. `list` holds whom it may mention.
export function bodyOf({ text, list, reply, isUrgent, files = [] }) {
  const named = list.filter((item) => text.includes(`@${item.name}`));
  const { images, attachments } = attached(files);
  const metadata = {
    ...(named.length && { mention_labels: Object.fromEntries(named.map((item) => [item.id, item.name])) }),
    ...(attachments?.length && { attachments }),
  };
  return {
    content: text,
    ...(isUrgent && { priority: "urgent" }),
    ...(reply && { reply_to_msg_id: reply.id }),
    ...(named.length && { mentions: named.map((item) => item.id) }),
    ...(Object.keys(metadata).length && { metadata }),
    ...(images?.length && { images }),
  };
}
