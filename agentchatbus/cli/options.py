"""Options that several commands share."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click

from agentchatbus.config import Flags, load_config

FLAGS: Mapping[str, str] = {
    "host": "server.host",
    "port": "server.port",
    "data_dir": "server.data_dir",
    "db": "plugins.sqlite.path",
}
"""Options by their names, each with its key in the configuration."""


def configured(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say how the bus is configured, and hand it the resulting `Config` first."""

    @click.option(
        "--config", "file", metavar="FILE", type=click.Path(path_type=Path), help="Configuration file (TOML)."
    )
    @click.option("--host", help="Address to listen on; 127.0.0.1 unless configured.")
    @click.option("--port", type=int, help="Port to listen on, 0 for any free one; 39765 unless configured.")
    @click.option("--db", metavar="FILE", type=click.Path(path_type=Path), help="Database file.")
    @click.option("--data-dir", metavar="FOLDER", type=click.Path(path_type=Path), help="Folder for files of this bus.")
    @click.option(
        "-p",
        "--plugin",
        "plugins",
        metavar="NAME",
        multiple=True,
        help="Use a plugin, or leave it out with no:NAME, or load a file with FILE.py. Can be given again.",
    )
    @wraps(command)
    def run(file: Path | None, plugins: tuple[str, ...], **options: Any) -> None:
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s [%(levelname)s] %(name)s: %(message)s")
        values = {FLAGS[name]: options.pop(name) for name in FLAGS}
        config = load_config(file, environ=os.environ, flags=Flags(values=_absolute(values), plugins=plugins))
        command(config, **options)

    return run


def _absolute(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return paths as text that means the same from every folder."""
    return {
        key: str(value.expanduser().absolute()) if isinstance(value, Path) else value for key, value in values.items()
    }
