# ruff: noqa: E501 - a table of texts
"""Texts that take a careless pattern for ever: one that gives back and tries again looks at them for minutes."""

from __future__ import annotations

from collections.abc import Iterator

from agentchatbus_secrets.assignments import KEYWORDS
from agentchatbus_secrets.borrowed import LOANS
from agentchatbus_secrets.rows import ROWS

LARGEST = 256 * 1024
"""Characters of the longest message."""

PIECES = [
    "eyJ", "eyJa.", "eyJ.eyJ", "://", "://a:", "://a:b@", "pwd=x;", 'api_key="', "server=;pwd=abcdefg1A;", "Bearer ", " ",
    "bearer aaaaaaaaaaaaaaaaaaaaaaa ", "basic YTpiYWFhYWE", "-----BEGIN A A A A ", "-----BEGIN RSA " + "PRIVATE KEY-----", "=",
    "\\_", "\u200b", "g\u200bhp_", "\uff21", "\u0130", "\n", "a", "A1", "sk-T3BlbkFJ", "//x/:_authToken=   ", "xoxb-1-",
    "https://hooks.slack.com/services/T", "azure_storage_key_", "cloudant_key  =   ", "softlayer key   ", "awskey", "-",
    "123456789:AA", "0123456789abcdef0123456789abcdef-us", "secret_key: 0123456789", "<password>aaaaaaaa", "pass1A=",
    "--password aB3", 'passwordpassword:"', '"token": "aaaaaaaaaaaaaaaaaaa9',
    "token:aB3-", "PuTTY-User-Key-File-2:", "PuTTY-User-Key-File-2:Private-", '"token",\n   "value"', "://a:b", "acb_",
    "SK0123456789abcdef0123456789abcdef-", "\u20d0",
    "pwd=", "server=;" + "pwd=" * 200 + "<",
]  # fmt: skip
HEADS = [
    "eyJaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.eyJ",
    "sk-",
    'password="',
    "://a:",
    "Bearer ",
    "azure",
    'aws key "',
    "token: ",
]
HEADS += [
    "-----BEGIN " + "PRIVATE KEY-----\n",
    "_authToken= ",
    "cloudant",
    "sk-T3BlbkFJ",
    "glagent-",
    "acb_",
    "ya29.",
    "PuTTY-User-Key-File-2:Private-Lines: 9\n",
]
TAILS = ["a", " ", "aB3", "=", ".", "\\n", "END "]


def dense(size: int) -> Iterator[str]:
    """Yield pieces of patterns, one after the other without end."""
    triggers = [trigger for row in (*ROWS, *LOANS) for trigger in row.triggers]
    yield from (filled("", piece, size) for piece in (*PIECES, *KEYWORDS))
    yield from (
        filled("", f"{trigger}{more}", size)
        for trigger in triggers[::12]
        for more in ("", "a1", "A1b2C3d4E5f6G7h8" * 3)
    )


def long(size: int) -> Iterator[str]:
    """Yield the beginnings of secrets that go on without end."""
    return (filled(head, tail, size) for head in HEADS for tail in TAILS)


def filled(head: str, piece: str, size: int) -> str:
    """Return a text of a size."""
    return (head + piece * (size // len(piece) + 1))[:size]
