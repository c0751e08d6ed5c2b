// What changed between two texts, word by word: a list of [kind, text] with kind "same", "out" or "in".

const LIMIT = 1500;
const words = (text) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
const lines = (text) => text.match(/[^\n]*\n|[^\n]+/g) ?? [];

export function diff(before, after) {
  let [a, b] = [words(before), words(after)];
  if (a.length > LIMIT || b.length > LIMIT) [a, b] = [lines(before), lines(after)];
  if (a.length > LIMIT || b.length > LIMIT) return [["out", before], ["in", after]];
  return joined(steps(a, b, table(a, b)));
}

function table(a, b) {
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j;
      common[at] = a[i] === b[j] ? common[at + width + 1] + 1 : Math.max(common[at + width], common[at + 1]);
    }
  }
  return common;
}

function steps(a, b, common) {
  const width = b.length + 1;
  const found = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      found.push(["same", a[i++]]);
      j++;
    } else if (common[(i + 1) * width + j] >= common[i * width + j + 1]) found.push(["out", a[i++]]);
    else found.push(["in", b[j++]]);
  }
  while (i < a.length) found.push(["out", a[i++]]);
  while (j < b.length) found.push(["in", b[j++]]);
  return found;
}

function joined(list) {
  const runs = [];
  for (const [kind, text] of list) {
    const last = runs.at(-1);
    if (last?.[0] === kind) last[1] += text;
    else runs.push([kind, text]);
  }
  return runs;
}
