// Choices of this browser, and the plugins of the bus.
import { html, useEffect, useState } from "../ui.js";
import { api } from "../net/api.js";
import { theme } from "../prefs.js";

function Plugins({ app }) {
  const [plugins, setPlugins] = useState(null);
  const [problem, setProblem] = useState("");
  const load = () => api.plugins().then(setPlugins, (error) => setProblem(error.message));
  useEffect(() => void load(), []);
  if (problem) return html`<p class="problem">${problem}</p>`;
  if (!plugins) return html`<p class="empty">Loading …</p>`;
  return html`<div class="table-box" tabindex="0" role="region" aria-label="Plugins"><table class="plugins"><thead><tr><th>Plugin</th><th>State</th><th>Version</th><th>Takes part in</th></tr></thead>
    <tbody>${plugins.map((plugin) => html`<tr key=${plugin.name}><td><b>${plugin.name}</b></td>
      <td><span class=${`plugin-state ${plugin.state.replace(/\W+/g, "-")}`}>${plugin.state}</span>${plugin.reason && html`<small>${plugin.reason}</small>`}
        ${plugin.state === "quarantined" && html`<button type="button" class="text-button" onClick=${() => app.try(api.enablePlugin(plugin.name).then(load), "Called again.")}>Call it again</button>`}</td>
      <td>${plugin.version}</td><td><small>${plugin.hooks.join(", ")}</small></td></tr>`)}</tbody></table></div>`;
}

export function Settings({ app }) {
  const [chosen, setChosen] = useState(theme());
  const choose = (name) => {
    setChosen(name);
    app.setTheme(name);
  };
  const check = (key, label, note) => html`<label class="check"><input type="checkbox" checked=${app.prefs[key]} onChange=${(event) => app.setPref(key, event.target.checked)} />
    <span>${label}${note && html`<small>${note}</small>`}</span></label>`;
  return html`<section class="page settings" aria-label="Settings">
    <header class="page-head"><h1 tabindex="-1">Settings</h1></header>
    <h2>This browser</h2>
    <div class="segmented" role="group" aria-label="Theme">${["system", "light", "dark"].map((name) => html`<button type="button" key=${name} aria-pressed=${String(chosen === name)} onClick=${() => choose(name)}>${name}</button>`)}</div>
    ${check("enterSends", "Enter sends", "Otherwise Ctrl+Enter sends, and Enter breaks the line.")}
    ${check("notify", "Tell me when something needs me", "With a notification of the browser, while this page is open in the background.")}
    ${check("sound", "With a sound")}
    <h2>Plugins of the bus</h2>
    <p>They are switched and set in the configuration file. <a href="/docs">All routes of this bus</a></p>
    <${Plugins} app=${app} />
  </section>`;
}
