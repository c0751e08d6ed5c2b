"""Values under a name that says they are secret: ``api_key = "..."``, ``DB_PASSWORD=...``, ``X-Api-Key: ...``.

The name alone says little: most such lines hold a type, a variable or a sentence. So the value has to look random, or
like a password with three kinds of characters; how random depends on how sure the way of writing makes it a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from string import ascii_letters, digits

from agentchatbus_secrets.findings import Finding, Look, Runs, Text, places
from agentchatbus_secrets.placeholders import (
    entropy,
    is_placeholder,
    is_structured,
    is_uuid,
    is_wordy,
    kinds_of_characters,
)

ASSIGNMENT = "Secret Assignment"
AGENT_TOKEN = "Agent Token"
AWS_SECRET = "AWS Secret Access Key"

KEYWORDS = ("pass", "pwd", "secret", "token", "credential", "key")
OF_SECRET_KEYS = ("api", "access", "auth", "private", "signing", "encryption", "master", "account")
"""What stands before ``key`` where that is a secret: most keys are those of a table or of a keyboard."""

NAME = ascii_letters + digits + "_.-"
VALUE = re.compile(
    r"(?P<rest>[\w.-]{0,40})"
    r"(?:[\"'`]?\s{0,2}[,\n]\s{0,40}[\"'`]?(?:[vV]|ParameterV)alue(?=[\"'`]?\s?:))?"
    r"(?:"
    r"[\\\"'`\])]{0,3}\s{0,4}(?P<sign>=>|:=|={1,3}|!==?|:|,|\()\s{0,4}[a-zA-Z@]{0,2}(?P<quote>\\?[\"'`])"
    r"(?P<quoted>[^\s\"'`\\]{8,}+)(?P=quote)"
    r"|(?P<op>=| = |: ?|\"\]? ?: ?)(?P<bare>[^\s\"'`<>,;(){}\[\]|\\=&]{8,400}+={0,2}+)(?![(\[{])"
    r"|>(?P<element>[^\s<>\"']{8,}+)</"
    r"| (?P<flag>[^\s\"'`<>,;(){}\[\]|\\=&-][^\s\"'`<>,;(){}\[\]|\\=&]{7,400}={0,2})"
    r")"
)
OPEN = re.compile(r"[^\s\"'`<>,;(){}\[\]|\\=&]*+={0,2}+")
"""What a value without quotes goes on with."""

LONGEST_JUDGED = 400
"""So many characters of a value tell what it is."""

NOT_SECRET = re.compile(
    r"(?:hash(?:ed)?|digest|sha\d*|md5|checksum|fingerprint|ids?|names?|types?|ur[li]|host|files?|path|dir|fields?|label|"
    r"length|len|count|counts|size|expir\w*|ttl|age|at|index|idx|limit|prefix|suffix|pattern|regex|rules?|policy|column|"
    r"params?|refs?|arn|version|class|hint|error|message|title|text|header|map|format|kind|status|algorithm|endpoint|"
    r"scope|issuer|page|input|form|reset|store|manager|provider|service|test|usage|price|cost|budget|window|id_map)$"
    r"|^(?:next|prev\w*|page|cursor|continuation|csrf|xsrf|reply|resume|sync|public|pad|eos|bos|mask|unk|sep|cls|stop|max|"
    r"min|num|n|cancel\w*|lex\w*|parse\w*|total|prompt|completion|input|output)(?:[_.-]|$)"
    r"|(?:next|page|cursor|continuation|csrf|xsrf|reply|resume|sync|public|cancell?ation|idempotency)[_.-]?(?:page[_.-]?)?"
    r"(?:token|key)"
    r"|(?:by|buy|com|tres|over|sur|multi|two|single)_?pass$"
)
"""Names that only speak of secrets: what describes one, and tokens that open nothing."""

HEXADECIMAL = re.compile(r"(?:0x)?[0-9a-fA-F]{32,}$")
RANDOM = re.compile(r"[A-Za-z0-9+/=_.~:-]{16,}$")
OF_AWS = re.compile(r"aws|secret_?-?(?:access_?-?)?key")
AWS_FORM = re.compile(r"[A-Za-z0-9/+]{40}$")
REFERENCE = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)+$")
SURE = frozenset({"quoted", "element"})


class Assignments:
    """Finds values under names that speak of secrets."""

    labels: Sequence[str] = (AWS_SECRET, AGENT_TOKEN, ASSIGNMENT)
    triggers: Sequence[str] = KEYWORDS
    look: Look = "lowered"

    def find(self, text: Text) -> Iterator[Finding]:
        """Yield the values, each with its name as context."""
        for keyword in KEYWORDS:
            open_values = Runs(OPEN, text.plain)
            for place in places(text.lowered, (keyword,)):
                text.halt()
                if keyword == "key" and not _is_of_a_secret_key(text.lowered[max(0, place - 12) : place]):
                    continue
                match = VALUE.match(text.plain, place + len(keyword))
                if match and (finding := self._judge(text, place, match, open_values)):
                    yield finding

    def _judge(self, text: Text, place: int, match: re.Match[str], open_values: Runs) -> Finding | None:
        before = text.plain[max(0, place - 40) : place]
        first = place - len(before) + len(before.rstrip(NAME))
        form = next(name for name in ("quoted", "bare", "element", "flag") if match[name])
        name = text.plain[first : match.end("rest")]
        if form == "flag" and not name.startswith("--"):
            return None
        if form == "bare" and text.plain[first - 1 : first] in ("/", ":", "@"):
            return None
        value = match[form] if form in SURE else match[form].rstrip(".:!?*")
        if (label := judge(name, value, is_sure=form in SURE or _is_of_environment(name, match))) is None:
            return None
        start = match.start(form)
        end = start + len(value)
        if form not in SURE and match.end(form) - start >= LONGEST_JUDGED:
            end = open_values.end(match.end(form))
        return Finding(label, start, end, text.plain[first : min(match.end(), start + LONGEST_JUDGED)])


def judge(name: str, value: str, *, is_sure: bool = True) -> str | None:
    """Return which kind of secret a value is under this name, or None.

    Args:
        name: What stands before the value.
        value: The value, without what encloses it.
        is_sure: Whether it is surely a value, not code or a sentence that goes on.
    """
    small, value = name.lower().strip("_.-"), value[:LONGEST_JUDGED]
    if not any(char.isdigit() for char in value) or is_uuid(value):
        return None
    if not (_is_random(value) or (_is_of_passwords(small) and _is_password(value, is_sure=is_sure))):
        return None
    if is_placeholder(value) or is_structured(value) or NOT_SECRET.search(small):
        return None
    if not is_sure and (REFERENCE.match(value) or kinds_of_characters(value) < 2):
        return None
    if AWS_FORM.match(value) and OF_AWS.search(small) and not HEXADECIMAL.match(value):
        return AWS_SECRET
    return AGENT_TOKEN if "token" in small and re.fullmatch(r"[0-9a-f]{64}", value) else ASSIGNMENT


def speaks_of_a_secret(name: str) -> bool:
    """Return whether a name is one under which `judge` should be asked."""
    small = name.lower()
    return any(keyword in small for keyword in KEYWORDS[:-1]) or any(
        keyword == "key" and _is_of_a_secret_key(small[max(0, place - 12) : place])
        for keyword in KEYWORDS[-1:]
        for place in places(small, (keyword,))
    )


def _is_of_a_secret_key(before: str) -> bool:
    return before.rstrip("_- ").endswith(OF_SECRET_KEYS)


def _is_of_environment(name: str, match: re.Match[str]) -> bool:
    return match["op"] == "=" and name.isupper()


def _is_of_passwords(name: str) -> bool:
    return "pass" in name or "pwd" in name or "secret" in name or "credential" in name


def _is_random(value: str) -> bool:
    if HEXADECIMAL.match(value):
        return len(set(value.lower())) >= 8
    return (
        RANDOM.match(value) is not None
        and any(char.isalpha() for char in value)
        and entropy(value) >= 3.3
        and not is_wordy(value)
    )


def _is_password(value: str, *, is_sure: bool) -> bool:
    kinds, length = kinds_of_characters(value), len(value)
    return kinds >= 3 and length >= (8 if is_sure else 12) and entropy(value) >= 2.8 and not is_wordy(value)
