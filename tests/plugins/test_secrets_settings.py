"""The settings of the secret filter."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from agentchatbus.app import App, open_bus
from agentchatbus.plugin_api import ConfigError, Rejected, load_config
from agentchatbus.testing import MakeBus
from agentchatbus_secrets import SecretsPlugin, SecretsSettings
from agentchatbus_secrets.patterns import repeats_a_repeat
from agentchatbus_secrets.scanner import Scanner
from tests.plugins.secrets_corpus.tokens import BARE

KEY = BARE["AWS Access Key ID"][0](Random(8))
TOKEN = BARE["GitLab Token"][0](Random(8))


async def statuses(tmp_path: Path, table: str, environ: dict[str, str] | None = None) -> dict[str, str]:
    """Return the state of each plugin of a bus with this configuration."""
    path = tmp_path / "bus.toml"
    path.write_text(table)
    config = load_config(path, environ={"AGENTCHATBUS_DATA_DIR": str(tmp_path)} | (environ or {}))
    app: App
    async with open_bus(config) as app:
        return {status.name: status.state.value for status in app.manager.statuses()}


def test_what_the_allow_list_names_is_let_through() -> None:
    scanner = Scanner(allow=[KEY, "@localhost$"])
    assert scanner.first(f"see {KEY}") is None
    assert scanner.first("postgres://app:hx7Tq2LmPw@localhost") is None
    assert scanner.first("postgres://app:hx7Tq2LmPw@elsewhere.example.org") == "Connection String Password"
    assert scanner.first(f"see {KEY} and {TOKEN}") == "GitLab Token"


def test_a_kind_to_ignore_is_not_looked_for() -> None:
    scanner = Scanner(ignore=["AWS Access Key ID"])
    assert scanner.first(f"see {KEY}, aws") is None
    assert scanner.redact(f"see {KEY} and {TOKEN}") == (f"see {KEY} and [redacted: GitLab Token]", ["GitLab Token"])


async def test_the_settings_reach_the_filter(make_bus: MakeBus) -> None:
    settings = SecretsSettings(allow=(KEY,), ignore=("JWT Token",))
    bus = await make_bus(plugins=[SecretsPlugin(settings)])
    assert (await bus.post(f"see {KEY}")).message.seq == 1
    with pytest.raises(Rejected):
        await bus.post(TOKEN)


WRONG = [
    ('allow = ["("]', "allow: .*pattern 1 is no regular expression"),
    ('allow = ["fine", "(a+)+$"]', "allow: .*pattern 2 repeats a group"),
    ('allow = [".*"]', "allow: .*pattern 1 fits everything"),
    ('ignore = ["JWT"]', "ignore: .*no kind of secret is named 'JWT'. Did you mean 'JWT Token'"),
    ('mode = "off"', "mode: .*'block' or 'redact'"),
    ("time_limit = 9", "time_limit: .*4"),
    ("allows = []", "no key 'allows'. Did you mean 'allow'"),
]


@pytest.mark.parametrize(("line", "message"), WRONG)
async def test_a_wrong_setting_stops_the_start_with_a_sentence(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        await statuses(tmp_path, f"[plugins]\nenable = ['sqlite', 'secrets']\n[plugins.secrets]\n{line}\n")


@pytest.mark.parametrize(("value", "state"), [("false", "disabled"), ("true", "active")])
async def test_the_short_name_of_the_environment_switches_the_filter(tmp_path: Path, value: str, state: str) -> None:
    table = "[plugins]\nenable = ['sqlite', 'secrets']\n"
    environ = {"AGENTCHATBUS_CONTENT_FILTER_ENABLED": value}
    assert (await statuses(tmp_path, table, environ))["secrets"] == state


def test_patterns_that_may_take_for_ever_are_told_from_others() -> None:
    for pattern in ("(a+)+", "(a*)*b", "(a|a)+", "((ab)*c)+", "(?:x{2,})*", r"([\w-]+)+@", "(a+){30,}"):
        assert repeats_a_repeat(pattern), pattern
    for pattern in ("AKIA[0-9A-Z]+", "(abc)+", "(a|b)", r"\(a+\)+", "[(a+)]+", "(?:a+)?", "(a+){3}", "a+b*c{2,}", ""):
        assert not repeats_a_repeat(pattern), pattern
