"""Threads as files."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.plugin_api import BusSettings, Message, MessageDraft, MessageQuery, Role
from agentchatbus.testing import MakeBus
from agentchatbus_export import ExportPlugin, ExportSettings
from agentchatbus_export.names import file_name
from tests.plugins.attachments_kit import attachments, data_in, png, uploaded
from tests.plugins.rest_kit import Rest, open_rest

FORMATS = ["md", "json", "html"]
XSS = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def export(**settings: Any) -> ExportPlugin:
    return ExportPlugin(ExportSettings(**settings))


async def text_of(rest: Rest, kind: str = "md", **query: Any) -> str:
    answer = await rest.http.get(f"/api/threads/{rest.bus.thread}/export", params={"format": kind} | query)
    assert answer.status_code == 200, answer.text
    return answer.text


async def document_of(rest: Rest, **query: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(await text_of(rest, "json", **query))
    return document


async def notice(rest: Rest, **metadata: Any) -> Message:
    draft = MessageDraft(thread_id=rest.bus.thread, content="All agents wait.", metadata={"ui_type": "x"} | metadata)
    return await rest.bus.app.bus.messages.post_system(draft)


async def test_the_markdown_is_that_of_the_contract(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[export()])
    await rest.post("hello\nworld")
    answer = await rest.http.get(f"/api/threads/{rest.bus.thread}/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="under-test.md"'
    head, _, rest_of_it = answer.text.partition("\n---\n")
    assert head.splitlines()[:4] == [
        "# Under test",
        "",
        "> **Status:** discuss | **Created:** 2030-01-01 12:00 UTC",
        "> **Messages:** 1 | **Exported:** 2030-01-01 12:00 UTC",
    ]
    assert rest_of_it.startswith("\n### human — 2030-01-01 12:00:00 UTC\n")
    assert "\n\nhello\nworld\n\n---\n" in rest_of_it


@pytest.mark.parametrize("kind", FORMATS)
async def test_everything_that_belongs_to_a_message_is_in_it(make_bus: MakeBus, kind: str, tmp_path: Path) -> None:
    """H69: replies, reactions, edits, images, priorities, ids, display names and seconds were missing."""
    rest = await open_rest(make_bus, plugins=[export(), attachments()], settings=data_in(tmp_path))
    nova = await rest.bus.agent("Nova", display_name="Nova the Great")
    asked = (await nova.post("a question", priority="urgent")).message
    url = await uploaded(rest, png(), "screen.png")
    metadata = {"images": [{"url": url, "name": "screen.png"}]}
    answered = (await rest.bus.post("an answer", reply_to_msg_id=asked.id, metadata=metadata)).message
    await nova.call("msg_react", message_id=answered.id, reaction="👍")
    await nova.call("msg_edit", message_id=asked.id, new_content="a better question")
    text = await text_of(rest, kind)
    wanted = [asked.id, answered.id, "Nova the Great", "urgent", "👍", "a better question", "screen.png", ":00:00"]
    wanted += ['"old_content":"a question"' if kind == "json" else "a question"]
    wanted += ["data:image/png;base64," if kind == "html" else url]
    assert [item for item in wanted if item not in text] == []
    if kind == "md":
        assert "> ↩ #1 Nova the Great: a better question" in text


@pytest.mark.parametrize("kind", FORMATS)
async def test_agents_do_not_read_what_is_for_humans(make_bus: MakeBus, kind: str) -> None:
    """H29."""
    rest = await open_rest(make_bus, plugins=[export()])
    await rest.bus.post("between us", metadata={"visibility": "human_only"})
    nova = await rest.bus.agent("Nova")
    assert "between us" in await text_of(rest, kind)
    rest.http.headers["x-agent-token"] = nova.token
    text = await text_of(rest, kind)
    assert "between us" not in text
    assert "human-only content hidden" in text


@pytest.mark.parametrize("kind", FORMATS)
async def test_notices_of_the_coordinator_are_in_it_only_on_request(make_bus: MakeBus, kind: str) -> None:
    """H46, H69."""
    rest = await open_rest(make_bus, plugins=[export()])
    await notice(rest)
    await rest.post("hello")
    await rest.bus.app.bus.messages.post_system(MessageDraft(thread_id=rest.bus.thread, content="Bob has left."))
    text = await text_of(rest, kind)
    assert "All agents wait." not in text
    assert "Bob has left." in text
    assert {"md": "left out: 1", "html": "left out: 1", "json": '"omitted_notices":1'}[kind] in text
    assert "All agents wait." in await text_of(rest, kind, notices="1")


async def test_the_json_loses_nothing(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[export()])
    content = "line\r\n\u2028 \x00 \ud83d\ude00 ```".replace("\ud83d\ude00", "😀")
    nova = await rest.bus.agent("Nova")
    await nova.post(content, metadata={"deep": {"er": [1, None, "x"]}})
    document = await document_of(rest)
    assert (document["format"], document["version"]) == ("agentchatbus-thread", 1)
    assert document["thread"]["topic"] == "Under test"
    (message,) = document["messages"]
    stored = (await rest.bus.messages())[0]
    assert message["content"] == stored.content == content
    assert message["metadata"] == {"deep": {"er": [1, None, "x"]}}
    assert message["author_id"] == nova.agent_id
    assert message["seq"] == 1


async def test_long_threads_are_not_cut(make_bus: MakeBus) -> None:
    """H69: what was beyond 10,000 messages was missing, and nothing said so."""
    rest = await open_rest(make_bus, plugins=[export()])
    await fill(rest, 10_050)
    document = await document_of(rest)
    assert [message["seq"] for message in document["messages"]] == list(range(1, 10_051))


@pytest.mark.parametrize("kind", FORMATS)
async def test_memory_does_not_grow_with_the_thread(make_bus: MakeBus, kind: str) -> None:
    rest = await open_rest(make_bus, plugins=[export()])
    operations, session = rest.bus.app.operations, rest.bus.session
    await fill(rest, 5000, "x" * 1000)
    result = await operations.call("thread_export", {"thread_id": rest.bus.thread, "format": kind}, session)
    tracemalloc.start()
    try:
        size = 0
        async for piece in result.pieces():
            size += len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 5_000_000
    assert peak < 2_500_000


async def fill(rest: Rest, count: int, content: str = "x") -> None:
    """Store messages at once."""
    bus = rest.bus.app.bus

    def work(tx: Any) -> None:
        for seq in range(1, count + 1):
            tx.messages.append(
                Message(
                    id=f"m{seq}",
                    thread_id=rest.bus.thread,
                    seq=seq,
                    author="human",
                    author_id=None,
                    author_name="human",
                    role=Role.USER,
                    content=content,
                    created_at=bus.clock.now(),
                )
            )

    await bus.storage.write(work)


async def test_an_answer_whose_question_is_missing_is_written_all_the_same(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[export()])
    await fill(rest, 1)
    await rest.post("after an import")

    def work(tx: Any) -> None:
        last = tx.messages.page(query)[0]
        tx.messages.append(replace(last, id="orphan", seq=3, reply_to_msg_id="nowhere", content="orphan"))

    query = MessageQuery(thread_id=rest.bus.thread)
    await rest.bus.app.bus.storage.write(work)
    assert "orphan" in await text_of(rest)


class Tags(HTMLParser):
    """Collects the tags of a page and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags_of(page: str) -> Sequence[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    return parser.found


async def test_the_html_page_runs_nothing_and_loads_nothing(make_bus: MakeBus, tmp_path: Path) -> None:
    """H22: whatever was posted."""
    rest = await open_rest(make_bus, plugins=[export(), attachments()], settings=data_in(tmp_path))
    url = await uploaded(rest, png(), "a.png")
    images = [
        {"url": url, "name": '"><script>1</script>'},
        {"url": "javascript:alert(1)", "name": XSS},
        {"url": 'https://x.example/"onmouseover="x', "name": "far.png"},
        {"url": "//x.example/a.png"},
    ]
    nova = await rest.bus.agent("Nova", display_name="<b>Nova</b>")
    posted = await nova.post(XSS, metadata={"images": images})
    await nova.call("msg_edit", message_id=posted.message.id, new_content=XSS + "!")
    await nova.call("msg_react", message_id=posted.message.id, reaction="<i>x</i>")
    page = await text_of(rest, "html")
    tags = tags_of(page)
    assert {tag for tag, _ in tags} == (
        {"html", "head", "meta", "title", "style", "body", "header", "h1", "p", "article", "h2", "div", "blockquote"}
        | {"img", "a"}
    )
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    (picture,) = [attributes["src"] or "" for tag, attributes in tags if tag == "img"]
    assert picture.startswith("data:image/png;base64,")
    links = [attributes["href"] or "" for tag, attributes in tags if tag == "a"]
    assert links == ['https://x.example/"onmouseover="x']
    assert "default-src 'none'" in page


async def test_an_html_page_holds_pictures_up_to_a_limit(make_bus: MakeBus, tmp_path: Path) -> None:
    plugins = [export(max_pictures_mb=1), attachments()]
    rest = await open_rest(make_bus, plugins=plugins, settings=data_in(tmp_path))
    for number in (b"1", b"2"):
        url = await uploaded(rest, png(number) + bytes(700_000), "a.png")
        await rest.bus.post("x", metadata={"images": [{"url": url, "name": f"picture {number!r}"}]})
    tags = tags_of(await text_of(rest, "html"))
    assert [tag for tag, _ in tags].count("img") == 1


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("Review PR 12", "review-pr-12.md"),
        ("  --Fix: login/race!! ", "fix-login-race.md"),
        ("Übung zum Thema", "übung-zum-thema.md"),
        ("设计评审", "设计评审.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        ("!!!", "thread.md"),
        ("a" * 300, "a" * 80 + ".md"),
        ("语" * 100, "语" * 26 + ".md"),
    ],
)
def test_a_file_is_named_after_its_thread(topic: str, name: str) -> None:
    """H69: topics in other letters were all called thread.md."""
    assert file_name(topic, "md") == name


async def test_a_name_in_other_letters_arrives(make_bus: MakeBus) -> None:
    """H69."""
    rest = await open_rest(make_bus, plugins=[export()])
    await rest.bus.call("thread_rename", thread_id=rest.bus.thread, topic="设计评审")
    answer = await rest.http.get(f"/api/threads/{rest.bus.thread}/export")
    assert "filename*=UTF-8''%E8%AE%BE" in answer.headers["content-disposition"]


async def test_what_cannot_be_exported_is_refused(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[export()])
    missing = await rest.http.get("/api/threads/nope/export")
    assert (missing.status_code, missing.json()) == (404, {"detail": "Thread not found"})
    wrong = await rest.http.get(f"/api/threads/{rest.bus.thread}/export?format=pdf")
    assert wrong.status_code == 422
    with pytest.raises(Exception, match="token"):
        await rest.bus.guest().call("thread_export", thread_id=rest.bus.thread)


async def test_on_a_bus_that_is_open_to_the_network_a_token_is_needed(make_bus: MakeBus) -> None:
    settings = BusSettings(is_open=False, operator_token="a long operator token")
    rest = await open_rest(make_bus, plugins=[export()], settings=settings)
    assert (await rest.http.get(f"/api/threads/{rest.bus.thread}/export")).status_code == 401
