"""The configuration: where values come from, which source wins, and what is said when one is wrong."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.config import Config, Flags, load_config
from agentchatbus.errors import ConfigError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def load(home: Path, text: str = "", environ: dict[str, str] | None = None, **flags: Any) -> Config:
    """Load a file with this text."""
    file = home / "bus.toml"
    file.write_text(text)
    return load_config(file, environ=environ or {}, flags=Flags(**flags))


def test_without_any_source_the_defaults_hold(home: Path) -> None:
    config = load_config(environ={})
    assert (config.server.host, config.server.port) == ("127.0.0.1", 39765)
    assert config.server.data_dir == home / ".agentchatbus"
    assert (config.plugins.enable, config.storage.backend, config.search.backend) == ("auto", "sqlite", "auto")
    assert (config.limits.max_content_bytes, config.limits.max_body_bytes) == (256 * 1024, 4 * 1024 * 1024)
    assert (config.file, dict(config.sources)) == (None, {})


def test_flags_beat_the_environment_which_beats_the_file(home: Path) -> None:
    text = '[server]\nport = 1\nhost = "::1"\naccess_log = true\n'
    environ = {"AGENTCHATBUS_PORT": "2", "AGENTCHATBUS_HOST": "localhost"}
    config = load(home, text, environ, values={"server.port": 3, "server.host": None})
    assert (config.server.port, config.server.host, config.server.access_log) == (3, "localhost", True)
    assert config.sources == {
        "server.port": "--port",
        "server.host": "AGENTCHATBUS_HOST",
        "server.access_log": str(home / "bus.toml"),
    }


def test_a_file_may_begin_with_the_mark_that_some_editors_write(home: Path) -> None:
    file = home / "bus.toml"
    file.write_text("[server]\nport = 7\n", encoding="utf-8-sig")
    assert load_config(file, environ={}).server.port == 7


@pytest.mark.parametrize("by", ["default", "environment", "flag"])
def test_the_file_in_the_data_folder_is_read(home: Path, by: str) -> None:
    folder = home / (".agentchatbus" if by == "default" else "elsewhere")
    folder.mkdir()
    (folder / "agentchatbus.toml").write_text("[server]\nport = 7\n")
    environ = {"AGENTCHATBUS_SERVER__DATA_DIR": str(folder)} if by == "environment" else {}
    values = {"server.data_dir": str(folder)} if by == "flag" else {}
    assert load_config(environ=environ, flags=Flags(values=values)).server.port == 7


def test_the_environment_can_name_the_file(home: Path) -> None:
    (home / "other.toml").write_text("[server]\nport = 8\n")
    assert load_config(environ={"AGENTCHATBUS_CONFIG": str(home / "other.toml")}).server.port == 8


def test_nothing_is_read_from_the_working_directory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "agentchatbus.toml").write_text("[server]\nport = 9\n")
    monkeypatch.chdir(home)
    assert load_config(environ={}).server.port == 39765


def test_h03_m23_the_data_folder_does_not_depend_on_which_files_exist(home: Path) -> None:
    before = load_config(environ={}).server.data_dir
    (home / "data").mkdir()
    (home / "data" / "config.json").write_text('{"PORT": 1}')
    assert load_config(environ={}).server.data_dir == before


@pytest.mark.parametrize(
    ("variable", "text", "dotted", "value"),
    [
        ("HOST", "localhost", "server.host", "localhost"),
        ("PORT", "41000", "server.port", 41000),
        ("ADMIN_TOKEN", "secret", "server.operator_token", "secret"),
        ("HEARTBEAT_TIMEOUT", "60", "bus.heartbeat_timeout_seconds", 60),
        ("WAIT_TIMEOUT", "10", "bus.wait_timeout_seconds", 10),
        ("WAIT_MIN_TIMEOUT_MS", "60000", "bus.wait_min_timeout_ms", 60000),
        ("SEQ_TOLERANCE", "3", "bus.seq_tolerance", 3),
        ("SEQ_MISMATCH_MAX_MESSAGES", "20", "bus.seq_mismatch_max_messages", 20),
        ("ENABLE_HANDOFF_TARGET", "1", "bus.enable_handoff_target", True),
        ("ENABLE_STOP_REASON", "true", "bus.enable_stop_reason", True),
        ("ENABLE_PRIORITY", "YES", "bus.enable_priority", True),
        ("ENABLE_PRIORITY", "0", "bus.enable_priority", False),
        ("EXPOSE_THREAD_RESOURCES", "true", "bus.expose_thread_resources", True),
        ("CONTENT_FILTER_ENABLED", "false", "plugins.disable", ("secrets",)),
        ("CONTENT_FILTER_ENABLED", "true", "plugins.disable", ()),
        ("BUS__KEEP_EVENTS_DAYS", "0.5", "bus.keep_events_days", 0.5),
        ("LIMITS__MAX_BODY_BYTES", "10", "limits.max_body_bytes", 10),
        ("PLUGINS__DISABLE", "web, a2a", "plugins.disable", ("web", "a2a")),
        ("PLUGINS__ENABLE", "sqlite,rest", "plugins.enable", ("sqlite", "rest")),
        ("SERVER__ALLOWED_HOSTS", "a.example,b.example", "server.allowed_hosts", ("a.example", "b.example")),
        ("STORAGE__BACKEND", "memory", "storage.backend", "memory"),
    ],
)
def test_a_variable_of_the_environment_sets_its_key(
    home: Path, variable: str, text: str, dotted: str, value: object
) -> None:
    config = load(home, environ={f"AGENTCHATBUS_{variable}": text})
    table, key = dotted.split(".")
    assert getattr(getattr(config, table), key) == value


@pytest.mark.parametrize(
    ("variable", "text", "plugin", "key", "value"),
    [
        ("DB", "/data/bus.db", "sqlite", "path", "/data/bus.db"),
        ("PLUGINS__SQLITE__PATH", "/data/bus.db", "sqlite", "path", "/data/bus.db"),
        ("PLUGINS__MINE__WORDS", '["a", "b"]', "mine", "words", ["a", "b"]),
        ("RATE_LIMIT", "30", "limits", "messages", "30/minute"),
        ("RATE_LIMIT", "0", "limits", "messages", "off"),
        ("RATE_LIMIT", "30", "limits", "human", {"messages": "30/minute"}),
        ("THREAD_TIMEOUT", "15", "timeout", "minutes", "15"),
        ("MAX_IMAGE_BYTES", "1000", "attachments", "max_image_bytes", "1000"),
    ],
)
def test_a_variable_of_the_environment_sets_a_key_of_a_plugin(
    home: Path, variable: str, text: str, plugin: str, key: str, value: object
) -> None:
    assert load(home, environ={f"AGENTCHATBUS_{variable}": text}).plugin_settings[plugin][key] == value


def test_a_plugin_that_only_a_name_of_old_configures_need_not_be_installed(home: Path) -> None:
    environ = {"AGENTCHATBUS_RATE_LIMIT": "30", "AGENTCHATBUS_THREAD_TIMEOUT": "5"}
    assert load(home, environ=environ).if_installed == {"limits", "timeout"}
    assert load(home, '[plugins.limits]\nmessages = "1/minute"\n', environ).if_installed == {"timeout"}


def test_a_table_inside_the_table_of_a_plugin_is_overlaid_key_by_key(home: Path) -> None:
    text = '[plugins.limits.human]\nmessages = "1/minute"\nedits = "2/minute"\n'
    config = load(home, text, {"AGENTCHATBUS_RATE_LIMIT": "30"})
    assert config.plugin_settings["limits"]["human"] == {"messages": "30/minute", "edits": "2/minute"}


def test_an_empty_variable_counts_as_unset(home: Path) -> None:
    assert load(home, environ={"AGENTCHATBUS_PORT": "", "AGENTCHATBUS_CONFIG": " "}).server.port == 39765


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sever]", "there is no table [sever]. Did you mean 'server'?"),
        ("port = 1", "there is no table [port]."),
        ("server = 1", "server is a table; write [server]"),
        ("[server]\nprot = 1", "[server] has no key 'prot'. Did you mean 'port'?"),
        ('[server]\nport = "x"', "[server] port: Input should be a valid integer"),
        ("[server]\nport = true", "[server] port: Write a number."),
        ("[server]\nport = 70000", "[server] port: Input should be less than or equal to 65535."),
        ("[server]\nhost = 5", "[server] host: Input should be a valid string."),
        ('[plugins]\nenabel = "auto"', "[plugins] has no key 'enabel'. Did you mean 'enable'?"),
        ("[plugins]\nenable = 5", '[plugins] enable: Write "auto" or a list of plugin names.'),
        ('[plugins]\nenable = "all"', '[plugins] enable: Write "auto" for every plugin that is installed'),
        ("[plugins]\ndisable = 5", "[plugins] disable: Write a list of strings."),
        ("[bus]\nkeep_events_days = 0", "[bus] keep_events_days: Input should be greater than 0."),
        ("[server", "is not valid TOML"),
    ],
)
def test_h24_what_is_wrong_in_the_file_is_a_sentence_that_names_it(home: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(home, text)
    assert str(refused.value).startswith(str(home / "bus.toml"))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("PORT", "abc", "AGENTCHATBUS_PORT: [server] port: Input should be a valid integer"),
        ("ENABLE_PRIORITY", "maybe", "AGENTCHATBUS_ENABLE_PRIORITY: write true or false."),
        ("RATE_LIMIT", "many", "AGENTCHATBUS_RATE_LIMIT: write how many messages a minute"),
        ("SEVER__PORT", "1", "AGENTCHATBUS_SEVER__PORT: there is no table [sever]. Did you mean 'server'?"),
        ("SERVER__PROT", "1", "AGENTCHATBUS_SERVER__PROT: [server] has no key 'prot'. Did you mean 'port'?"),
        ("SERVER__PORT__X", "1", "AGENTCHATBUS_SERVER__PORT__X: write AGENTCHATBUS_<TABLE>__<KEY>"),
        ("PLUGINS__MINE__WORDS", "[1", "AGENTCHATBUS_PLUGINS__MINE__WORDS: its value starts like a list"),
        ("CONFIG", "/nowhere.toml", "There is no configuration file /nowhere.toml."),
    ],
)
def test_what_is_wrong_in_the_environment_is_a_sentence_that_names_the_variable(
    home: Path, variable: str, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(environ={f"AGENTCHATBUS_{variable}": text})
    assert str(refused.value).startswith(said)


def test_an_error_never_repeats_a_value(home: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(home, '[server]\noperator_tokn = "hunter2"\n')
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(load(home, '[server]\noperator_token = "hunter2"\n'))


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("AGENTCHATBUS_PROT", ["AGENTCHATBUS_PROT is no variable of the bus. Did you mean 'AGENTCHATBUS_PORT'?"]),
        ("AGENTCHATBUS_DB_TIMEOUT", ["AGENTCHATBUS_DB_TIMEOUT has no effect in this version."]),
        ("AGENTCHATBUS_AGENT_TOKEN", []),
        ("OTHER_PROT", []),
    ],
)
def test_a_variable_that_means_nothing_is_a_warning(
    home: Path, caplog: pytest.LogCaptureFixture, variable: str, said: list[str]
) -> None:
    with caplog.at_level(logging.WARNING):
        load(home, environ={variable: "1"})
    assert caplog.messages == said


def test_paths_in_the_file_are_relative_to_the_file(home: Path) -> None:
    text = '[server]\ndata_dir = "data"\n[plugins]\npaths = ["./filter.py", "/opt/other.py", "~/mine.py"]\n'
    config = load(home, text)
    assert config.server.data_dir == home / "data"
    assert config.plugins.paths == (home / "filter.py", Path("/opt/other.py"), home / "mine.py")


def test_whoever_leaves_a_plugin_out_is_heard(home: Path) -> None:
    environ = {"AGENTCHATBUS_CONTENT_FILTER_ENABLED": "no"}
    config = load(home, '[plugins]\ndisable = ["web"]\n', environ, plugins=["no:rest"])
    assert config.plugins.disable == ("web", "secrets", "rest")
    assert config.sources["plugins.disable"] == f"{home / 'bus.toml'}, AGENTCHATBUS_CONTENT_FILTER_ENABLED, -p"


def test_a_flag_takes_a_plugin_that_the_file_leaves_out(home: Path) -> None:
    config = load(home, '[plugins]\nenable = ["sqlite"]\ndisable = ["web"]\n', plugins=["web"])
    assert (config.plugins.enable, config.plugins.disable) == (("sqlite", "web"), ())
    assert "web" in config.plugin_settings


def test_a_flag_loads_a_plugin_from_a_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    assert load(home, plugins=["./mine.py"]).plugins.paths == (home / "mine.py",)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LOCALHOST", "localhost."])
def test_loopback_hosts_reach_this_machine_alone(home: Path, host: str) -> None:
    assert load(home, values={"server.host": host}).server.is_loopback


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.2", "my-machine", "localhost.example", "127.0.0.1.nip.io"]
)
def test_every_other_host_can_be_reached_by_the_network(home: Path, host: str) -> None:
    assert not load(home, values={"server.host": host}).server.is_loopback


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
        ("::", "http://[::1]:80"),
        ("bus.example", "http://bus.example:80"),
    ],
)
def test_the_address_for_clients_is_one_that_they_can_use(home: Path, host: str, url: str) -> None:
    assert load(home, values={"server.host": host}).on_port(80).server.url == url


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('operator_token = " "', "[server] operator_token: Write a token that is not blank"),
        ('operator_token = ""', "[server] operator_token: Write a token that is not blank"),
        ('allowed_hosts = ["*"]', "[server] allowed_hosts: Wildcards are not supported"),
        ('allowed_origins = ["https://*.example"]', "[server] allowed_origins: Wildcards are not supported"),
        ('allowed_origins = ["a.example"]', "[server] allowed_origins: Write origins as browsers send them"),
        ('allowed_origins = ["https://a.example/x"]', "[server] allowed_origins: Write origins as browsers send them"),
        ('operator_token = "Schlüssel zum Bus"', "[server] operator_token: Write a token of ASCII characters"),
        ('data_dir = ""', '[server] data_dir: Write a folder; "." is the one in which'),
    ],
)
def test_what_looks_like_protection_or_a_place_and_is_none_is_refused(home: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(home, f"[server]\n{line}\n")
    assert said in str(refused.value)
