// Colours of code.
import DOMPurify from "../../vendor/purify.js";
// At its start this library freezes whatever it reaches, so it must not be loaded late, when that may be the page.
import hljs from "../../vendor/highlight.js";

const UP_TO = 40_000;
const ALLOWED = { ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"], RETURN_DOM_FRAGMENT: true };
const CLASSES = /^(hljs-[a-z_-]+|function_|class_|inherited__|language_|title)$/;

export function colour(pre) {
  const { language } = pre.dataset;
  if (!language || pre.textContent.length >= UP_TO || !hljs.getLanguage(language)) return;
  const { value } = hljs.highlight(pre.textContent, { language, ignoreIllegals: true });
  const colours = DOMPurify.sanitize(value, ALLOWED);
  colours.querySelectorAll("[class]").forEach(keepKnownClasses);
  pre.querySelector("code").replaceChildren(colours);
}

function keepKnownClasses(element) {
  element.className = [...element.classList].filter((name) => CLASSES.test(name)).join(" ");
}
