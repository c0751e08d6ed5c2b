"""The group of all commands, those that plugins add included."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from agentchatbus import discovery
from agentchatbus.config import Flags, load_config
from agentchatbus.discovery import Candidate
from agentchatbus.errors import ConfigError, Unavailable
from agentchatbus.hints import did_you_mean

DEFAULT = "serve"
OWN_OPTIONS = frozenset({"-h", "--help", "-V", "--version"})
UNUSABLE = 2
"""Exit code when the configuration or the storage cannot be used."""

INTERRUPTED = 130
"""Exit code of a program that Ctrl-C ended before it was done."""


class Unusable(click.ClickException):
    """What the operator has to change, without a traceback."""

    exit_code = UNUSABLE


class Commands(click.Group):
    """Finds a command among ours, then among those of plugins; plugins are imported only when they are asked for.

    A plugin of one file is found when the configuration names it, or the options of the command do.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._given: Sequence[str] = ()
        self._added: dict[tuple[str, str], Sequence[click.Command]] = {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in OWN_OPTIONS):
            args = [DEFAULT, *args]
        self._given = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (ConfigError, Unavailable) as error:
            raise Unusable(str(error)) from None
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        added = [command.name or "" for candidate in self._candidates() for command in self._added_by(candidate)]
        return list(dict.fromkeys([*self.commands, *sorted(added)]))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or self._find(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            hint = did_you_mean(args[0], self.list_commands(ctx))
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def _find(self, name: str) -> click.Command | None:
        # A plugin is named after its command more often than not, so the others need not be imported.
        for candidate in sorted(self._candidates(), key=lambda item: not item.name.endswith(name)):
            for command in self._added_by(candidate):
                if command.name == name:
                    return command
        return None

    def _candidates(self) -> list[Candidate]:
        return [*map(discovery.of_file, _files(self._given)), *discovery.installed()]

    def _added_by(self, candidate: Candidate) -> Sequence[click.Command]:
        """Return a plugin's commands; one that cannot be imported has none and says so."""
        key = (candidate.name, candidate.origin)
        if key not in self._added:
            self._added[key] = _import_commands(candidate)
        return self._added[key]


def _files(args: Sequence[str]) -> tuple[Path, ...]:
    """Return the plugins of one file that take part, given the arguments of a command that is not known yet.

    A configuration that cannot be used names none here; whichever command reads it says what is wrong with it.
    """
    file = next(_values(args, "--config"), None)
    plugins = tuple(name for name in (*_values(args, "-p"), *_values(args, "--plugin")) if name.endswith(".py"))
    try:
        config = load_config(Path(file) if file else None, environ=os.environ, flags=Flags(plugins=plugins))
    except ConfigError:
        return ()
    return tuple(path for path in config.plugins.paths if path.stem not in config.plugins.disable)


def _values(args: Sequence[str], option: str) -> Iterator[str]:
    for place, arg in enumerate(args):
        if arg == option:
            yield from args[place + 1 : place + 2]
        elif arg.startswith(f"{option}="):
            yield arg.partition("=")[2]


def _import_commands(candidate: Candidate) -> Sequence[click.Command]:
    try:
        return list(candidate.load().commands())
    except (Exception, SystemExit) as error:
        click.echo(f"Warning: plugin {candidate.name!r} ({candidate.origin}) is left out: {error}", err=True)
        return ()
