// What dialogs are made of.
import { cls, html, useEffect, useLayoutEffect, useRef, useState } from "../ui.js";
import { Button } from "./parts.js";

// A dialog of the browser's own: it holds the focus, gives it back, and closes with Escape.
export function Dialog({ label, onClose, kind, children }) {
  const element = useRef();
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const click = (event) => event.target === element.current && onClose();
  return html`<dialog class=${cls("dialog", kind)} aria-label=${label} ref=${element} onClick=${click}
    onCancel=${(event) => { event.preventDefault(); onClose(); }}>${children}</dialog>`;
}

export const DialogHead = ({ title, onClose }) =>
  html`<div class="dialog-head"><h2>${title}</h2><${Button} name="close" label="Close" onClick=${onClose} /></div>`;

export function Confirm({ title, text, action, isDanger, field, onDone, onClose }) {
  const [value, setValue] = useState(field?.value ?? "");
  const submit = (event) => {
    event.preventDefault();
    onDone(value);
    onClose();
  };
  return html`<${Dialog} label=${title} onClose=${onClose} kind="small">
    <form onSubmit=${submit}>
      <h2>${title}</h2>
      ${text && html`<p>${text}</p>`}
      ${field && html`<label class="field"><span>${field.label}</span>
        <input value=${value} maxlength="500" required=${field.required} onInput=${(event) => setValue(event.target.value)} autofocus /></label>`}
      <div class="buttons">
        <button type="button" class="button" onClick=${onClose}>Cancel</button>
        <button class=${cls("button", isDanger ? "danger" : "primary")}>${action}</button>
      </div>
    </form>
  <//>`;
}

// What the bus answers, asked anew when one of the inputs changes.
export function useAnswer(ask, ...inputs) {
  const [answer, setAnswer] = useState({ value: null, problem: "" });
  useEffect(() => {
    let isCurrent = true;
    ask().then((value) => isCurrent && setAnswer({ value, problem: "" }), (error) => isCurrent && setAnswer({ value: null, problem: error.message }));
    return () => (isCurrent = false);
  }, inputs);
  return answer;
}
