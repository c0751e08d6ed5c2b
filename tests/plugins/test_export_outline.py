"""A message in a Markdown page stays where it is, whatever is in it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agentchatbus_export.outline import contained, fenced, one_line

READER = MarkdownIt("commonmark")
PIECES = [
    *["", "a", "# Big", "   ## Big", "####### none", "===", "---", "- - -", "***", "_ _ _", "=", "-", "- a", "  b"],
    *["> q", ">", "```", "   ```", "```python", "````", "  ```", "- ```", "1. ~~~", "~~~", "~~~ a`b", "``` a`b"],
    *["> ```", "\t```", "<h1>x</h1>", "<!--", "-->", "<details>", "</details>", "<script>", "a <b>c</b>", "`<b>`"],
    *["`", "``", "`a <b> ``c", "    # code", "     ```", "  # in a list", "- # h", "- > # h", "1) ===", "[a]: /x"],
    *["[a]", "\\", "\\`<b>`", "\\<b>", "  ---", "\t# t", "``<b>`` `", '<a title="`"> `<b>` `'],
]
messages = st.lists(st.sampled_from(PIECES), max_size=8).map("\n".join)


def outline(page: str) -> tuple[list[str], list[str]]:
    """Return the headings of a page, at any depth, and its raw HTML."""
    tokens = READER.parse(page)
    headings = [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "heading_open"]
    raw = [token.content for token in tokens if token.type == "html_block"]
    raw += [child.content for token in tokens for child in token.children or () if child.type == "html_inline"]
    return headings, raw


@settings(max_examples=300)
@given(messages)
@example("```\n# Big")
@example("- ```\n  ```\n# Big")
@example("- a\n\n  ```\n  x\n# Big\n  ```")
@example("> ```\n```\n# Big")
@example("<!--\n")
@example("`a\n<!-- `")
@example("Big\r---\u2028# Big")
def test_a_message_adds_no_heading_and_swallows_none(text: str) -> None:
    """H69."""
    page = f"# Topic\n\n### Ada\n\n{contained(text)}\n\n---\n\n### Bob\n\nbye\n"
    headings, raw = outline(page)
    assert headings == ["Topic", "Ada", "Bob"]
    assert raw == []


@pytest.mark.parametrize(
    "text",
    [
        "plain words\nin *two* lines",
        "- a list\n- of `code`\n\n  ```python\n  # a comment\n  ```\n- more",
        "```python\n# a comment\n```\nand `<b>` in code",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "1. First\n   ```sh\n   ls  # all\n   ```",
        "5 < 6 and a <- b",
    ],
)
def test_what_does_no_harm_is_left_alone(text: str) -> None:
    assert contained(text) == text


def test_a_fence_that_nobody_closed_makes_the_message_one_block_of_code() -> None:
    assert contained("look:\n```\nx") == fenced("look:\n```\nx") == "````\nlook:\n```\nx\n````"


def test_a_heading_has_one_line_and_no_tags() -> None:
    assert one_line(" a\n# <b>`c` ") == "a # &lt;b>`c`"


@pytest.mark.parametrize("piece", ["`", "-  ", "> ", "#", "`a", "``a`", "[", "~", "1. ", "<", "- `", " \t"])
def test_a_long_text_of_nothing_but_beginnings_is_contained_too(piece: str) -> None:
    """Were a pattern to try each of them to the end of the text, this would take hours."""
    text = piece * (100_000 // len(piece))
    assert contained(text + "x").rstrip("`\n").endswith("x")
    assert contained("```\n" + text).startswith("```")
