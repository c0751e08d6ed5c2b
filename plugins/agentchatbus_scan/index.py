"""Looking through messages, newest first, in steps that hold the storage for a short time each."""

from __future__ import annotations

from agentchatbus.plugin_api import (
    HUMAN,
    SYSTEM,
    Hit,
    Message,
    SearchIndex,
    SearchPage,
    SearchQuery,
    Storage,
    ThreadQuery,
    Transaction,
)
from agentchatbus.plugin_api import search_language as language
from agentchatbus_scan.walking import Walk, key_of, key_types

STEP = 200
"""Messages that one unit of work looks at."""

Listed = tuple[list[language.Candidate], language.Key | None]


class ScanIndex(SearchIndex):
    """Holds nothing: every query reads the storage.

    Args:
        storage: Where the messages are.
        window: How many matches are ranked against each other.
        messages: How many messages one page looks at.
    """

    def __init__(self, storage: Storage, *, window: int, messages: int) -> None:
        self._storage = storage
        self._window = window
        self._messages = messages

    async def query(self, query: SearchQuery) -> SearchPage:
        parsed = language.parse(query.text)
        pager = language.WindowPager(query, parsed, *key_types)
        names = await self._storage.read(lambda tx: _names(tx, parsed))
        chosen: list[language.Candidate] = []
        if (window := pager.window) is not None:
            chosen = pager.take(*await self._candidates(query, parsed, names, window))
        hits = [_hit(candidate, parsed) for candidate in chosen]
        notes = _notes(parsed, names, is_empty=not hits)
        return SearchPage(hits=tuple(hits), next_cursor=pager.next_cursor, note=self._note(pager, notes))

    async def _candidates(
        self, query: SearchQuery, parsed: language.ParsedQuery, names: language.Names, window: language.Window
    ) -> Listed:
        walk = Walk(query.thread_id, window)
        await walk.begin(self._storage)
        found: list[language.Candidate] = []
        reached: language.Key | None = None
        looked_at = 0

        def step(tx: Transaction) -> bool:
            nonlocal reached, looked_at
            for message in walk.messages(tx, STEP):
                reached = key_of(message)
                looked_at += 1
                if _is_found(message, query, parsed, names) and _has_reactions(tx, message, parsed):
                    found.append(language.Candidate(reached, message.id, message.content))
                if self._is_enough(len(found), looked_at, window):
                    return False
            return walk.goes_on

        while await self._storage.read(step):
            pass
        return found, reached if walk.goes_on else None

    def _is_enough(self, found: int, looked_at: int, window: language.Window) -> bool:
        """Whether a new window is full; one that was full before is looked through up to its end."""
        return window.newest is None and (found >= self._window or looked_at >= self._messages)

    def _note(self, pager: language.WindowPager, notes: list[str]) -> str | None:
        if pager.is_partial:
            notes.append(
                f"Ranked among the newest {self._window} matches in at most {self._messages} messages; older ones "
                "follow on later pages."
            )
        return " ".join(notes) or None


def _names(tx: Transaction, parsed: language.ParsedQuery) -> language.Names:
    leaves = list(parsed.leaves())
    people = {leaf.name for leaf in leaves if isinstance(leaf, language.From)}
    threads = {leaf.thread for leaf in leaves if isinstance(leaf, language.In)}
    agents = tx.agents.all() if people else []
    return language.Names(
        agents={
            name: {agent.id for agent in agents if language.wanted(name, agent.id, agent.name, agent.display_name)}
            for name in people
        },
        threads={thread: _threads(tx, thread) for thread in threads},
    )


def _threads(tx: Transaction, wanted: str) -> set[str]:
    exact = {thread.id for thread in (tx.threads.get(wanted), tx.threads.by_topic(wanted)) if thread}
    if exact:
        return exact
    plain = wanted.casefold()
    return {
        thread.id for thread in tx.threads.page(ThreadQuery(include_archived=True)) if thread.topic.casefold() == plain
    }


def _notes(parsed: language.ParsedQuery, names: language.Names, *, is_empty: bool) -> list[str]:
    """Say what ``in:`` names and does not exist, and on an empty page what ``from:`` names as well.

    Whoever is no agent any more, or never was one, may have written messages; people and the bus never were.
    """
    leaves = dict.fromkeys(parsed.leaves())
    threads = [leaf.thread for leaf in leaves if isinstance(leaf, language.In)]
    people = [leaf.name for leaf in leaves if isinstance(leaf, language.From) and is_empty]
    return [
        *(f"There is no thread {thread!r}." for thread in threads if not names.threads.get(thread)),
        *(
            f"No agent is called {name!r}; write whole words of a name."
            for name in people
            if not names.agents.get(name) and name.casefold() not in (HUMAN, SYSTEM)
        ),
    ]


def _is_found(message: Message, query: SearchQuery, parsed: language.ParsedQuery, names: language.Names) -> bool:
    if message.is_human_only and not query.sees_human_only:
        return False
    if parsed.before is not None and message.created_at >= parsed.before:
        return False
    if parsed.after is not None and message.created_at < parsed.after:
        return False
    return language.matches(parsed, language.Document.of(message), names)


def _has_reactions(tx: Transaction, message: Message, parsed: language.ParsedQuery) -> bool:
    if not parsed.reactions:
        return True
    has = {reaction.reaction for reaction in tx.reactions.of([message.id]).get(message.id, ())}
    return all((one.reaction in has) is one.wanted for one in parsed.reactions)


def _hit(candidate: language.Candidate, parsed: language.ParsedQuery) -> Hit:
    snippet, marks = language.snippet(candidate.text, parsed.terms)
    return Hit(message_id=candidate.message_id, snippet=snippet, marks=marks)
