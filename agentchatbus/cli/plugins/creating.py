"""The command ``plugins new``."""

from __future__ import annotations

from pathlib import Path

import click

from agentchatbus.cli.plugins.scaffold import KINDS, Names, project, write

NEXT = """
Next, in a virtual environment that has AgentChatBus:

    cd {folder}
    python -m pip install --editable '.[test]'
    python -m pytest
    agentchatbus plugins info {name}
    agentchatbus plugins test {name}
    agentchatbus serve

The bus takes the plugin at its next start. Its settings are the table [plugins.{name}] of the configuration;
`agentchatbus serve --trace-hooks` shows every call of it.
"""


@click.command()
@click.argument("name")
@click.option(
    "--hook",
    "kind",
    type=click.Choice(sorted(KINDS)),
    default="filter",
    show_default=True,
    help="What the plugin takes part in.",
)
@click.option(
    "--directory",
    metavar="D",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where to make the project's folder; here unless given.",
)
def new(name: str, *, kind: str, directory: Path) -> None:
    """Write a plugin project: complete, tested, ready to install.

    \b
    filter     refuses messages               (check_message)
    transform  changes messages               (transform_message)
    limit      refuses what comes too often   (check_action)
    observer   is told what happened          (on_event)
    operation  adds a tool and a route        (register_operations)
    transport  adds a way in over HTTP        (register_transports)
    search     finds messages                 (register_search)
    storage    keeps everything               (register_storage)
    """
    names = Names.of(name)
    folder = directory / names.distribution
    written = write(project(names, kind), folder)
    click.echo(f"Wrote {folder}:")
    for path in written:
        click.echo(f"    {path}")
    click.echo(NEXT.format(folder=folder, name=names.plugin), nl=False)
