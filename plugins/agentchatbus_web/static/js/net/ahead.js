// What was asked before the modules came. Each answer is taken once, and none after the page has begun.
const { ahead } = globalThis;

export function takeAnswer(path) {
  const answer = ahead.answers.get(path);
  ahead.answers.delete(path);
  return answer;
}

// The stream with the events that came meanwhile; who asks opens one if there is none yet.
export function takeStream() {
  const { source, events } = ahead;
  Object.assign(ahead, { isTaken: true, source: null });
  return { source, events: events.splice(0) };
}

export const begun = () => ahead.answers.clear();
