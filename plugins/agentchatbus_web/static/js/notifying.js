// Tells a person who looks elsewhere that something needs them.
import { nameOf } from "./state/selectors.js";
import { plainLine } from "./text/format.js";

const TEXTS = {
  deadlock: (state, item) => `Deadlock: ${item.waits.map((wait) => nameOf(state, wait.agent_id)).join(" → ")}`,
  blocked: (state, item) => `${nameOf(state, item.wait.agent_id)} waits for somebody who is offline`,
  refused: (state, item) => `A message of ${nameOf(state, item.refusal.agent_id)} was refused`,
  lost: (state, item) => `${nameOf(state, item.agent.id)} fell silent`,
};

export function tell(items, state, prefs) {
  if (!items.length || !document.hidden) return;
  if (prefs.notify && "Notification" in window && Notification.permission === "granted") {
    for (const item of items.slice(0, 3)) {
      const text = TEXTS[item.kind]?.(state, item) ?? plainLine(item.message.content, 140);
      new Notification("AgentChatBus", { body: text, tag: item.key });
    }
  }
  if (prefs.sound) chime();
}

function chime() {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = 660;
  volume.gain.setValueAtTime(0.08, context.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.4);
  tone.connect(volume).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + 0.4);
  tone.onended = () => context.close();
}
