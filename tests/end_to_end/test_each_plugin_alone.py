"""Every shipped feature can be left out: alone each works, and without it nothing else is missing.

The tables are made from the installed entry points, so a plugin that is added later is covered as it is.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from agentchatbus.app import App, open_bus
from agentchatbus.config import compose
from agentchatbus.discovery import installed
from agentchatbus.model import CallerKind, Credentials
from agentchatbus.operations import Session
from tests.kernel.serving import run_command


def is_complete(entry: EntryPoint) -> bool:
    """Return whether what a plugin needs is installed; some need an extra of the distribution."""
    if not entry.extras:
        return True
    try:
        entry.load()
    except ModuleNotFoundError:
        return False
    return True


SHIPPED = sorted(
    entry.name
    for entry in entry_points(group="agentchatbus")
    if entry.dist and entry.dist.name == "agentchatbus" and is_complete(entry)
)
STRANGERS = sorted({candidate.name for candidate in installed()} - set(SHIPPED))
NEEDED = ("sqlite",)
"""Without a storage there is no bus, so this one always takes part."""

FEATURES = [name for name in SHIPPED if name not in NEEDED]


@dataclass(frozen=True, slots=True)
class Offered:
    """What clients see of a bus."""

    operations: frozenset[str]
    tools: frozenset[str]
    routes: frozenset[str]
    paths: frozenset[str]
    settings: frozenset[str]
    offers: frozenset[str]

    def without(self, other: Offered) -> Offered:
        """Return what is here and not there."""
        return Offered(*(getattr(self, name) - getattr(other, name) for name in self.__slots__))


def beginnings(paths: Iterable[str], routes: Iterable[str]) -> frozenset[str]:
    """Return the paths below which routes lie; a way in that serves routes claims where they begin."""
    places = [route.partition(" ")[2] for route in routes]
    return frozenset(path for path in paths if path != "/" and any(place.startswith(path) for place in places))


@asynccontextmanager
async def bus_with(folder: Path, names: Sequence[str]) -> AsyncIterator[App]:
    """Open a bus on an empty folder on which exactly these plugins take part."""
    document = {"plugins": {"enable": list(names)}, "server": {"data_dir": str(folder)}}
    async with open_bus(compose(document)) as app:
        assert set(app.manager.active) == set(names)
        yield app


def offered(app: App) -> Offered:
    operations = list(app.operations)
    settings = {
        f"{name}.{key}" for name, plugin in app.manager.active.items() for key in type(plugin.settings).model_fields
    }
    return Offered(
        operations=frozenset(operation.name for operation in operations),
        tools=frozenset(operation.name for operation in operations if operation.tool),
        routes=frozenset(f"{item.route.method} {item.route.path}" for item in operations if item.route),
        paths=frozenset(prefix for transport in app.transports for prefix in transport.prefixes),
        settings=frozenset(settings),
        offers=frozenset(
            [offer.uri for offer in app.offers.resources] + [f"prompt {offer.name}" for offer in app.offers.prompts]
        ),
    )


def own_parts(app: App, name: str) -> Offered:
    """Return what clients see because of this one plugin, as the plugin itself says."""
    bus = app.bus
    operations = [operation for plugin, operation in app.manager.operations(bus) if plugin == name]
    transports = [way for plugin, way in app.manager.transports(bus, app.operations, app.offers) if plugin == name]
    resources = [item for item in app.manager.implementations("register_resources") if item.plugin == name]
    prompts = [item for item in app.manager.implementations("register_prompts") if item.plugin == name]
    return Offered(
        operations=frozenset(operation.name for operation in operations),
        tools=frozenset(operation.name for operation in operations if operation.tool),
        routes=frozenset(f"{item.route.method} {item.route.path}" for item in operations if item.route),
        paths=frozenset(prefix for way in transports for prefix in way.prefixes),
        settings=frozenset(f"{name}.{key}" for key in type(app.manager.active[name].settings).model_fields),
        offers=frozenset(
            [offer.uri for item in resources for offer in item.call({"bus": bus})]
            + [f"prompt {offer.name}" for item in prompts for offer in item.call({"bus": bus})]
        ),
    )


async def converse(app: App) -> None:
    """Let two agents speak and hear each other through the operations of the bus."""
    ada, bob = [Session(credentials=Credentials(grants=CallerKind.GUEST, transport="test")) for _ in range(2)]

    async def connect(session: Session, name: str):  # type: ignore[no-untyped-def]
        return await app.operations.call("bus_connect", {"thread_name": "Alone", "ide": "T", "model": name}, session)

    first, second = await connect(ada, "Ada"), await connect(bob, "Bob")
    thread = first.opened.thread.id
    assert second.opened.thread.id == thread
    sync = first.opened.sync
    post = {
        "thread_id": thread,
        "content": "Shall we begin?",
        "author": first.agent.id,
        "expected_last_seq": sync.current_seq,
    }
    posted = await app.operations.call("msg_post", post | {"reply_token": sync.reply_token}, ada)
    wait = {"thread_id": thread, "after_seq": second.opened.sync.current_seq, "timeout_ms": 1000}
    heard = await app.operations.call("msg_wait", wait, bob)
    assert posted.message.id in [message.id for message in heard.messages]


@pytest.mark.parametrize("name", FEATURES)
async def test_a_plugin_that_is_left_out_takes_its_own_parts_with_it_and_nothing_else(
    tmp_path: Path, name: str
) -> None:
    async with bus_with(tmp_path, SHIPPED) as app:
        everything, own = offered(app), own_parts(app, name)
    async with bus_with(tmp_path, [plugin for plugin in SHIPPED if plugin != name]) as app:
        rest = offered(app)
        await converse(app)
    missing = everything.without(rest)
    assert missing == replace(own, paths=own.paths | beginnings(missing.paths, own.routes))
    assert rest.without(everything) == Offered(*[frozenset[str]()] * 6)


@pytest.mark.parametrize("name", FEATURES)
async def test_a_plugin_works_alone(tmp_path: Path, name: str) -> None:
    async with bus_with(tmp_path, [*NEEDED, name]) as app:
        assert all(status.state == "active" for status in app.manager.statuses() if status.name == name)
        await converse(app)
        await app.observers.drain()
        assert app.manager.quarantine.dropped(name) is None


async def test_without_any_feature_a_conversation_goes_on(tmp_path: Path) -> None:
    async with bus_with(tmp_path, NEEDED) as app:
        await converse(app)


async def test_with_every_feature_a_conversation_goes_on(tmp_path: Path) -> None:
    async with bus_with(tmp_path, SHIPPED) as app:
        await converse(app)
        await app.observers.drain()
        assert {status.name for status in app.manager.statuses() if status.state != "active"} <= set(STRANGERS)


@pytest.mark.parametrize("name", FEATURES)
def test_disable_in_the_configuration_leaves_the_plugin_out(tmp_path: Path, name: str) -> None:
    file = tmp_path / "bus.toml"
    file.write_text(f'[plugins]\ndisable = ["{name}"]\n')
    listed = run_command("plugins", "--json", "--config", str(file), HOME=str(tmp_path))
    assert listed.returncode == 0, listed.stderr
    states = {plugin["name"]: plugin["state"] for plugin in json.loads(listed.stdout)}
    assert states.pop(name) == "disabled"
    assert all(states[other] == "active" for other in SHIPPED if other != name)
