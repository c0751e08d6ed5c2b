// What this browser remembers: choices and drafts. A browser that forbids storage forgets them with the page.

const PREFIX = "acb.";
const memory = new Map();

export function load(key, otherwise) {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return memory.get(key) ?? otherwise;
  }
}

export function save(key, value) {
  memory.set(key, value);
  try {
    if (value === null || value === "") localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Kept in memory then.
  }
}

export function setTheme(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("acb.theme");
    else localStorage.setItem("acb.theme", theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}

export const theme = () => document.documentElement.dataset.theme ?? "system";
