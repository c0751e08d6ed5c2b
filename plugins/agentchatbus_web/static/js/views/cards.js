// Messages of the coordinator that are more than text, with the buttons that answer them.
import { cls, html, useState } from "../ui.js";
import { api } from "../net/api.js";
import { CONFIRMATIONS } from "../state/asks.js";
import { clockTime } from "../text/format.js";

const TITLES = {
  admin_switch_confirmation_required: "Who leads this thread?",
  admin_takeover_confirmation_required: "Should the administrator go on?",
  admin_coordination_timeout_notice: "Everybody waits",
  admin_coordination_takeover_instruction: "The administrator was asked to go on",
  agent_offline_risk_notice: "The administrator is not here",
  admin_switch_decision_result: "The administrator was decided",
  admin_takeover_decision_result: "Decided",
  deadlock_notice: "Deadlock",
};

const text = (value) => (typeof value === "string" ? value : "");

export function Decision({ app, message }) {
  const [problem, setProblem] = useState("");
  const [sending, setSending] = useState("");
  const { metadata } = message;
  const buttons = Array.isArray(metadata.ui_buttons) ? metadata.ui_buttons.slice(0, 4) : [];
  if (metadata.decision_status === "resolved") {
    const done = buttons.find((button) => button?.action === metadata.decision_action);
    return html`<p class="decided">✓ Decided: ${text(done?.label) || text(metadata.decision_action)}${metadata.decision_at ? ` at ${clockTime(metadata.decision_at)}` : ""}</p>`;
  }
  const decide = async (action) => {
    setSending(action);
    setProblem("");
    try {
      const body = { action, source_message_id: message.id };
      if (text(metadata.candidate_admin_id)) body.candidate_admin_id = metadata.candidate_admin_id;
      await api.decide(message.thread_id, body);
      app.say("Decided.");
    } catch (error) {
      setProblem(error.message);
    } finally {
      setSending("");
    }
  };
  return html`<div class="buttons">
      ${buttons.map((button, index) => html`<button key=${index} type="button" class=${cls("button", index === 0 && "primary")} disabled=${!!sending}
        title=${text(button?.tooltip)} onClick=${() => decide(text(button?.action))}>${sending === button?.action ? "…" : text(button?.label)}</button>`)}
    </div>${problem && html`<p class="problem" role="alert">${problem}</p>`}`;
}

export function isCard(message) {
  return typeof message.metadata.ui_type === "string" || message.role === "system";
}

export function SystemCard({ app, message }) {
  const type = text(message.metadata.ui_type);
  const hidden = message.metadata.visibility === "human_only";
  const isOpen = CONFIRMATIONS.has(type) && message.metadata.decision_status !== "resolved";
  const isAlarm = type.includes("deadlock") && message.metadata.decision_status !== "resolved";
  return html`<div class=${cls("card", isOpen && "asks", isAlarm && "alarm-card")}>
    <div class="card-head"><b>${TITLES[type] ?? (type.includes("deadlock") ? "Deadlock" : "System")}</b>
      ${hidden && html`<span class="only" title="Agents do not see this">only people see this</span>`}
      <time>${clockTime(message.created_at)}</time></div>
    <p class="card-text">${message.content}</p>
    ${CONFIRMATIONS.has(type) && html`<${Decision} app=${app} message=${message} />`}
    ${type.includes("deadlock") && message.metadata.decision_status === "resolved" && html`<p class="decided">✓ Resolved</p>`}
  </div>`;
}
