"""From the meaning of a query to an expression of FTS5.

Whatever a person wrote arrives here as words in the form of `search_language`, and they stand between quotes; so
nothing of it can be taken for syntax.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentchatbus.plugin_api import search_language as language
from agentchatbus_fts5.functions import EVERY, NOBODY, id_word


def expression(
    parsed: language.ParsedQuery, names: language.Names, *, thread_id: str | None, sees_human_only: bool
) -> str:
    """Return what FTS5 has to look for."""
    parts = [_of(parsed.tree, names)] if parsed.tree else []
    parts += [_marked(id_word(thread_id))] if thread_id is not None else []
    found = _join(" AND ", parts or [_marked(EVERY)])
    return found if sees_human_only else f"({found} NOT {_marked(language.MessageMark.HUMAN_ONLY)})"


def _of(node: language.Node, names: language.Names) -> str:
    match node:
        case language.Term():
            return f"content : {_phrase(node)}"
        case language.Near(terms=terms, distance=distance):
            return f"content : NEAR({' '.join(map(_phrase, terms))}, {distance})"
        case language.From() | language.In() | language.Marked():
            return _described(node, names)
        case _:
            return _combined(node, names)


def _combined(node: language.All | language.OneOf | language.Not, names: language.Names) -> str:
    match node:
        case language.Not(item=item):
            return f"({_marked(EVERY)} NOT {_of(item, names)})"
        case language.All(items=items):
            return _all(items, names)
        case language.OneOf(items=items):
            return _join(" OR ", (_of(item, names) for item in items))


def _described(node: language.From | language.In | language.Marked, names: language.Names) -> str:
    match node:
        case language.Marked(mark=mark):
            return _marked(mark)
        case language.In(thread=thread):
            return _any_marked(names.threads.get(thread, ()))
        case language.From(name=name):
            return _author(name, names)


def _all(items: Sequence[language.Node], names: language.Names) -> str:
    without = [_of(item.item, names) for item in items if isinstance(item, language.Not)]
    having = [_of(item, names) for item in items if not isinstance(item, language.Not)] or [_marked(EVERY)]
    found = _join(" AND ", having)
    return f"({found} NOT {_join(' OR ', without)})" if without else found


def _author(name: str, names: language.Names) -> str:
    words = tuple(language.words_of(name))
    phrases = [f"author_name : {_phrase(language.Term(words))}"] if words else []
    ids = [f'author_name : "{id_word(agent_id)}"' for agent_id in sorted(names.agents.get(name, ()))]
    return _join(" OR ", [*phrases, *ids] or [_marked(NOBODY)])


def _any_marked(thread_ids: Iterable[str]) -> str:
    return _join(" OR ", [_marked(id_word(thread_id)) for thread_id in sorted(thread_ids)] or [_marked(NOBODY)])


def _phrase(term: language.Term) -> str:
    return f'"{" ".join(term.words)}"{" *" if term.prefix else ""}'


def _marked(word: str) -> str:
    return f'metadata : "{word}"'


def _join(connective: str, parts: Iterable[str]) -> str:
    joined = list(parts)
    return joined[0] if len(joined) == 1 else f"({connective.join(joined)})"
