// Messages that ask something of the person who watches: open cards, mentions, notices of the coordinator.

export const CONFIRMATIONS = new Set(["admin_switch_confirmation_required", "admin_takeover_confirmation_required"]);

export function isMention(message, me) {
  if (!message.author_id) return false;
  const names = [me.name.toLowerCase(), "human"];
  const { mentions, handoff_target: target } = message.metadata;
  const named = [target, ...(Array.isArray(mentions) ? mentions : [])].filter((item) => typeof item === "string");
  if (named.some((item) => names.includes(item.replace(/^@/, "").toLowerCase()))) return true;
  const words = message.content.toLowerCase();
  return words.includes("@") && (words.match(/@[\p{L}\p{N}_.-]+/gu) ?? []).some((word) => names.includes(word.slice(1).replace(/[.-]+$/, "")));
}

export function kindOfAsk(message, me) {
  const { ui_type, ui_buttons, decision_status, visibility } = message.metadata;
  if (message.role !== "system") return isMention(message, me) ? "mention" : null;
  if (decision_status === "resolved") return null;
  if (Array.isArray(ui_buttons) && ui_buttons.length) return "card";
  return visibility === "human_only" && String(ui_type).endsWith("_notice") ? "notice" : null;
}

export function putAsk(state, message) {
  const kind = kindOfAsk(message, state.me);
  const known = state.asks[message.id];
  if (!kind && !known) return state;
  const asks = { ...state.asks };
  delete asks[message.id];
  if (kind) asks[message.id] = { kind, message };
  return { ...state, asks };
}

export function dropAsksOf(state, threadId) {
  const asks = Object.fromEntries(Object.entries(state.asks).filter(([, ask]) => ask.message.thread_id !== threadId));
  return { ...state, asks };
}
