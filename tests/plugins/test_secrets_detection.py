"""What counts as a secret, measured on the labelled sample and in single cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from agentchatbus_secrets.scanner import Scanner
from tests.plugins.secrets_corpus import Sample, held_out, tuning
from tests.plugins.secrets_corpus.contexts import password
from tests.plugins.secrets_corpus.tokens import ALNUM, BARE, HEX, some

KINDS = [(label, make) for label, makers in BARE.items() for make in makers]
GITHUB = "GitHub Personal Access Token"
CONTRACT = [
    "AWS Access Key ID",
    "AWS Temporary Access Key",
    "JWT Token",
    "GitHub Personal Access Token",
    "GitHub OAuth Token",
    "GitHub App Token",
    "Private Key",
    "OpenAI API Key",
    "Slack Token",
    "Google API Key",
    "Azure Storage Key",
]


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner()


@pytest.fixture
def random() -> Random:
    return Random(99)


@pytest.fixture
def token(random: Random) -> str:
    return BARE[GITHUB][0](random)


def samples() -> Iterator[tuple[str, Sample]]:
    yield "tuning", tuning()
    yield "held out", held_out()
    yield "held out, other seed", held_out(seed=5_551_212)


@pytest.mark.parametrize("sample", [pytest.param(sample, id=name) for name, sample in samples()])
def test_the_filter_finds_secrets_and_leaves_work_alone(scanner: Scanner, sample: Sample) -> None:
    missed = [(label, text) for label, text in sample.secrets if scanner.first(text) is None]
    false = [(kind, scanner.first(text)) for kind, text in sample.harmless if scanner.first(text) is not None]
    found = len(sample.secrets) - len(missed)
    recall, precision = found / len(sample.secrets), found / (found + len(false))
    print(
        f"{len(sample.secrets)} with a secret, {len(sample.harmless)} without: recall {recall:.4f}, "
        f"precision {precision:.4f}, false positives {len(false)}"
    )
    assert min(len(sample.secrets), len(sample.harmless)) >= 200
    assert recall >= 0.98, missed[:5]
    assert len(false) / len(sample.harmless) < 1 / 500, false


def test_the_sample_holds_every_kind_of_the_contract_and_says_how_each_is_called(scanner: Scanner) -> None:
    labels = {label for label, _ in tuning().secrets}
    assert [label for label in CONTRACT if label not in labels] == []
    named = [(label, scanner.first(text)) for label, text in tuning().secrets if label in CONTRACT]
    assert [pair for pair in named if pair[0] != pair[1]] == []


@pytest.mark.parametrize(("label", "make"), KINDS)
def test_a_token_is_found_alone_and_taken_out_completely(
    scanner: Scanner, random: Random, label: str, make: Callable[[Random], str]
) -> None:
    token = make(random)
    assert scanner.first(token) == label
    redacted, labels = scanner.redact(f"before ({token}) after")
    assert labels == [label]
    assert token not in redacted
    assert scanner.first(redacted) is None
    assert redacted.startswith("before (")
    assert redacted.endswith(") after")


BEGINNINGS = ["RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED ", "DSA ", "ANY "]


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_the_first_line_of_a_private_key_is_enough(scanner: Scanner, kind: str) -> None:
    assert scanner.first(f"-----BEGIN {kind}PRIVATE KEY-----") == "Private Key"


def test_a_private_key_that_lost_its_end_is_taken_out_with_what_follows(scanner: Scanner, random: Random) -> None:
    body = "\n".join(some(random, ALNUM, 64) for _ in range(5))
    text = f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{body}\n\nWhat do you think?"
    assert scanner.redact(text) == ("[redacted: Private Key]\n\nWhat do you think?", ["Private Key"])


def test_the_first_kind_of_the_contract_names_the_error(scanner: Scanner, random: Random) -> None:
    slack, aws = BARE["Slack Token"][0](random), BARE["AWS Access Key ID"][0](random)
    assert scanner.first(f"{slack}\n{aws}") == "AWS Access Key ID"


HIDDEN: list[Callable[[str], str]] = [
    "\u200b".join,
    lambda token: f"{token[:9]}\u00ad{token[9:]}",
    lambda token: f"{token[:9]}\ufeff{token[9:]}",
    lambda token: f"{token[:9]}\u2060\u202e{token[9:]}",
    lambda token: f"{token[:9]}\0\x1b{token[9:]}",
    lambda token: f"{token[:9]}\U0001d173{token[9:]}",
    lambda token: f"{token[:9]}\U0001bca0{token[9:]}",
    lambda token: f"{token[:9]}\u1ab0\u20d0\u20dd{token[9:]}",
    lambda token: f"{token[:9]}\u115f\u2065\U000e0fff{token[9:]}",
    lambda token: "".join(chr(ord(char) + 0xFEE0) for char in token),
    lambda token: "".join(chr(ord(char) - ord("a") + 0x1D41A) if char.islower() else char for char in token),
    lambda token: token.replace("_", "\\_"),
    lambda token: f"{token}  # pragma: allowlist secret",
    lambda token: f"# gitleaks:allow {token} nosec noqa",
]


@pytest.mark.parametrize("hide", HIDDEN)
def test_a_token_is_found_in_disguise(scanner: Scanner, token: str, hide: Callable[[str], str]) -> None:
    assert scanner.first(f"Ünïcode {hide(token)} …") == GITHUB


def test_control_characters_hide_nothing_in_plain_text(scanner: Scanner, token: str) -> None:
    assert scanner.first(f"key {token[:9]}\0{token[9:]}") == GITHUB


@pytest.mark.parametrize("hide", HIDDEN[:12])
def test_a_token_in_disguise_is_taken_out_at_its_place(
    scanner: Scanner, token: str, hide: Callable[[str], str]
) -> None:
    redacted, _ = scanner.redact(f"İßé a\u200b\\_b {hide(token)} c\u200b …")
    assert redacted == f"İßé a\u200b\\_b [redacted: {GITHUB}] c\u200b …"


EXAMPLES = [
    "ghp_" + "x" * 36,
    "AKIA" + "X" * 16,
    "xoxb-your-bot-token",
    "sk-your-openai-api-key-goes-right-here-1",
    "sk-ant-your-key-here",
    "glpat-your-gitlab-token-here",
    "API_KEY=<your-api-key>",
    'api_key = "your_api_key_here_12345"',
    'password = "changeme123!A"',
    "DB_PASSWORD=${DB_PASSWORD}",
    "DB_PASSWORD=$(pass show db)",
    "TOKEN={{ secrets.token }}",
    "password: string",
    'password = "********"',
    "postgres://postgres:postgres@localhost:5432/app",
    "postgres://user:password@db/app",
    "postgres://app:${PASSWORD}@db/app",
    "https://user:***@example.org",
    "Authorization: Bearer <token>",
    "Authorization: Bearer $TOKEN",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==",
    "password = utf8_to_utf16_dup(value)",
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_what_only_shows_where_a_secret_belongs_is_none(scanner: Scanner, text: str) -> None:
    assert scanner.first(text) is None


FUNCTIONS = [
    "acb_hypgeom_2f1_transform",
    "acb_hypgeom_2f1_continuation",
    "acb_hypgeom_1f1_integration",
    "acb_dirichlet_hurwitz_precomp_bound_of_the_1st_order(z, k)",
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_name_of_a_function_is_no_access_token(scanner: Scanner, name: str) -> None:
    assert scanner.first(f"`{name}` fails for large parameters") is None


NAMES = ["password_hash", "next_page_token", "csrf_token", "reply_token", "token_id", "public_key", "secret_name"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_only_speaks_of_secrets_makes_none(scanner: Scanner, random: Random, name: str) -> None:
    assert scanner.first(f'{name} = "{some(random, ALNUM, 40)}"') is None
    assert scanner.under(name, some(random, HEX, 64)) is None


@pytest.mark.parametrize("name", ["password", "db.password", "DB_PASSWORD", "adminPasswd", "secret"])
def test_a_password_is_told_by_its_name(scanner: Scanner, random: Random, name: str) -> None:
    value = password(random)
    assert scanner.first(f'{name} = "{value}"') == "Secret Assignment"
    assert scanner.under(name, value) == "Secret Assignment"
    assert scanner.first(f'title = "{value}"') is None


@pytest.mark.parametrize("before", ["pwd=your-password&pwd=", "pwd=$pwd=", "pwd=pwd=pwd="])
def test_a_password_is_found_after_what_stands_for_one(scanner: Scanner, before: str) -> None:
    text = f"Server=db;Database=shop;{before}Xq81-mZ;Encrypt=true"
    redacted, labels = scanner.redact(text)
    assert labels == ["Connection String Password"]
    assert "Xq81" not in redacted
    assert redacted.endswith(";Encrypt=true")
    assert scanner.first(f"{before}Xq81-mZ;") is None
    assert scanner.first(f"Server=db;{before}Xq81-mZ<b>;") is None


def test_random_letters_without_a_name_or_a_form_are_none(scanner: Scanner, random: Random) -> None:
    assert [text for length in range(8, 400) if scanner.first(text := some(random, ALNUM, length))] == []


def test_encoded_data_that_contains_what_looks_like_a_key_is_none(scanner: Scanner, random: Random) -> None:
    key = BARE["AWS Access Key ID"][0](random)
    assert scanner.first(f"{some(random, ALNUM, 400)}{key}{some(random, ALNUM, 400)}") is None


def test_each_secret_of_a_text_is_taken_out(scanner: Scanner) -> None:
    random = Random(3)
    tokens = [make(random) for _, make in KINDS]
    redacted, labels = scanner.redact("\n".join(f"{number}: {token}" for number, token in enumerate(tokens)))
    assert labels == [label for label, _ in KINDS]
    assert [line.partition(": ")[0] for line in redacted.splitlines()] == [str(n) for n in range(len(tokens))]


def test_of_secrets_within_each_other_all_is_taken_out_once(scanner: Scanner, token: str) -> None:
    text = f'git clone https://oauth2:{token}@example.org; password = "{token}"'
    mark = f"[redacted: {GITHUB}]"
    assert scanner.redact(text)[0] == f'git clone https://oauth2:{mark}@example.org; password = "{mark}"'
