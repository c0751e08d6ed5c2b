// Files on their way into a message: each is uploaded by itself, and one that fails says why and holds up no other.
import { useRef, useState } from "../ui.js";
import { api } from "../net/api.js";
import { isPictureAddress } from "../text/attachments.js";

const endingOf = (name) => /\.([^.]{1,12})$/.exec(name)?.[1].toUpperCase() ?? "FILE";

function why(error) {
  if (error.status === 404) return "This bus keeps no such files.";
  if (error.status === 413) return error.message === "The bus answered 413." ? "It is too large." : error.message;
  return error.message;
}

export function useFiles() {
  const [files, setFiles] = useState([]);
  const next = useRef(1);
  const change = (id, changes) => setFiles((known) => known.map((file) => (file.id === id ? { ...file, ...changes } : file)));
  const upload = async ({ id, file }) => {
    change(id, { state: "uploading", problem: "" });
    try {
      const { url, name } = await api.upload(file);
      change(id, { state: "ready", url, name: name ?? file.name, isPicture: isPictureAddress(url) });
    } catch (error) {
      change(id, { state: "failed", problem: why(error) });
    }
  };
  const add = (given) => {
    const added = [...given].map((file) => {
      const name = file.name || "pasted.png";
      return { id: next.current++, file, name, size: file.size, type: file.type, kind: endingOf(name), state: "uploading" };
    });
    setFiles((known) => [...known, ...added]);
    added.forEach(upload);
  };
  const remove = (id) => setFiles((known) => known.filter((file) => file.id !== id));
  const ready = files.filter((file) => file.state === "ready");
  return {
    files,
    ready,
    isBusy: files.some((file) => file.state === "uploading"),
    add,
    remove,
    retry: upload,
    sent: (given) => setFiles((known) => known.filter((file) => !given.some((item) => item.id === file.id))),
  };
}

export const filesOf = (transfer) => [...(transfer?.files ?? [])];
