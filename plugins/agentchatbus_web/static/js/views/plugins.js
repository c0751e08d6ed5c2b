// The plugins of the bus: what became of each, why, and its settings.
import { html, useEffect, useState } from "../ui.js";
import { api } from "../net/api.js";
import { SettingSection } from "./setting_fields.js";

const RANK = { quarantined: 0, failed: 1, active: 2 };

function usePlugins(app) {
  const [plugins, setPlugins] = useState(null);
  const [problem, setProblem] = useState("");
  const load = () => api.plugins().then(setPlugins, (error) => setProblem(error.message));
  useEffect(() => {
    load();
    return app.session.listen((event) => (event.type.startsWith("plugin.") || event.type === "resync") && load());
  }, []);
  return { plugins, problem, load };
}

function Plugin({ app, plugin, section, form, canSave, load }) {
  const enable = () => app.try(api.enablePlugin(plugin.name).then(load), "Called again.");
  return html`<li class=${`plugin ${plugin.state.replace(/\W+/g, "-")}`}>
    <div class="plugin-head"><b>${plugin.name}</b> <span class=${`plugin-state ${plugin.state.replace(/\W+/g, "-")}`}>${plugin.state}</span>
      <small>${plugin.version}</small>
      ${plugin.state === "quarantined" && html`<button type="button" class="text-button" onClick=${enable}>Call it again</button>`}</div>
    ${plugin.reason && html`<p class="plugin-reason">${plugin.reason}</p>`}
    ${plugin.hooks.length > 0 && html`<p class="plugin-hooks"><small>Takes part in ${plugin.hooks.join(", ")}</small></p>`}
    ${section && html`<${SettingSection} form=${form} section=${{ ...section, title: "Settings" }} canSave=${canSave} />`}
  </li>`;
}

export function Plugins({ app, form, canSave }) {
  const { plugins, problem, load } = usePlugins(app);
  if (problem) return html`<p class="problem">${problem}</p>`;
  if (!plugins) return html`<p class="empty">Loading …</p>`;
  const sections = new Map((form.sections ?? []).map((section) => [section.id, section]));
  const inOrder = [...plugins].sort((a, b) => (RANK[a.state] ?? 3) - (RANK[b.state] ?? 3) || a.name.localeCompare(b.name));
  return html`<ul class="plugins">${inOrder.map((plugin) => html`<${Plugin} key=${plugin.name} ...${{ app, plugin, form, canSave, load }} section=${sections.get(`plugins.${plugin.name}`)} />`)}</ul>`;
}
