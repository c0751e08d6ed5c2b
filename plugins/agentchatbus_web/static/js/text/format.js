// Times and amounts as people read them.

const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export const clockTime = (iso) => (iso ? time.format(new Date(iso)) : "");
export const fullTime = (iso) => (iso ? full.format(new Date(iso)) : "");
export const dayKey = (iso) => new Date(iso).toDateString();

export function dayName(iso, now = new Date()) {
  const date = new Date(iso);
  if (date.toDateString() === now.toDateString()) return "Today";
  const yesterday = new Date(now.getTime() - 86_400_000);
  return date.toDateString() === yesterday.toDateString() ? "Yesterday" : day.format(date);
}

export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

export const since = (iso, now = Date.now()) => span(now - Date.parse(iso));

export function ago(iso, now = Date.now()) {
  const passed = now - Date.parse(iso);
  return passed < 60_000 ? "now" : span(passed).replace(/ .*/, (rest) => rest.split(" ").slice(0, 2).join(" "));
}

export const byName = new Intl.Collator().compare;

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

export function names(list) {
  return list.length < 2 ? (list[0] ?? "") : `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
}

// The beginning of a Markdown text without its marks, for places with one line.
export function plainLine(text, length = 120) {
  const line = text
    .replace(/```\w*\n?/g, " ")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^\s*(?:#{1,6}|>+)\s+/gm, "")
    .replace(/(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])|[*~`|]+/gu, "")
    .replace(/\s+/g, " ")
    .trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
