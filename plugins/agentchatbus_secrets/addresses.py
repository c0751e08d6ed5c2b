"""Passwords in addresses: ``scheme://user:password@host`` and the connection strings of database drivers."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from string import ascii_lowercase, digits

from agentchatbus_secrets.findings import Finding, Look, Text, places
from agentchatbus_secrets.placeholders import VARIABLE, entropy, is_mask, is_placeholder, is_wordy

CONNECTION = "Connection String Password"
BASIC = "Basic Auth Credentials"
BEARER = "Bearer Token"

WEB = frozenset({"http", "https", "ftp", "ftps", "ws", "wss", "git+https", "svn+https", "hg+https"})
SCHEME = ascii_lowercase + digits + "+.-"
CREDENTIALS = re.compile(
    r"://(?P<user>[^\s:/?#@\"'<>`\\|]{0,80}):(?P<password>[^\s/\"'<>`\\|]{1,4000})@(?P<host>[A-Za-z0-9_\[.-]{1,100})"
)
DRIVER_WORD = re.compile(r"(?:password|pwd)=")
DRIVER_RUN = re.compile(DRIVER_WORD.pattern + r"[^;\s\"'`<>{}()]*+")
"""The word and its password; nothing of it is looked at twice, however often the word stands in it."""

DRIVER_END = re.compile(r"[;\"'`\s]|$")
SHORTEST_PASSWORD = 4
LONGEST_RUN = 1000
"""Characters of a word and its password; what is longer is none of a connection string."""

TRIED = 4
"""So many passwords that begin within each other are looked at."""

DRIVER_HEAD = 200
"""So many characters tell whether a password is a usual one, and so many around it may hold the rest of the string."""

AROUND = re.compile(r"(?i)(?<![\w-])(?:server|data source|host|user id|uid|initial catalog|database)\s?=")
USUAL = frozenset(
    {
        "1234",
        "12345",
        "12345678",
        "123456789",
        "admin",
        "default",
        "guest",
        "mongo",
        "mysql",
        "nobody",
        "oauth2",
        "pass",
        "postgres",
        "pwd",
        "redis",
        "root",
        "rootroot",
        "s3cr3t",
        "s3cret",
        "secret",
        "secret123",
        "supersecret",
        "token",
        "topsecret",
        "user",
        "username",
        "x-oauth-basic",
        "example",
        "tiger",
    }
)
"""What stands for a password in examples, and opens nothing but a test's database."""

AT_HOME = re.compile(r"(?:localhost|127\.|0\.0\.0\.0|\[|host\.docker\.internal|[a-z0-9_-]+$)")
"""Hosts that are this machine, or a container beside it."""

BEARING = re.compile(r"bearer[ :=]{1,3}(?P<token>[A-Za-z0-9_~+/.-]{20,}+={0,2}+)", re.IGNORECASE)
LONGEST_JUDGED = 1000
"""So many characters of a token tell whether it looks random."""

BASIC_HEADER = re.compile(r"basic (?P<token>[A-Za-z0-9+/]{8,}+={0,2}+)(?![\w/])", re.IGNORECASE)


def is_usual(user: str, password: str) -> bool:
    """Return whether everybody knows this password already."""
    small = password.lower()
    return small in USUAL or small == user.lower() or VARIABLE.search(password) is not None or is_placeholder(password)


class Addresses:
    """Finds the passwords in ``scheme://user:password@host``."""

    labels: Sequence[str] = (CONNECTION, BASIC)
    triggers: Sequence[str] = ("://",)
    look: Look = "plain"

    def find(self, text: Text) -> Iterator[Finding]:
        """Yield the passwords, each with its whole address as context."""
        for place in places(text.plain, self.triggers):
            match = CREDENTIALS.match(text.plain, place)
            if match and not self._is_harmless(match["user"], match["password"], match["host"]):
                before = text.lowered[max(0, place - 24) : place]
                scheme = before[len(before.rstrip(SCHEME)) :]
                label = BASIC if scheme in WEB else CONNECTION
                yield Finding(label, match.start("password"), match.end("password"), scheme + match.group())

    def _is_harmless(self, user: str, password: str, host: str) -> bool:
        if is_usual(user, password) or len(password) < 4:
            return True
        return AT_HOME.match(host) is not None and password.isalpha() and password.islower() and len(password) < 12


class DriverStrings:
    """Finds the passwords in ``Server=...;Password=...;``."""

    labels: Sequence[str] = (CONNECTION,)
    triggers: Sequence[str] = ("password=", "pwd=")
    look: Look = "lowered"

    def find(self, text: Text) -> Iterator[Finding]:
        """Yield the passwords that stand beside a server, a user or a database."""
        for run in DRIVER_RUN.finditer(text.lowered):
            begin, end = max(run.start(), run.end() - LONGEST_RUN), run.end()
            around = text.plain[max(0, begin - DRIVER_HEAD) : end + DRIVER_HEAD]
            if ";" in around and DRIVER_END.match(text.plain, end) and AROUND.search(around):
                yield from self._passwords(text, begin, end)

    def _passwords(self, text: Text, begin: int, end: int) -> Iterator[Finding]:
        """Yield the passwords that begin at one of the first words between two places and go on to the second."""
        for word in islice(DRIVER_WORD.finditer(text.lowered, begin, end), TRIED):
            head = text.plain[word.end() : min(end, word.end() + DRIVER_HEAD)]
            if len(head) >= SHORTEST_PASSWORD and not is_usual("", head):
                yield Finding(CONNECTION, word.end(), end, text.plain[word.start() : end])


class Headers:
    """Finds what stands after ``Bearer`` and ``Basic``."""

    labels: Sequence[str] = (BEARER, BASIC)
    triggers: Sequence[str] = ("bearer", "basic ")
    look: Look = "lowered"

    def find(self, text: Text) -> Iterator[Finding]:
        """Yield tokens that look random, and pairs of a name and a password that is not a usual one."""
        for place in places(text.lowered, ("bearer",)):
            match = BEARING.match(text.plain, place)
            if match and _is_token(match["token"][:LONGEST_JUDGED]):
                yield Finding(BEARER, match.start("token"), match.end("token"), match.group())
        for place in places(text.lowered, ("basic ",)):
            match = BASIC_HEADER.match(text.plain, place)
            if match and _is_pair(match["token"]):
                yield Finding(BASIC, match.start("token"), match.end("token"), match.group())


def _is_token(token: str) -> bool:
    return (
        any(char.isdigit() for char in token)
        and any(char.isalpha() for char in token)
        and not (is_placeholder(token) or is_wordy(token))
        and entropy(token) >= 3.2
    )


def _is_pair(token: str) -> bool:
    try:
        user, colon, password = base64.b64decode(token + "=" * (-len(token) % 4)).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    is_readable = colon and user.isprintable() and password.isprintable()
    return bool(is_readable) and len(password) >= 4 and not (is_usual(user, password) or is_mask(password))
