# ruff: noqa: RUF001 - other languages have other punctuation
"""Sentences and snippets in which a secret may stand; ``{}`` is its place."""

from __future__ import annotations

TUNING = (
    "{}",
    "Use this one for the staging run: {}",
    "I tried it with `{}` and got a 403 again, can somebody look?",
    "```sh\nexport CI_VALUE={}\n./deploy.sh --dry-run\n```",
    'headers = {"x-api": "{}", "accept": "application/json"}',
    "curl -s -H 'Authorization: token {}' https://api.example.org/user | jq .login",
    "+    client = Client('{}')\n-    client = Client(os.environ['VALUE'])",
    "2026-02-11T09:14:22Z DEBUG http.client send: b'GET / HTTP/1.1' auth={}",
    '{"service": "ci", "config": {"value": "{}", "retries": 3}}',
    "Der Schlüssel ist {} – bitte nicht weitergeben.",
    "credentials:\n  - name: main\n    value: {}\n    scope: all",
    "see https://example.org/callback?x={}&state=1 for the redirect",
    "value='{}'  # pragma: allowlist secret",
)

HELD_OUT = (
    "Here you go ({}), it expires tomorrow.",
    "const client = new Sdk({ auth: `{}` });",
    "ENV VALUE {}\nRUN make install",
    '<add key="Service" value="{}" />',
    "> what did you put there?\n\n{}\n\nand then restart the worker",
    "| name | value |\n|---|---|\n| prod | {} |",
    "git remote set-url origin https://{}@git.example.org/team/repo.git",
    "Traceback (most recent call last):\n  File \"app.py\", line 3\nValueError: cannot parse '{}'",
    "使用这个：{}。谢谢！",
    'var="{}"; echo ${var}  # gitleaks:allow',
    "INSERT INTO settings VALUES (1, '{}', now());",
)
