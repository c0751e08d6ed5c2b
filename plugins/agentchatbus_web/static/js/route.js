// The address says what is open: #thread/<id>, #thread/<id>/<seq>, #inbox, #overview, #search/<words>, #settings, #panel/<name>.

const VIEWS = new Set(["inbox", "overview", "panel", "search", "settings", "thread", "threads", "agents"]);

export function parseRoute(hash) {
  const [view, ...rest] = hash.replace(/^#\/?/, "").replace(/^thread=/, "thread/").split("/").map(decoded);
  if (!VIEWS.has(view)) return { view: "home" };
  if (view === "thread") return { view, threadId: rest[0] ?? "", seq: /^\d+$/.test(rest[1] ?? "") ? Number(rest[1]) : null };
  if (view === "search") return { view, query: rest.join("/") };
  if (view === "panel") return { view, name: rest[0] ?? "" };
  return { view };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const toThread = (threadId, seq = null) => `#thread/${encodeURIComponent(threadId)}${seq === null ? "" : `/${seq}`}`;
export const toPanel = (name) => `#panel/${encodeURIComponent(name)}`;
export const toSearch = (query) => `#search/${encodeURIComponent(query)}`;
