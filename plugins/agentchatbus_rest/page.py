"""The OpenAPI document as a page for people: plain HTML, no script, nothing loaded from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

Schema = Mapping[str, Any]

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
@media (prefers-color-scheme: dark) { body { background: #16181d; color: #e3e5e8; } a { color: #8ab4ff; } }
summary { cursor: pointer; padding: .3rem 0; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow-x: auto; padding: .8rem; border: 1px solid #8885; border-radius: .4rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #8883; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
"""


def render(document: Schema) -> bytes:
    """Return the page."""
    info = document["info"]
    operations = [
        (operation["tags"][0], _operation(method, path, operation))
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    sections = [
        f"<h2>{escape(tag)}</h2>" + "".join(text for its_tag, text in operations if its_tag == tag)
        for tag in dict.fromkeys(tag for tag, _ in operations)
    ]
    page = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        *(f"<p>{escape(part)}</p>" for part in info["description"].split("\n\n")),
        '<p><a href="/openapi.json">openapi.json</a></p>',
        *sections,
        "<h2>Schemas</h2>",
        *(_details(name, _pre(schema)) for name, schema in sorted(document["components"]["schemas"].items())),
        "</body></html>",
    ]
    return "".join(page).encode()


def _operation(method: str, path: str, operation: Schema) -> str:
    title = f'<span class="method">{method.upper()}</span> <code>{escape(path)}</code> {escape(operation["summary"])}'
    parts = [f"<p>{escape(operation['description'])}</p>", _parameters(operation.get("parameters", ()))]
    if body := operation.get("requestBody"):
        parts += ["<h4>Body</h4>", _content(body["content"])]
    for status, answer in operation["responses"].items():
        if "content" in answer:
            parts += [f"<h4>{status} {escape(answer['description'])}</h4>", _content(answer["content"])]
    others = [status for status, answer in operation["responses"].items() if "$ref" in answer]
    parts.append(f"<p>Errors: {', '.join(others)}</p>" if others else "")
    return f"<details><summary>{title}</summary>{''.join(parts)}</details>"


def _parameters(parameters: Iterable[Schema]) -> str:
    rows = [
        f"<tr><td><code>{escape(item['name'])}</code></td><td>{item['in']}</td>"
        f"<td>{'required' if item['required'] else ''}</td><td>{escape(item.get('description', ''))}</td></tr>"
        for item in parameters
    ]
    return f"<table><tr><th>Parameter</th><th>In</th><th></th><th></th></tr>{''.join(rows)}</table>" if rows else ""


def _content(content: Schema) -> str:
    return "".join(
        f"<p><code>{escape(media_type)}</code></p>"
        + (_pre(item["example"]) if "example" in item else "")
        + _details("Schema", _pre(item["schema"]))
        for media_type, item in content.items()
    )


def _details(title: str, text: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{text}</details>"


def _pre(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f"<pre>{escape(text)}</pre>"
