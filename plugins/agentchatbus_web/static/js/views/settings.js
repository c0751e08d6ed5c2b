// Choices of this browser, the settings of the bus, and its plugins.
import { html, useState } from "../ui.js";
import { theme } from "../prefs.js";
import { Plugins } from "./plugins.js";
import { SaveBar, SettingSection, useSettings } from "./setting_fields.js";

function Browser({ app }) {
  const [chosen, setChosen] = useState(theme());
  const choose = (name) => {
    setChosen(name);
    app.setTheme(name);
  };
  const check = (key, label, note) => html`<label class="check"><input type="checkbox" checked=${app.prefs[key]} onChange=${(event) => app.setPref(key, event.target.checked)} />
    <span>${label}${note && html`<small>${note}</small>`}</span></label>`;
  return html`<h2>This browser</h2>
    <div class="segmented" role="group" aria-label="Theme">${["system", "light", "dark"].map((name) => html`<button type="button" key=${name} aria-pressed=${String(chosen === name)} onClick=${() => choose(name)}>${name}</button>`)}</div>
    ${check("enterSends", "Enter sends", "Otherwise Ctrl+Enter sends, and Enter breaks the line.")}
    ${check("notify", "Tell me when something needs me", "With a notification of the browser, while this page is open in the background.")}
    ${check("sound", "With a sound")}`;
}

const isOfBus = (section) => !section.id.startsWith("plugins.");

export function Settings({ app }) {
  const form = useSettings(app);
  const { kind, is_open } = app.session.state.me;
  const canSave = kind === "operator" || (kind === "human" && is_open);
  return html`<section class="page settings" aria-label="Settings">
    <header class="page-head"><h1 tabindex="-1">Settings</h1></header>
    <${Browser} app=${app} />
    <h2>The bus</h2>
    <p>What you save here wins over the configuration file and is in force after the next start. <a href="/docs">All routes of this bus</a></p>
    ${!canSave && html`<p class="only-operator">Only the operator may save these settings, because the network can reach this bus. You can look at them.</p>`}
    ${(form.sections ?? []).filter(isOfBus).map((section) => html`<${SettingSection} key=${section.id} form=${form} section=${section} canSave=${canSave} />`)}
    <h2>Plugins</h2>
    <p>Which of them take part is said in the configuration file. Those that need a look come first.</p>
    <${Plugins} app=${app} form=${form} canSave=${canSave} />
    <${SaveBar} form=${form} />
  </section>`;
}
