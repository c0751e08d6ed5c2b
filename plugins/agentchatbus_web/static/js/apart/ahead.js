// Asks for what the page begins with while its modules are on their way; `net/ahead.js` hands the answers to them.
(() => {
  const answers = new Map();
  const events = [];
  const ahead = { answers, events, source: null };
  const ask = (path) => {
    const answer = fetch(path);
    answer.catch(() => {}); // it is heard of where the answer is awaited
    answers.set(path, answer);
    return answer;
  };
  const rows = () => {
    const [, threadId] = /^#thread\/([0-9a-f-]{36})$/i.exec(location.hash) ?? [];
    if (threadId) ask(`/api/threads/${threadId}/messages?include_system_prompt=false&limit=50&order=desc`);
    ["/api/threads?order=activity&limit=100&include_archived=true", "/api/agents", "/api/needs"].forEach(ask);
  };
  // What is asked when the stream is open misses nothing of what happens.
  const listen = ({ needs_login }) => {
    if (needs_login || ahead.isTaken) return;
    ahead.source = new EventSource("/events");
    ahead.source.onopen = rows;
    ahead.source.onmessage = (event) => events.push(event);
  };
  ask("/api/me").then((answer) => answer.clone().json()).then(listen).catch(() => {});
  globalThis.ahead = ahead;
})();
