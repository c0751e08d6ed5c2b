"""The command ``stdio``."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from agentchatbus.plugin_api import ConfigError, Flags, load_config

if TYPE_CHECKING:
    from agentchatbus_mcp.stdio.starting import ServerPlace

PATH = "/mcp"
CLOSE_SECONDS = 1.0
STDIN, STDOUT = 0, 1


@click.command()
@click.option("--url", envvar="AGENTCHATBUS_URL", help="Address of the server; by default the configured one.")
@click.option("--port", type=int, help="Port of the server on this machine; the configured one unless given.")
@click.option("--lang", metavar="LANGUAGE", help="The language that the agent should write in.")
@click.option("--tools", type=click.Choice(["full", "core"]), help="Which tools to list; by default the server's.")
@click.option(
    "--token", envvar="AGENTCHATBUS_AGENT_TOKEN", help="Token of the agent, or of the operator.", show_envvar=True
)
@click.option("--config", "file", metavar="FILE", type=click.Path(path_type=Path), help="Configuration file (TOML).")
@click.option("--no-start", is_flag=True, help="Do not start a server when none runs.")
@click.pass_context
def stdio(
    ctx: click.Context,
    /,
    url: str | None,
    port: int | None,
    file: Path | None,
    *,
    no_start: bool,
    **wishes: str | None,
) -> None:
    """Speak MCP on standard input and output.

    For clients that start their servers themselves. Passes everything on to the running server and starts one when
    there is none, so all agents meet on one bus.
    """
    import asyncio

    if port is not None:
        if ctx.get_parameter_source("url") is ParameterSource.COMMANDLINE:
            raise click.UsageError("Give --url or --port; an address has its port in it.")
        url = None  # what is typed goes before what the environment says
    place = _place(url, port, file, may_start=not no_start)
    try:
        token = wishes.pop("token")
        asyncio.run(_bridge(place, wishes, token))
    except KeyboardInterrupt:
        sys.exit(130)


def _place(url: str | None, port: int | None, file: Path | None, *, may_start: bool) -> ServerPlace:
    """Return where the server is: the option, the environment, or the server's own configuration."""
    from agentchatbus_mcp.stdio.starting import ServerPlace

    config = load_config(file, environ=os.environ, flags=Flags(values={"server.port": port}))
    address = (url or config.server.url).rstrip("/").removesuffix(PATH)
    options = ["--config", str(config.file)] if config.file else []
    if port is not None:
        options += ["--port", str(port)]
    if url is not None:
        options += _address_options(address)
    return ServerPlace(url=address, data_dir=config.server.data_dir, options=tuple(options), may_start=may_start)


def _address_options(address: str) -> list[str]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https"):
        raise ConfigError(f"--url: {address!r} is no address; write for example http://127.0.0.1:39765.")
    return ["--host", host, *(["--port", str(port)] if port else [])]


async def _bridge(place: ServerPlace, wishes: Mapping[str, str | None], token: str | None) -> None:
    import asyncio

    from agentchatbus_mcp.stdio.bridge import Bridge
    from agentchatbus_mcp.stdio.lines import LineReader, LineWriter
    from agentchatbus_mcp.stdio.starting import ServerStarter
    from agentchatbus_mcp.stdio.upstream import Upstream, mcp_url

    headers = {"X-Bus-Transport": "mcp-stdio"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    upstream = Upstream(mcp_url(place.url + PATH, wishes), headers, uses_proxies=not place.is_local)
    running = asyncio.current_task()
    writer = LineWriter(STDOUT, on_broken=lambda: running and running.cancel())
    try:
        server = ServerStarter(place, say=lambda text: click.echo(f"agentchatbus: {text}", err=True))
        await Bridge(upstream, server, writer.write).run(LineReader(STDIN))
    except asyncio.CancelledError:
        return
    finally:
        await upstream.close()
        writer.close(CLOSE_SECONDS)
