// A form made from the description of the settings that the bus gives.
import { cls, html, useEffect, useState } from "../ui.js";
import { api } from "../net/api.js";
import { plural } from "../text/format.js";

const SOURCES = { file: "from the configuration file", env: "from the environment", flag: "from the command line" };
const OLD_NAMES = { HOST: "server.host" };

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const shown = (value) => (Array.isArray(value) ? value.join(", ") : value === null || value === undefined ? "" : String(value));
const words = (value) => (value === true ? "on" : value === false ? "off" : shown(value) || "nothing");
export const nextValue = (field) => field.saved_value ?? field.value;

function problemsOf(error) {
  if (!Array.isArray(error.detail)) return { "": error.message };
  return Object.fromEntries(error.detail.map(({ loc, msg }) => [OLD_NAMES[loc.at(-1)] ?? loc.at(-1), msg]));
}

// The description, what was changed and not saved yet, and what is wrong with it.
export function useSettings(app) {
  const [sections, setSections] = useState(null);
  const [draft, setDraft] = useState({});
  const [problems, setProblems] = useState({});
  const load = () => api.manifest().then((manifest) => setSections(manifest.sections), (error) => setProblems({ "": error.message }));
  useEffect(() => {
    load();
    return app.session.listen((event) => ["settings.saved", "resync"].includes(event.type) && load());
  }, []);
  const fields = (sections ?? []).flatMap((section) => section.fields);
  const change = (field, value) => {
    const { [field.key]: _, ...rest } = draft;
    setDraft(isSame(value, nextValue(field)) ? rest : { ...rest, [field.key]: value });
    setProblems(({ [field.key]: gone, ...others }) => others);
  };
  const save = async () => {
    setProblems({});
    try {
      const answer = await api.saveSettings(draft);
      setDraft({});
      app.say(answer.message);
      await load();
    } catch (error) {
      setProblems(problemsOf(error));
    }
  };
  const discard = () => [setDraft({}), setProblems({})];
  return { sections, fields, draft, problems, change, save, discard };
}

function typed(field, text) {
  if (text === "") return null;
  if (field.kind === "number") return Number.isNaN(Number(text)) ? text : Number(text);
  if (field.kind === "list") return text.split(/[,\n]/).map((item) => item.trim()).filter(Boolean);
  return text;
}

function Control({ field, id, value, isOff, isWrong, about, onChange }) {
  const common = { id, disabled: isOff, "aria-describedby": about, "aria-invalid": isWrong ? "true" : undefined };
  if (field.kind === "toggle") return html`<input type="checkbox" ...${common} checked=${!!value} onChange=${(event) => onChange(event.target.checked)} />`;
  if (field.options) {
    return html`<select ...${common} value=${value} onChange=${(event) => onChange(event.target.value)}>${field.options.map((item) => html`<option key=${item} value=${item}>${item}</option>`)}</select>`;
  }
  const bounds = field.kind === "number" ? { type: "number", min: field.min, max: field.max, step: field.step ?? "any" } : { type: "text" };
  return html`<input ...${bounds} ...${common} value=${shown(value)} onChange=${(event) => onChange(typed(field, event.target.value))} />`;
}

function Notes({ field, isSecret }) {
  const isPending = field.saved_value !== null && !isSame(field.saved_value, field.value);
  return html`${isPending && html`<span class="pending">In force now: ${words(field.value)}. After the next start: ${words(field.saved_value)}.</span>`}
    ${SOURCES[field.value_source] && html`<span>${SOURCES[field.value_source]}</span>`}
    ${!field.editable && html`<span>${field.readonly_reason}</span>`}
    ${!isSecret && field.editable && html`<span>by default ${words(field.default_value)}</span>`}`;
}

export function SettingField({ form, field, canSave }) {
  const id = `setting-${field.key}`;
  const [problem, isSecret] = [form.problems[field.key], field.sensitivity === "secret"];
  const isChanged = Object.hasOwn(form.draft, field.key);
  const isObject = field.editable === false && field.value !== null && typeof field.value === "object" && !Array.isArray(field.value);
  const value = isChanged ? form.draft[field.key] : nextValue(field);
  return html`<div class=${cls("setting", field.kind, isChanged && "changed", problem && "wrong", !field.editable && "locked")}>
    <label for=${id}>${field.label}</label>
    <div class="setting-value">
      ${isSecret || isObject ? html`<output id=${id}>${isSecret ? "••••••" : JSON.stringify(field.value)}</output>`
        : html`<${Control} field=${field} id=${id} value=${value} isOff=${!canSave || !field.editable} isWrong=${!!problem} about=${`${id}-about`} onChange=${(next) => form.change(field, next)} />`}
      ${field.saved_value !== null && canSave && field.editable && !isChanged && html`<button type="button" class="text-button" onClick=${() => form.change(field, null)}>Give the saved value up</button>`}
    </div>
    <div class="setting-about" id=${`${id}-about`}>${field.description && html`<p>${field.description}</p>`}
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      <small><${Notes} field=${field} isSecret=${isSecret} /></small></div>
  </div>`;
}

export function SettingSection({ form, section, canSave }) {
  const [isOpen, setOpen] = useState(false);
  const count = section.fields.filter((field) => Object.hasOwn(form.draft, field.key)).length;
  const isWrong = section.fields.some((field) => form.problems[field.key]) || form.problems[section.id];
  return html`<details class="setting-section" open=${isOpen || !!isWrong} onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary>${section.title} <small>${plural(section.fields.length, "setting")}</small>${count > 0 && html`<b class="changes">${count} changed</b>`}</summary>
    ${form.problems[section.id] && html`<p class="problem" role="alert">${form.problems[section.id]}</p>`}
    ${section.fields.map((field) => html`<${SettingField} key=${field.key} form=${form} field=${field} canSave=${canSave} />`)}
  </details>`;
}

export function SaveBar({ form }) {
  const count = Object.keys(form.draft).length;
  if (!count && !form.problems[""]) return null;
  return html`<div class="save-bar" role="group" aria-label="Changes">
    <span>${form.problems[""] ? html`<b class="problem" role="alert">${form.problems[""]}</b>` : html`<b>${plural(count, "setting")}</b> changed, in force after the next start`}</span>
    <button type="button" class="button" onClick=${form.discard}>Discard</button>
    <button type="button" class="button primary" disabled=${!count} onClick=${form.save}>Save</button>
  </div>`;
}
