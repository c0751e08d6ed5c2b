"""Words, phrases, beginnings of words, and how they are combined."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

import pytest

from agentchatbus.errors import InvalidRequest
from agentchatbus.testing.contracts.search.base import SearchCase, SearchSite

LINES = (
    "The parser drops the last token",
    "Code review of the parser tomorrow",
    "Review the code, then merge",
    "merge-base is missing in main()",
    "Straße, café und naïve Ärger",
)

FOUND = [
    ("parser", {0, 1}),
    ("PARSER", {0, 1}),
    ("parser token", {0}),
    ("token parser", {0}),
    ("parser AND token", {0}),
    ("pars", set()),
    ("pars*", {0, 1}),
    ('"the parser"', {0, 1}),
    ('"parser the"', set()),
    ('"the pars"*', {0, 1}),
    ("code-review", {1}),
    ("merge-base", {3}),
    ("main\\(\\)", {3}),
    ("token OR merge", {0, 2, 3}),
    ("review -parser", {2}),
    ("review NOT parser", {2}),
    ("-parser", {2, 3, 4}),
    ("NOT (parser OR merge)", {4}),
    ('-"the parser" -merge', {4}),
    ("(token OR tomorrow) parser", {0, 1}),
    ("token OR tomorrow parser", {0, 1}),
    ("token tomorrow OR merge", {2, 3}),
    ("NEAR(code merge, 1)", {2}),
    ("NEAR(parser token, 3)", {0}),
    ("NEAR(token parser, 2)", set()),
    ("NEAR(review merge)", {2}),
    ("content:parser", {0, 1}),
    ("content: (token OR merge)", {0, 2, 3}),
    ("{content}:tomorrow", {1}),
    ("parser + tomorrow", {1}),
    ("strasse cafe", {4}),
    ("CAFÉ", {4}),
    ("cafe\u0301", {4}),
    ("arger naive", {4}),
    ("parser & token", {0}),
    ("parser -", {0, 1}),
    ("--parser", {0, 1}),
    ("or", set()),
    ('"OR"', set()),
    ("from", set()),
    ("nothing", set()),
]

REFUSED = [
    "",
    "   ",
    "…",
    '"never closed',
    'word "',
    "(word",
    "word)",
    "()",
    "main()",
    "AND",
    "word AND",
    "OR word",
    "word OR OR word",
    "word NOT",
    "NEAR(a b",
    "a*",
    "is:new",
    "has:wings",
    "before:yesterday",
    "after:2026-13-01",
    "from:",
    'in:""',
    "content:",
    "word OR before:2026-01-01",
    "-(word reaction:x)",
    "word " * 300,
    "x" * 5000,
    "(" * 50 + "word" + ")" * 50,
    "half \ud800 a character",
]


class WordContract(SearchCase):
    async def test_a_query_finds_what_it_says(self, site: SearchSite) -> None:  # H68
        for line in LINES:
            await site.say(line)
        for query, expected in FOUND:
            text = query.replace("\\(\\)", '"()"')
            assert (query, await site.found(text)) == (query, {LINES[number] for number in expected})

    @pytest.mark.parametrize("query", REFUSED)
    async def test_a_malformed_query_is_refused(self, site: SearchSite, query: str) -> None:  # H68
        await site.say("word")
        with pytest.raises(InvalidRequest) as refusal:
            await site.page(query)
        assert refusal.value.details["field"] == "query"

    async def test_the_refusal_says_where(self, site: SearchSite) -> None:
        with pytest.raises(InvalidRequest, match="Character 6 of the query: this quote is never closed"):
            await site.page('word "more')

    async def test_any_part_of_a_text_without_spaces_is_found(self, site: SearchSite) -> None:  # H68
        await site.say("全文検索エンジンを作る")
        await site.say("検査は終わった")
        assert await site.found("検索") == {"全文検索エンジンを作る"}
        assert await site.found("検") == {"全文検索エンジンを作る", "検査は終わった"}
        assert await site.found("エンジン*") == {"全文検索エンジンを作る"}
        assert await site.found("索検") == set()

    async def test_words_of_every_script_are_found(self, site: SearchSite) -> None:
        lines = [
            "Привет мир",
            "שלום עולם",
            "नमस्ते दुनिया",
            "안녕하세요 세계",
            "\uff46\uff55\uff4c\uff4c width",
            "x² ½ Ⅳ",
            "𞤀𞤁 new",
        ]
        for line in lines:
            await site.say(line)
        for line in lines:
            for word in line.split():
                assert line in await site.found(f'"{word}"'), word

    async def test_a_message_holds_whatever_it_likes(self, site: SearchSite) -> None:
        odd = 'needle \0 "quotes" ** (( \ue000\ue001 \uffff <b>bold</b> \r\n needle'
        await site.say(odd)
        assert await site.found("needle bold") == {odd}
        assert await site.found("quotes b") == {odd}
