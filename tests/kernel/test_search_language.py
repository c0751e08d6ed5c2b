"""The query language of search: what is understood, how texts become words, ranks and snippets."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchatbus.errors import InvalidRequest
from agentchatbus.search_language import (
    All,
    From,
    In,
    Marked,
    MessageMark,
    Near,
    Not,
    OneOf,
    ParsedQuery,
    Reacted,
    Term,
    parse,
    snippet,
    words_of,
)
from agentchatbus.search_language.ranking import Statistics, counts_of
from agentchatbus.search_language.words import occurrences, spans_of

ONE, TWO, THREE = Term(("one",)), Term(("two",)), Term(("three",))
PIECES = [
    "one",
    "two",
    '"',
    "(",
    ")",
    "-",
    "*",
    "OR",
    "AND",
    "NOT",
    "NEAR(",
    "from:",
    "is:edited",
    "before:",
    " ",
    "検",
]

TREES = [
    ("one two", All((ONE, TWO))),
    ("one AND two three", All((ONE, TWO, THREE))),
    ("one OR two three", OneOf((ONE, All((TWO, THREE))))),
    ("one OR two AND three", OneOf((ONE, All((TWO, THREE))))),
    ("one NOT two", All((ONE, Not(TWO)))),
    ("one NOT two three", All((ONE, Not(All((TWO, THREE)))))),
    ("one NOT two OR three", OneOf((All((ONE, Not(TWO))), THREE))),
    ("one -two three", All((ONE, Not(TWO), THREE))),
    ("-(one OR two)", Not(OneOf((ONE, TWO)))),
    ("NOT NOT one", None),
    ("-(-one)", ONE),
    ("((one))", ONE),
    ("(one two) three", All((ONE, TWO, THREE))),
    ("one-two", Term(("one", "two"))),
    ('"one ""two"" three"', Term(("one", "two", "three"))),
    ("one*", Term(("one",), prefix=True)),
    ("one-two*", Term(("one", "two"), prefix=True)),
    ('"one two" *', Term(("one", "two"), prefix=True)),
    ("*one", ONE),
    ("one + two + three", Term(("one", "two", "three"))),
    ("one +", ONE),
    ("NEAR(one two)", Near((ONE, TWO), 10)),
    ('NEAR("one two" three,4)', Near((Term(("one", "two")), THREE), 4)),
    ("NEAR (one two)", All((Term(("near",)), ONE, TWO))),
    ("near(one two)", All((Term(("near",)), ONE, TWO))),
    ("content:one", ONE),
    ("Content: (one OR two)", OneOf((ONE, TWO))),
    ("{content}:one", ONE),
    ("from:ada in:plan", All((From("ada"), In("plan")))),
    ('FROM:"Ada B" -in:"A plan"', All((From("Ada B"), Not(In("A plan"))))),
    ("is:Edited OR has:attachment", OneOf((Marked(MessageMark.EDITED), Marked(MessageMark.ATTACHMENT)))),
    ("http://one.two", Term(("http", "one", "two"))),
    ('"from:ada"', Term(("from", "ada"))),
    ("one & two", All((ONE, TWO))),
    ("one - two", All((ONE, TWO))),
    ("one OR …", ONE),
    ("Straße ÉTÉ", All((Term(("strasse",)), Term(("ete",))))),
]


@pytest.mark.parametrize(("query", "tree"), TREES)
def test_a_query_means_what_it_says(query: str, tree: object) -> None:
    if tree is None:
        with pytest.raises(InvalidRequest):
            parse(query)
    else:
        assert parse(query).tree == tree


def test_conditions_hold_for_the_whole_query() -> None:
    march, april = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    assert parse("one before:2026-04-01 after:2026-03-01") == ParsedQuery(tree=ONE, before=april, after=march)
    assert parse("(before:2026-04-01 one)") == ParsedQuery(tree=ONE, before=april)
    assert parse("-before:2026-03-01 -after:2026-04-01") == ParsedQuery(before=april, after=march)
    assert parse("before:2026-04-01 before:2026-03-01") == ParsedQuery(before=march)
    assert parse("after:2026-03-31T22:00-02:00") == ParsedQuery(after=april)
    assert parse("reaction:👍 -reaction:no") == ParsedQuery(reactions=(Reacted("👍"), Reacted("no", wanted=False)))


REASONS = [
    ('one "two', 'Character 5 of the query: this quote is never closed; add a second " or remove it.'),
    ("(one", "Character 1 of the query: this parenthesis is never closed; add ) or put the text in quotes."),
    ("one OR", 'Character 5 of the query: OR needs a word on both sides; put "OR" in quotes to search for it.'),
    ("one is:open", "Character 5 of the query: is: knows no 'open'; write is:edited."),
    (
        "after:soon",
        "Character 1 of the query: 'soon' is no date; write a day or a time in ISO form, as in after:2026-03-01T09:30.",
    ),
    ("from: ada", 'right after from:, as in from:alice or from:"Alice B", or put "from:" in quotes.'),
    (
        "one in:to*",
        'Character 5 of the query: in: takes no star; write all of it, as in in:"Release plan", or put it in quotes.',
    ),
    ("one OR before:2026-01-01", "before: holds for the whole query; write it outside of OR and NOT."),
    ("🐝", "There is no word to search for. Write at least one word, or an operator such as from:alice."),
]


@pytest.mark.parametrize(("query", "reason"), REASONS)
def test_a_refusal_says_where_and_what_to_write(query: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(query)
    assert refusal.value.message.endswith(reason)


@pytest.mark.parametrize(
    "query", ["from:no*", "from:*", "from:*no", "-from:n*o", "(one OR in:to*)", 'from:"no"*', "in:*", "reaction:agr*"]
)
def test_a_star_outside_of_quotes_is_for_words_only(query: str) -> None:
    with pytest.raises(InvalidRequest, match="takes no star"):
        parse(query)


def test_a_star_in_quotes_and_in_an_emoji_is_what_it_is() -> None:
    assert parse('from:"no*"').tree == From("no*")
    assert parse('-in:"*"').tree == Not(In("*"))
    assert parse('reaction:*\ufe0f\u20e3 reaction:"a*"').reactions == (Reacted("*\ufe0f\u20e3"), Reacted("a*"))


@given(st.text())
def test_any_text_is_understood_or_refused(text: str) -> None:
    understood(text)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_arrangement_of_syntax_is_understood_or_refused(text: str) -> None:
    understood(text)


def understood(text: str) -> None:
    with suppress(InvalidRequest):
        assert parse(text) != ParsedQuery()


@given(st.text())
def test_words_stay_what_they_are(text: str) -> None:
    words = words_of(text)
    assert words_of(" ".join(words)) == words
    assert words_of(text.upper() if text.isascii() else text) == words


@given(st.text())
def test_words_and_their_places_agree(text: str) -> None:
    words = words_of(text)
    spans = spans_of(text, range(len(words)))
    assert [words_of(text[start:end]) for start, end in spans.values()] == [[word] for word in words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One — two → \u2713 three… \N{ROCKET}four", ["one", "two", "three", "four"]),
        ("one\u00a0two\u200bthree\ufe0f", ["one", "two", "three"]),
        ("cafe\u0301 — na\u00efve", ["cafe", "naive"]),
        ("一 — two", ["一", "two"]),
        ("half \ud83d a pair", ["half", "a", "pair"]),
    ],
)
def test_signs_beside_words_end_them(text: str, words: list[str]) -> None:
    assert words_of(text) == words
    spans = spans_of(text, range(len(words)))
    assert [words_of(text[start:end]) for start, end in spans.values()] == [[word] for word in words]


def test_a_snippet_stands_at_the_place_of_what_was_found() -> None:
    text = " — ".join(["filler"] * 40 + ["One, two"] + ["filler"] * 40)
    shown, [mark] = snippet(text, [Term(("one", "two"))])
    assert shown.startswith("…filler — ")
    assert shown[slice(*mark)] == "One, two"


@given(st.text(), st.text(min_size=1))
def test_marks_hold_what_was_looked_for(text: str, wanted: str) -> None:
    words = tuple(words_of(wanted))
    shown, marks = snippet(f"{text} {wanted} {text}", [Term(words)] if words else [])
    assert all(0 <= start < end <= len(shown) for start, end in marks)
    assert all(marks[number][1] <= marks[number + 1][0] for number in range(len(marks) - 1))
    assert marks or not words


@given(st.lists(st.sampled_from("ab"), max_size=12), st.lists(st.sampled_from("ab"), min_size=1, max_size=4))
def test_occurrences_are_where_the_words_are(words: list[str], wanted: list[str]) -> None:
    expected = [place for place in range(len(words)) if words[place : place + len(wanted)] == wanted]
    assert occurrences(words, Term(tuple(wanted))) == expected


def test_counting_agrees_with_the_words() -> None:
    texts = ["one one one", "One, two! one-two ones", "", "éone öne ONE 検索検索", "two " * 2000]
    terms = [ONE, Term(("on",), prefix=True), Term(("one", "two")), Term(("検", "索"))]
    counted = [counts[:-1] for counts in counts_of(texts, terms)]
    expected = [tuple(len(occurrences(words_of(text), term)) for term in terms) for text in texts]
    assert counted[:4] == expected[:4]
    assert counted[4] == (1, 1, 1, 1)  # what was found may stand further on


def test_rare_terms_and_short_texts_weigh_more() -> None:
    counted = counts_of(["one filler", "two", "two x", "two y", "one " + "filler " * 50], [ONE, TWO])
    scores = Statistics.of(counted).scores(counted)
    assert scores[0] > scores[1] > scores[4] > 0
    assert scores[2] == scores[3]
