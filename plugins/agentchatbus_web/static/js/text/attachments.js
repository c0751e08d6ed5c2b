// The files of a message, in whatever form its author put them into the metadata.

const PLACES = ["attachments", "images", "image", "files"];
const DATA = ["data", "base64", "b64", "data_url"];
const NAMES = ["name", "file_name", "filename", "title"];
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const ENDINGS = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp" };
const OF_BUS = /^\/static\/uploads\/[\w.-]+$/;
const ELSEWHERE = /^https?:\/\/[^\s"'<>]+$/i;
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}$/;
const MOST = 50;

const string = (value) => (typeof value === "string" ? value : "");
const first = (entry, keys) => keys.map((key) => string(entry[key])).find(Boolean) ?? "";
const endingOf = (name) => /\.([a-z0-9]{1,10})$/i.exec(name)?.[1].toLowerCase() ?? "";

export function attachmentsOf(metadata) {
  return PLACES.flatMap((place) => metadata[place] ?? [])
    .slice(0, MOST)
    .filter((entry) => entry && typeof entry === "object")
    .map(attachment)
    .filter(Boolean);
}

function attachment(entry) {
  const [url, data] = [string(entry.url), first(entry, DATA)];
  const name = first(entry, NAMES) || (OF_BUS.test(url) ? url.split("/").at(-1).replace(/^[0-9a-f]{20,}/, "file") : "file");
  const type = string(entry.mimeType) || string(entry.mime_type) || string(entry.media_type) || ENDINGS[endingOf(url)] || "";
  const common = { name, type, kind: kindOf(name, type), size: Number.isFinite(entry.size) && entry.size >= 0 ? entry.size : null };
  if (OF_BUS.test(url)) return { ...common, url, isPicture: !!ENDINGS[endingOf(url)] };
  if (ELSEWHERE.test(url)) return { ...common, url, isElsewhere: true };
  return data ? inline(common, data) : null;
}

function inline(common, text) {
  const [head, rest] = text.startsWith("data:") ? [text.slice(5, text.indexOf(",")), text.slice(text.indexOf(",") + 1)] : ["", text];
  if (!BASE64.test(rest)) return null;
  const type = head.split(";")[0] || common.type;
  const size = common.size ?? Math.floor((rest.replace(/[\s=]/g, "").length * 3) / 4);
  const isPicture = PICTURES.has(type);
  return { ...common, type, kind: kindOf(common.name, type), size, data: rest, isPicture, url: isPicture ? `data:${type};base64,${rest}` : "" };
}

const kindOf = (name, type) => (endingOf(name) || type.split(/[/+;]/)[1] || "file").slice(0, 12).toUpperCase();

export function sizeText(bytes) {
  if (bytes === null || bytes === undefined) return "";
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

// What a message holds in its metadata for files that were uploaded. Agents are shown one list only, so that pictures
// and other files go into the same one when there are both.
export function attached(files) {
  const pictures = files.filter((file) => file.isPicture);
  if (pictures.length === files.length) return { images: files.map(({ url, name }) => ({ url, name })) };
  const entry = ({ url, name, type, size, isPicture }) => ({ type: isPicture ? "image" : "file", url, name, mimeType: type, size });
  return { attachments: files.map(entry) };
}

export const isPictureAddress = (url) => OF_BUS.test(url) && !!ENDINGS[endingOf(url)];
