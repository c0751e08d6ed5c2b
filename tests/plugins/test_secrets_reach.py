"""How much of a text a secret is: nothing of it is left behind, however long it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

import pytest

from agentchatbus.testing import MakeBus
from agentchatbus_secrets import SecretsPlugin, SecretsSettings
from agentchatbus_secrets.scanner import Scanner
from tests.plugins.secrets_corpus.contexts import password
from tests.plugins.secrets_corpus.tokens import ALNUM, HEX, UPPER, of, putty, some

LONG = 2500
"""More characters than any pattern looks at to know a secret."""


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner()


@pytest.fixture
def random() -> Random:
    return Random(31)


BEFORE = ["ya29.", "ya29.c.", "GOCSPX-", "sk-ant-api03-", "sk-proj-", "sk-", "github_pat_", "ghp_", "glpat-", "xoxb-1"]
BEFORE += ["hvs.", "sntrys_", "glc_", "hf_", "npm_", "acb_", "whsec_", "Bearer ", "basic-auth-token: ", "--password "]
BEFORE += ["aws_session_token=", "DB_PASSWORD=", "password: ", "api_key = ", "X-Api-Key: "]
FORMS = [f"{before}{{}} and more" for before in BEFORE]
FORMS += ['password="{}"', "client_secret: '{}'", '{{"auth_token": "{}"}}', "<password>{}</password>"]
FORMS += ["postgres://app:{}@db.example.org/app", "Server=db;Database=a;Password={};"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("length", [450, LONG])
def test_a_secret_is_found_and_taken_out_to_its_end(scanner: Scanner, random: Random, form: str, length: int) -> None:
    secret = some(random, ALNUM, length)
    before, after = form.format("\n").split("\n")
    text = f"{before}{secret}{after}"
    assert scanner.first(text)
    redacted, labels = scanner.redact(text)
    assert len(labels) == 1
    assert redacted.endswith(f"[redacted: {labels[0]}]{after}")
    assert scanner.first(redacted) is None


def test_an_access_key_with_a_long_tail_is_taken_out_with_it(scanner: Scanner, random: Random) -> None:
    redacted, _ = scanner.redact(f"AKIA{some(random, UPPER, LONG)}.")
    assert redacted == "[redacted: AWS Access Key ID]."


def test_a_session_token_is_taken_out_with_its_padding(scanner: Scanner, random: Random) -> None:
    redacted, _ = scanner.redact(f"aws_session_token={some(random, ALNUM, 800)}==\nregion=eu")
    assert redacted == "aws_session_token=[redacted: Secret Assignment]\nregion=eu"


async def test_a_long_value_under_a_secret_like_name_is_taken_out_of_metadata(
    make_bus: MakeBus, random: Random
) -> None:
    bus = await make_bus(plugins=[SecretsPlugin(SecretsSettings(mode="redact"))])
    posted = await bus.post("fine", metadata={"auth_token": some(random, ALNUM, LONG)})
    assert posted.message.metadata["auth_token"] == "[redacted: Secret Assignment]"


WRITTEN: list[Callable[[str], str]] = [
    str,
    lambda key: key.replace("\n", "\r\n"),
    lambda key: key.replace("\n", "\n> "),
    lambda key: json.dumps(key)[1:-1],
]


@pytest.mark.parametrize("write", WRITTEN)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_key_of_putty_is_taken_out_with_its_private_half(
    scanner: Scanner, random: Random, version: int, write: Callable[[str], str]
) -> None:
    key = write(putty(version)(random))
    assert scanner.redact(f"mine:\n{key} thanks") == ("mine:\n[redacted: Private Key] thanks", ["Private Key"])


def test_a_key_of_putty_that_lost_its_end_is_taken_out_with_what_follows(scanner: Scanner, random: Random) -> None:
    key = putty(3)(random).partition("\nPrivate-MAC")[0]
    assert scanner.redact(f"{key}\n\nWhat do you think?")[0] == "[redacted: Private Key]\n\nWhat do you think?"


def test_a_key_in_one_line_is_taken_out_to_its_last_character(scanner: Scanner, random: Random) -> None:
    body = of("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj", ("alnum", 1212))(random)
    assert scanner.redact(f"key: {body}=\n\nthere")[0] == "key: [redacted: Private Key]\n\nthere"


def test_a_key_without_its_first_line_is_taken_out_however_its_lines_were_broken(
    scanner: Scanner, random: Random
) -> None:
    body = "\n".join(["BKcwggSj", *(some(random, ALNUM, 64) for _ in range(5))])
    text = f"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC{body}\n\nthere"
    assert scanner.redact(text) == ("[redacted: Private Key]\n\nthere", ["Private Key"])


PAIRS = [
    "- name: DB_PASSWORD\n  value: {}",
    '- name: DB_PASSWORD\n  value: "{}"',
    "env:\n    - name: API_SECRET\n      value: '{}'\n",
    '[{{"name":"DB_PASSWORD","value":"{}"}}]',
    '{{\n  "name": "DB_PASSWORD",\n  "value": "{}"\n}}',
    '{{"ParameterKey": "DbPassword", "ParameterValue": "{}"}}',
]


@pytest.mark.parametrize("form", PAIRS)
def test_a_value_beside_its_name_is_told_by_it(scanner: Scanner, random: Random, form: str) -> None:
    assert scanner.first(form.format(password(random))) == "Secret Assignment"


OF_OTHERS = ["password_hash", "next_page_token", "SECRET_NAME", "title"]


@pytest.mark.parametrize("name", OF_OTHERS)
def test_a_value_beside_another_name_is_none(scanner: Scanner, random: Random, name: str) -> None:
    value = some(random, ALNUM, 40)
    assert scanner.first(f"- name: {name}\n  value: {value}") is None
    assert scanner.first(json.dumps([{"name": name, "value": value}])) is None


async def test_metadata_that_names_its_values_is_looked_at_like_text(make_bus: MakeBus, random: Random) -> None:
    bus = await make_bus(plugins=[SecretsPlugin(SecretsSettings(mode="redact"))])
    pairs = [{"name": "DB_PASSWORD", "value": password(random)}, {"name": "title", "value": password(random)}]
    posted = await bus.post("fine", metadata={"env": pairs})
    assert [pair["value"] for pair in posted.message.metadata["env"]] == [
        "[redacted: Secret Assignment]",
        pairs[1]["value"],
    ]


@pytest.mark.parametrize("name", ["token", "token address", "API_TOKEN", "secret"])
def test_the_public_address_of_a_contract_is_none(scanner: Scanner, random: Random, name: str) -> None:
    address = "0x" + some(random, HEX, 40)
    assert scanner.first(f"{name}: {address}") is None
    assert scanner.first(f'"{name}": "{address}"') is None
    assert scanner.first(f"private_key: 0x{some(random, HEX, 64)}") == "Secret Assignment"
