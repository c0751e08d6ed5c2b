"""The command ``plugins info``: everything there is to know about one plugin, without starting it."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from agentchatbus.cli.masking import masked, masked_setting
from agentchatbus.cli.options import configured
from agentchatbus.cli.plugins.finding import find, kind_of, meaning_of, source_of, survey
from agentchatbus.cli.plugins.tables import columns
from agentchatbus.config import Config
from agentchatbus.console import Console, ConsoleOffer
from agentchatbus.errors import ConfigError
from agentchatbus.offers import PromptOffer, ResourceOffer
from agentchatbus.operations import Operation, Operations
from agentchatbus.ports.transport import HttpTransport
from agentchatbus.providers import offers

if TYPE_CHECKING:
    from agentchatbus.plugin import Plugin
    from agentchatbus.plugins import PluginManager

T = TypeVar("T")
Facts = dict[str, Any]
Rows = list[tuple[str, ...]]


@click.command()
@configured
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def info(config: Config, name: str, *, as_json: bool) -> None:
    """Say everything about one plugin: its state, hooks, settings, operations, ways in and commands.

    The plugin is asked what it offers, on an empty bus in memory; it is not started.
    """
    facts = describe(config, name)
    click.echo(json.dumps(facts, indent=2, default=str) if as_json else "\n".join(_lines(facts)))


def describe(config: Config, name: str) -> Facts:
    """Return what there is to know about a plugin, as a JSON-compatible object.

    Raises:
        ConfigError: There is no such plugin.
    """
    candidate = find(config, name)
    manager, statuses = survey(config)
    status = next(status for status in statuses if status.name == name)
    facts: Facts = {
        "name": name,
        "version": status.version,
        "distribution": status.distribution,
        "origin": candidate.origin,
        "state": str(status.state),
        "reason": status.reason,
        "summary": "",
        "class": "",
        "hooks": [_hook(manager, hook, name) for hook in status.hooks],
        "settings": [],
        "operations": [],
        "resources": [],
        "prompts": [],
        "console": [],
        "transports": [],
        "commands": [],
        "problems": [],
    }
    if plugin := manager.active.get(name):
        facts |= _of_plugin(config, name, plugin) | asyncio.run(_offers(manager, name))
    return facts


def _hook(manager: PluginManager, hook: str, name: str) -> Facts:
    order = [item.plugin for item in manager.implementations(hook)]
    return {"hook": hook, "kind": kind_of(hook), "place": order.index(name) + 1, "of": len(order)}


def _of_plugin(config: Config, name: str, plugin: Plugin[Any]) -> Facts:
    kind = type(plugin)
    return {
        "summary": (inspect.getdoc(kind) or "").partition("\n")[0] if kind.__doc__ else "",
        "class": f"{kind.__module__}:{kind.__qualname__}",
        "settings": list(_settings(config, name, plugin)),
        "commands": [{"name": command.name, "help": command.get_short_help_str(100)} for command in kind.commands()],
    }


def _settings(config: Config, name: str, plugin: Plugin[Any]) -> Iterator[Facts]:
    for key, field in type(plugin.settings).model_fields.items():
        default = (
            "required" if field.is_required() else _shown(masked(key, field.get_default(call_default_factory=True)))
        )
        yield {
            "key": key,
            "type": type_name(field.annotation),
            "default": default,
            "value": _shown(masked_setting(plugin.settings, key)),
            "source": source_of(config, name, key),
            "description": meaning_of(type(plugin.settings), key),
        }


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def type_name(annotation: Any) -> str:
    """Write a type as its author would, without the modules."""
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation.__name__
    return re.sub(r"\b(?:[a-zA-Z_]\w*\.)+(?=[a-zA-Z_])", "", str(annotation))


async def _offers(manager: PluginManager, name: str) -> Facts:
    """Ask a plugin for its operations and ways in, on a bus that nobody else takes part in."""
    from agentchatbus.testing import make_bus

    async with make_bus() as harness:
        app = harness.app
        try:
            given: dict[str, Any] = {"bus": app.bus}
            operations = _asked(manager, name, "register_operations", Operation, given)
            resources = _asked(manager, name, "register_resources", ResourceOffer, given)
            prompts = _asked(manager, name, "register_prompts", PromptOffer, given)
            console = _asked(manager, name, "register_console", ConsoleOffer, given)
            added = Console(((name, offer) for offer in console), ((name, item) for item in operations))
            table = Operations(identify=_nobody, gate=_nobody)
            for operation in (*app.operations, *operations):
                table.add(operation)
            given |= {"operations": table, "offers": app.offers}
            ways = _asked(manager, name, "register_transports", HttpTransport, given)
        except ConfigError as error:
            return {"problems": [str(error)]}
    return {
        "operations": list(map(_operation, operations)),
        "resources": [{"uri": item.uri, "name": item.name} for item in resources],
        "prompts": [{"name": item.name, "description": item.description} for item in prompts],
        "console": list(_added(added)),
        "transports": [{"name": way.name, "prefixes": list(way.prefixes)} for way in ways],
    }


def _added(console: Console) -> Iterator[Facts]:
    """Say what a plugin adds to the console."""
    found = console.extensions(lambda _: True)
    yield from ({"kind": "panel", "name": item.name, "title": item.title} for item in found.panels)
    yield from ({"kind": "decoration", "name": item.key, "title": item.label} for item in found.decorations)


def _asked(manager: PluginManager, name: str, hook: str, kind: type[T], arguments: Mapping[str, Any]) -> list[T]:
    own = [item for item in manager.implementations(hook) if item.plugin == name]
    return [offer for _, offer in offers(own, kind, arguments)]


async def _nobody(*_: Any, **__: Any) -> Any:
    raise ConfigError("Nobody calls while a plugin is described.")


def _operation(operation: Operation[Any]) -> Facts:
    route = f"{operation.route.method} {operation.route.path}" if operation.route else ""
    return {
        "name": operation.name,
        "route": route,
        "tool": operation.tool,
        "summary": operation.summary,
    }


def _lines(facts: Facts) -> Iterator[str]:
    version = f" {facts['version']}" if facts["version"] else ""
    yield f"{facts['name']}{version} ({facts['origin']})"
    if facts["summary"]:
        yield facts["summary"]
    yield f"State: {facts['state']}{': ' if facts['reason'] else ''}{facts['reason']}"
    if facts["class"]:
        yield f"Class: {facts['class']}"
    for title, rows in _sections(facts):
        if rows:
            yield f"\n{title}"
            yield columns(rows, indent="  ")


def _sections(facts: Facts) -> Iterator[tuple[str, Rows]]:
    yield (
        "Hooks",
        [(item["hook"], item["kind"], f"called as {item['place']} of {item['of']}") for item in facts["hooks"]],
    )
    yield f"Settings: [plugins.{facts['name']}]", _setting_rows(facts["settings"])
    yield "Operations", [_operation_row(item) for item in facts["operations"]]
    yield "Resources", [(item["uri"], item["name"]) for item in facts["resources"]]
    yield "Prompts", [(item["name"], item["description"]) for item in facts["prompts"]]
    yield "Console", [(item["kind"], item["name"], item["title"]) for item in facts["console"]]
    yield "Ways in", [(item["name"], " ".join(item["prefixes"])) for item in facts["transports"]]
    yield "Commands", [(f"agentchatbus {item['name']}", item["help"]) for item in facts["commands"]]
    yield "Problems", [(item,) for item in facts["problems"]]


def _setting_rows(settings: Sequence[Facts]) -> Rows:
    heading = [("KEY", "TYPE", "VALUE", "FROM", "DEFAULT", "MEANING")] if settings else []
    keys = ("key", "type", "value", "source", "default", "description")
    return [*heading, *(tuple(item[key] for key in keys) for item in settings)]


def _operation_row(item: Facts) -> tuple[str, ...]:
    return item["name"], item["route"], "MCP tool" if item["tool"] else "", item["summary"]
