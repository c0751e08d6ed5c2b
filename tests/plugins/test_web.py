"""The plugin that serves the console: its files, and the headers that come with them."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

import agentchatbus_web
from agentchatbus_web.app import WebApp
from agentchatbus_web.joining import Joined

STATIC = Path(agentchatbus_web.__file__).with_name("static")
FIRST_LOAD_BYTES = 300_000


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=WebApp())
    async with httpx.AsyncClient(transport=transport, base_url="http://bus") as client:
        yield client


async def test_the_page_lets_nothing_run_that_is_not_its_own(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.search(rb"<script(?![^>]*src=)[^>]*>|\son\w+=|\sstyle=", answer.content)


async def test_the_page_names_only_files_that_are_there(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(names) > 5
    for name in names:
        answer = await client.get(name)
        assert answer.status_code == 200, name
        assert "immutable" in answer.headers["cache-control"]


async def test_every_module_finds_what_it_imports() -> None:
    for file in (STATIC / "js").rglob("*.js"):
        for name in re.findall(r'^(?:import|export) .*?from "([^"]+)"', file.read_text(), re.MULTILINE):
            assert (file.parent / name).is_file(), f"{file.name}: {name}"


async def test_the_page_asks_for_few_files(client: httpx.AsyncClient) -> None:
    """A browser asks one server for six at a time."""
    page = (await client.get("/")).text
    assert len(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))) <= 12


async def test_every_module_of_the_page_is_in_its_script(client: httpx.AsyncClient) -> None:
    script = (await client.get("/static/console/js/page/console.js")).text
    modules = {path.relative_to(STATIC).as_posix() for path in (STATIC / "js").rglob("*.js")}
    joined = re.findall(r"^// (js/\S+\.js)$", script, re.MULTILINE)
    assert sorted(joined) == sorted(name for name in modules if not name.startswith("js/apart/"))


def joined(**files: str) -> Joined:
    """Join modules, given by their names."""
    return Joined("js/main.js", "js/page/all.js", lambda path: files[path.removeprefix("js/").removesuffix(".js")])


def test_modules_are_joined_in_the_order_in_which_they_need_each_other() -> None:
    main = (
        'import { one as first, two } from "./parts.js";\nimport whole from "../vendor/whole.js";\nwhole(first, two);\n'
    )
    parts = 'export const one = 1;\nexport function two() {}\nexport { three } from "./three.js";\n'
    script = joined(main=main, parts=parts, three="const three = 3;\nexport { three };\n")
    assert script.libraries == ["vendor/whole.js"]
    assert script.text.splitlines() == [
        'import * as $2 from "../../vendor/whole.js";',
        "// js/three.js",
        "const $0 = (() => {",
        "const three = 3;",
        "return { three };",
        "})();",
        "// js/parts.js",
        "const $1 = (() => {",
        "const one = 1;",
        "function two() {}",
        "return { three: $0.three, one, two };",
        "})();",
        "// js/main.js",
        "const $3 = (() => {",
        "const { one: first, two } = $1;",
        "const { default: whole } = $2;",
        "whole(first, two);",
        "return {  };",
        "})();",
    ]


@pytest.mark.parametrize(
    ("main", "parts", "problem"),
    [
        ('import { a } from "./parts.js";\n', 'import { b } from "./main.js";\n', "import each other"),
        ('import * as parts from "./parts.js";\n', "", "do not say: import"),
        ("export default 1;\n", "", "do not say: export default"),
        ("export let count = 1;\n", "", "do not say: export let"),
    ],
)
def test_what_cannot_be_joined_is_refused(main: str, parts: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        joined(main=main, parts=parts)


async def test_the_first_load_is_small(client: httpx.AsyncClient) -> None:
    page = await client.get("/", headers={"accept-encoding": "gzip"})
    total = int(page.headers["content-length"])
    for name in set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)):
        total += int((await client.get(name, headers={"accept-encoding": "gzip"})).headers["content-length"])
    assert total < FIRST_LOAD_BYTES


async def test_a_client_that_unpacks_nothing_gets_plain_files(client: httpx.AsyncClient) -> None:
    name = "/static/console/vendor/mermaid.min.js"
    plain = await client.get(name, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == gzip.decompress((STATIC / "vendor" / "mermaid.min.js.gz").read_bytes())


async def test_diagrams_are_drawn_in_a_frame_that_reaches_nothing(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/static/console/diagram.html")).headers["content-security-policy"]
    assert "sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy
    assert "connect-src" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("path", ["/static/console/", "/static/console/../app.py", "/static/console/index.html", "/x"])
async def test_nothing_else_is_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_nothing_can_be_written(client: httpx.AsyncClient) -> None:
    answer = await client.post("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_every_library_is_named_with_its_version_and_licence() -> None:
    listed = (STATIC / "vendor" / "VENDOR.md").read_text()
    for file in (STATIC / "vendor").iterdir():
        if file.suffix in (".js", ".gz"):
            assert f"`{file.name}`" in listed
