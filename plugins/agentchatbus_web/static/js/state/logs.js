// Messages of one thread in the order of their numbers, each once.

export function putMessages(known, arrived) {
  if (!arrived.length) return known;
  if (arrived.length === 1 && (!known.length || arrived[0].seq > known[known.length - 1].seq)) return [...known, arrived[0]];
  const bySeq = new Map(known.map((message) => [message.seq, message]));
  for (const message of arrived) {
    const old = bySeq.get(message.seq);
    bySeq.set(message.seq, old && old.edit_version > message.edit_version ? old : message);
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

export function changeMessage(state, threadId, messageId, change) {
  const log = state.logs[threadId];
  const at = log ? log.messages.findIndex((message) => message.id === messageId) : -1;
  if (at < 0) return state;
  const messages = [...log.messages];
  messages[at] = change(messages[at]);
  return { ...state, logs: { ...state.logs, [threadId]: { ...log, messages } } };
}
