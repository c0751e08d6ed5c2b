"""The query language of search, for every index: words, phrases, operators, ranking and snippets.

An index parses a query with `parse`, finds candidates its own way, and hands them to `WindowPager`, which ranks,
pages and cuts snippets. So every index understands the same queries and answers in the same form.
"""

from agentchatbus.search_language.matching import Document, Names, marks_of, matches, wanted
from agentchatbus.search_language.nodes import (
    All,
    From,
    In,
    Marked,
    MessageMark,
    Near,
    Node,
    Not,
    OneOf,
    ParsedQuery,
    Reacted,
    Term,
)
from agentchatbus.search_language.paging import Candidate, Key, Window, WindowPager
from agentchatbus.search_language.parsing import parse
from agentchatbus.search_language.snippets import snippet
from agentchatbus.search_language.words import is_unspaced, occurrences, words_of

__all__ = [
    "All",
    "Candidate",
    "Document",
    "From",
    "In",
    "Key",
    "Marked",
    "MessageMark",
    "Names",
    "Near",
    "Node",
    "Not",
    "OneOf",
    "ParsedQuery",
    "Reacted",
    "Term",
    "Window",
    "WindowPager",
    "is_unspaced",
    "marks_of",
    "matches",
    "occurrences",
    "parse",
    "snippet",
    "wanted",
    "words_of",
]
