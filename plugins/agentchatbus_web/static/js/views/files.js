// Files of messages: pictures to look at, everything else as a chip to save it.
import { cls, html } from "../ui.js";
import { attachmentsOf, sizeText } from "../text/attachments.js";
import { icon } from "./parts.js";

// Data inside a message is saved under a type that nothing opens by itself.
function saveData({ data, name }) {
  const bytes = Uint8Array.from(atob(data.replace(/\s/g, "")), (char) => char.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

function Inside({ file }) {
  const about = [file.kind, sizeText(file.size)].filter(Boolean).join(" · ");
  return html`${icon(file.isElsewhere ? "link" : "file")}<span class="file-text"><b>${file.name}</b><small>${about}${file.isElsewhere ? " · elsewhere" : ""}</small></span>`;
}

// The bus keeps a file under a name of its own; it is told which one to save it as.
const named = ({ url, name }) => `${url}?${new URLSearchParams({ file_name: name.slice(0, 200) })}`;

export function FileChip({ app, file }) {
  if (!file.url) {
    return html`<button type="button" class="file" aria-label=${`Save ${file.name}`} onClick=${() => app.try(Promise.resolve().then(() => saveData(file)))}><${Inside} file=${file} /></button>`;
  }
  const where = file.isElsewhere ? { href: file.url, target: "_blank", rel: "noopener noreferrer" } : { href: named(file), download: file.name };
  return html`<a class="file" ...${where} aria-label=${`${file.isElsewhere ? "Open" : "Save"} ${file.name}`} title=${file.isElsewhere ? file.url : file.name}><${Inside} file=${file} /></a>`;
}

function Picture({ app, file }) {
  return html`<button type="button" class="image" aria-label="Enlarge the picture"
    onClick=${() => app.show({ dialog: "image", url: file.url, name: file.name })}><img src=${file.url} alt=${file.name || "Picture"} loading="lazy" /></button>`;
}

export function Attachments({ app, message }) {
  const files = attachmentsOf(message.metadata);
  if (!files.length) return null;
  const [pictures, others] = [files.filter((file) => file.isPicture), files.filter((file) => !file.isPicture)];
  return html`${pictures.length > 0 && html`<div class="images">${pictures.map((file, index) => html`<${Picture} key=${index} app=${app} file=${file} />`)}</div>`}
    ${others.length > 0 && html`<div class="files">${others.map((file, index) => html`<${FileChip} key=${index} app=${app} file=${file} />`)}</div>`}`;
}

export function Waiting({ file, onRemove, onRetry }) {
  const words = { uploading: "is being uploaded …", failed: file.problem, ready: [file.kind, sizeText(file.size)].filter(Boolean).join(" · ") };
  return html`<li class=${cls("file", file.state)}>
    ${file.isPicture && file.state === "ready" ? html`<img src=${file.url} alt=${file.name} />` : icon("file")}
    <span class="file-text"><b>${file.name}</b><small role=${file.state === "failed" ? "alert" : undefined}>${words[file.state]}</small></span>
    ${file.state === "failed" && html`<button type="button" class="text-button" onClick=${onRetry}>Try again</button>`}
    <button type="button" class="icon-button" aria-label=${`Remove ${file.name}`} title=${`Remove ${file.name}`} onClick=${onRemove}>${icon("close")}</button>
  </li>`;
}
