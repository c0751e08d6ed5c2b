"""The commands ``plugins enable`` and ``plugins disable``: they edit the configuration file and nothing else."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from agentchatbus.cli.options import configured
from agentchatbus.cli.plugins.finding import candidates
from agentchatbus.config import FILE_NAME, Config, load_config
from agentchatbus.errors import ConfigError
from agentchatbus.hints import did_you_mean


@click.command()
@configured
@click.argument("name")
def enable(config: Config, name: str) -> None:
    """Take a plugin from the next start on, by an edit of the configuration file.

    Comments and layout of the file stay as they are. A plugin that a running bus has quarantined is called again with
    POST /api/plugins/NAME/enable, which changes no file.
    """
    _require_known(config, name, also=config.plugins.disable)
    _switch(config, name, on=True)


@click.command()
@configured
@click.argument("name")
def disable(config: Config, name: str) -> None:
    """Leave a plugin out from the next start on, by an edit of the configuration file.

    Comments and layout of the file stay as they are.
    """
    _require_known(config, name)
    _switch(config, name, on=False)


def _require_known(config: Config, name: str, also: tuple[str, ...] = ()) -> None:
    names = {candidate.name for candidate in candidates(config)} | set(also)
    if name not in names:
        raise ConfigError(f"No installed plugin is named {name!r}.{did_you_mean(name, names)}")


def _switch(config: Config, name: str, *, on: bool) -> None:
    file = (config.file or config.server.data_dir / FILE_NAME).expanduser().absolute()
    before = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    after = edited(before, name, on=on)
    word = "enabled" if on else "disabled"
    if after == before:
        click.echo(f"{name!r} is {word} already, as far as {file} goes.")
    else:
        with _draft(file, after) as draft:
            _require_usable(config, draft, name)
            draft.replace(file.resolve())
        click.echo(f"{name!r} is {word} in {file}. A running bus takes notice at its next start.")
    _warn_of_others(file, name, on=on)


def edited(text: str, name: str, *, on: bool) -> str:
    """Return a configuration file that switches one plugin on or off, all else as it was."""
    import tomlkit

    document: Any = tomlkit.parse(text)
    if "plugins" not in document:
        if on:
            return text
        document["plugins"] = tomlkit.table()
    table = document["plugins"]
    disabled, enabled = table.get("disable", ()), table.get("enable", "auto")
    if not on:
        _add(table, "disable", disabled, name)
    elif name in _names(disabled):
        _remove(table, "disable", disabled, name)
    if on and enabled != "auto":
        _add(table, "enable", enabled, name)
    rendered: str = tomlkit.dumps(document)
    return rendered


def _names(value: Any) -> list[str]:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else [str(item) for item in value]


def _add(table: Any, key: str, value: Any, name: str) -> None:
    if name in _names(value):
        return
    if isinstance(value, list):
        value.append(name)  # in place, so that the comments inside a list stay
    else:
        table[key] = [*_names(value), name] if value else [name]


def _remove(table: Any, key: str, value: Any, name: str) -> None:
    if isinstance(value, list):
        value.remove(name)
    else:
        table[key] = [item for item in _names(value) if item != name]


@contextmanager
def _draft(file: Path, text: str) -> Iterator[Path]:
    """Write the new text beside the file, with the file's mode; it is gone afterwards."""
    folder = file.resolve().parent
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".agentchatbus-", suffix=".toml", dir=folder)
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        if file.exists():
            shutil.copymode(file, draft)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _require_usable(config: Config, draft: Path, name: str) -> None:
    """Refuse an edit after which the bus would not start, unless it does not start now either."""
    try:
        _try_out(load_config(draft, environ=os.environ))
    except ConfigError as error:
        if not _is_unusable(config):
            raise ConfigError(
                f"Nothing was changed: without {name!r} as it is now the bus would not start. {error}"
            ) from (error)


def _is_unusable(config: Config) -> bool:
    try:
        _try_out(config)
    except ConfigError:
        return True
    return False


def _try_out(config: Config) -> None:
    from agentchatbus.choosing import check_search, choose_storage
    from agentchatbus.selecting import load_plugins

    manager = load_plugins(config)
    choose_storage(config, manager)
    check_search(config, manager)


def _warn_of_others(file: Path, name: str, *, on: bool) -> None:
    """Say when the environment decides otherwise."""
    config = load_config(file if file.exists() else None, environ=os.environ)
    if on and name in config.plugins.disable:
        click.echo(f"Warning: {config.sources['plugins.disable']} still disables {name!r}.", err=True)
