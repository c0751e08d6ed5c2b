// The public REST API, as any script may use it.
import { takeAnswer } from "./ahead.js";

export class Refused extends Error {
  constructor(status, detail, retryAfter = null) {
    super(sentence(status, detail));
    this.status = status;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }
}

function sentence(status, detail) {
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail)) return detail.map((item) => item.msg).join("; ");
  if (detail?.message) return String(detail.message);
  if (detail?.error) return String(detail.error) + (detail.pattern ? ` (${detail.pattern})` : "");
  return status ? `The bus answered ${status}.` : "The bus cannot be reached.";
}

const query = (values) => {
  const used = Object.entries(values ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return used.length ? `?${new URLSearchParams(used)}` : "";
};

async function send(method, path, { body, params, headers = {}, ...more } = {}) {
  const options = { method, headers: { ...headers }, credentials: "same-origin", ...more };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    const address = path + query(params);
    response = await ((method === "GET" && takeAnswer(address)) || fetch(address, options));
  } catch {
    throw new Refused(0, "The bus cannot be reached. Is it running?");
  }
  const text = await response.text();
  const document = parsed(text);
  if (!response.ok) throw new Refused(response.status, document?.detail ?? document, response.headers.get("Retry-After"));
  return document;
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

const id = encodeURIComponent;
const get = (path, params) => send("GET", path, { params });
const post = (path, body = {}, more = {}) => send("POST", path, { body, ...more });

export const api = {
  me: () => get("/api/me"),
  login: (token) => post("/api/login", { token }),
  config: () => get("/api/config"),
  needs: () => get("/api/needs"),
  threads: (before) => get("/api/threads", { order: "activity", limit: 100, include_archived: true, before }),
  create: (body, key) => post("/api/threads", { ...body, creator_agent_id: "human" }, { headers: { "Idempotency-Key": key } }),
  templates: () => get("/api/templates"),
  thread: (threadId) => get(`/api/threads/${id(threadId)}`),
  overview: (threadId) => get(`/api/threads/${id(threadId)}/overview`),
  setState: (threadId, state) => post(`/api/threads/${id(threadId)}/state`, { state }),
  rename: (threadId, topic) => post(`/api/threads/${id(threadId)}/rename`, { topic }),
  close: (threadId, summary) => post(`/api/threads/${id(threadId)}/close`, summary ? { summary } : {}),
  archive: (threadId, is) => post(`/api/threads/${id(threadId)}/${is ? "archive" : "unarchive"}`),
  remove: (threadId) => send("DELETE", `/api/threads/${id(threadId)}`),
  waitHistory: (threadId) => get(`/api/threads/${id(threadId)}/waits/history`),
  settings: (threadId, changes) => post(`/api/threads/${id(threadId)}/settings`, changes),
  markRead: (threadId, seq) => post(`/api/threads/${id(threadId)}/read`, { seq }, { keepalive: true }),
  typing: (threadId, is_typing) => post(`/api/threads/${id(threadId)}/typing`, { is_typing }),
  agents: () => get("/api/agents"),
  kick: (agentId) => post(`/api/agents/${id(agentId)}/kick`),
  messages: (threadId, params) => get(`/api/threads/${id(threadId)}/messages`, { include_system_prompt: false, ...params }),
  message: (messageId) => get(`/api/messages/${id(messageId)}`),
  post: (threadId, body, key) => post(`/api/threads/${id(threadId)}/messages`, body, { headers: { "Idempotency-Key": key } }),
  edit: (messageId, content) => send("PUT", `/api/messages/${id(messageId)}`, { body: { content } }),
  history: (messageId) => get(`/api/messages/${id(messageId)}/history`),
  react: (messageId, reaction) => post(`/api/messages/${id(messageId)}/reactions`, { reaction }),
  unreact: (messageId, reaction) => send("DELETE", `/api/messages/${id(messageId)}/reactions`, { params: { reaction, agent_id: "human" } }),
  decide: (threadId, body) => post(`/api/threads/${id(threadId)}/admin/decision`, body),
  search: (q, params) => get("/api/search", { q, limit: 30, ...params }),
  manifest: () => get("/api/settings/manifest"),
  saveSettings: (values) => send("PUT", "/api/settings", { body: values }),
  plugins: () => get("/api/plugins"),
  enablePlugin: (name) => post(`/api/plugins/${id(name)}/enable`),
  extensions: () => get("/api/console"),
  ask: (method, path, given = {}) => send(method, path, method === "GET" || method === "DELETE" ? { params: given } : { body: given }),
  upload: (file) => {
    const body = new FormData();
    body.append("file", file, file.name || "pasted.png");
    return send("POST", "/api/upload/file", { body });
  },
};
