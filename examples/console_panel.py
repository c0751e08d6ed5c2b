"""A plugin in one file: a panel of the console that lists what was decided, and a badge on the messages that say so.

An agent records a decision with the metadata of a message: `{"decision": "We split the accounts table."}`. The list is
kept among the documents of the bus, offered as a tool and a route, and printed by `agentchatbus decisions list`.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import click

from agentchatbus.plugin_api import (
    Bus,
    Call,
    CommandTools,
    ConsoleOffer,
    DecorationOffer,
    Event,
    EventBody,
    Follower,
    Forbidden,
    MessagePosted,
    NotFound,
    Operation,
    Panel,
    PanelAction,
    PanelCell,
    PanelChart,
    PanelFacts,
    PanelLink,
    PanelOffer,
    PanelTable,
    Params,
    Plugin,
    PluginSettings,
    Route,
    ThreadDeleted,
    Transaction,
    hookimpl,
    is_human_only,
    load_config,
    operation,
    operations_of,
)

LIST = "decisions"
LOG = "decisions-log"

Decision = Mapping[str, Any]
"""A decision as it is kept: text, author, thread_id, seq, at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionWithdrawn(EventBody):
    """A person took a decision off the list."""

    type: ClassVar[str] = "decision.withdrawn"
    message_id: str


class ConsolePanelSettings(PluginSettings):
    """The table ``[plugins.console_panel]``."""

    key: str = "decision"
    """Under which key of its metadata a message says what was decided."""


class WithdrawParams(Params):
    message_id: str


class DecisionOperations:
    """What was decided, kept up to date from the event log."""

    def __init__(self, bus: Bus, key: str) -> None:
        self._bus = bus
        self._key = key
        self.follower: Follower[None] = Follower(
            bus, LOG, concerns=self._concerns, apply=self._apply, rebuild=self._begin
        )

    @operation(route=Route(method="GET", path="/api/decisions"), read_only=True, idempotent=True)
    async def decision_list(self, _params: Params, _call: Call) -> list[dict[str, Any]]:
        """List what was decided, newest first."""
        await self.follower.caught_up()
        found = await self._bus.storage.read(decisions)
        return [{"message_id": message_id, **decision} for message_id, decision in found]

    @operation(route=Route(method="POST", path="/api/decisions/{message_id}/withdraw"), idempotent=True, tool=False)
    async def decision_withdraw(self, params: WithdrawParams, call: Call) -> dict[str, bool]:
        """Take a decision off the list; its message stays."""
        if not call.caller.sees_human_only:
            raise Forbidden("Only a person may take a decision off the list.")
        await self.follower.caught_up()
        return {"ok": await self._bus.storage.write(lambda tx: self._withdraw(tx, params.message_id))}

    @operation(route=Route(method="GET", path="/api/decisions/panel"), read_only=True, idempotent=True, tool=False)
    async def decision_panel(self, params: Params, call: Call) -> Panel:
        """Fill the panel of the console."""
        found = await self.decision_list(params, call)
        topics = {item: (await self._bus.threads.get(item)).topic for item in {each["thread_id"] for each in found}}
        rows = [_row(decision, topics[decision["thread_id"]]) for decision in found]
        counts = Counter(topics[decision["thread_id"]] for decision in found)
        return Panel(
            blocks=[
                PanelFacts(facts={"Decisions": len(found), "Threads": len(topics)}),
                PanelTable(columns=["Decision", "By", "Where", ""], rows=rows, empty="Nothing was decided yet."),
                *([PanelChart(title="Decisions by thread", bars=dict(counts.most_common(8)))] if found else []),
            ]
        )

    def _concerns(self, event: Event) -> bool:
        return event.type == ThreadDeleted.type or (event.type == MessagePosted.type and self._text(event) != "")

    def _text(self, event: Event) -> str:
        """Return what a message says was decided, or nothing."""
        metadata = event.payload["message"]["metadata"]
        text = metadata.get(self._key)
        return text.strip() if isinstance(text, str) and not is_human_only(metadata) else ""

    def _apply(self, tx: Transaction, events: Sequence[Event]) -> None:
        for event in events:
            if event.type == ThreadDeleted.type:
                forget(tx, event.payload["thread_id"])
                continue
            message = event.payload["message"]
            decision = {
                "text": self._text(event),
                "author": message["author_display_name"],
                "thread_id": message["thread_id"],
                "seq": message["seq"],
                "at": message["created_at"],
            }
            tx.documents.put(LIST, message["id"], decision)

    async def _begin(self) -> int:
        """List what is decided from now on."""
        return self._bus.feed.newest

    def _withdraw(self, tx: Transaction, message_id: str) -> bool:
        if tx.documents.get(LIST, message_id) is None:
            raise NotFound("There is no such decision.", kind="decision", id=message_id)
        tx.documents.delete(LIST, message_id)
        tx.events.append(DecisionWithdrawn(message_id=message_id), self._bus.clock.now())
        return True


def _row(decision: Decision, topic: str) -> list[PanelCell]:
    thread_id, seq = decision["thread_id"], decision["seq"]
    withdraw = PanelAction(
        label="Withdraw",
        operation="decision_withdraw",
        arguments={"message_id": decision["message_id"]},
        confirm=f"Take “{decision['text'][:80]}” off the list?",
    )
    return [
        decision["text"],
        decision["author"],
        PanelLink(text=f"{topic} #{seq}", thread_id=thread_id, seq=seq),
        withdraw,
    ]


def decisions(tx: Transaction) -> list[tuple[str, Decision]]:
    """Return the decisions with the ids of their messages, newest first."""
    return sorted(tx.documents.all(LIST).items(), key=lambda item: str(item[1]["at"]), reverse=True)


def forget(tx: Transaction, thread_id: str) -> None:
    """Forget what was decided in a thread that is gone."""
    for message_id, decision in tx.documents.all(LIST).items():
        if decision["thread_id"] == thread_id:
            tx.documents.delete(LIST, message_id)


class ConsolePanelPlugin(Plugin[ConsolePanelSettings]):
    """Lists what was decided."""

    settings_type = ConsolePanelSettings

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        self._decisions = DecisionOperations(bus, self.settings.key)
        return operations_of(self._decisions)

    @hookimpl
    def register_console(self) -> Sequence[ConsoleOffer]:
        refresh_on = (MessagePosted, ThreadDeleted, DecisionWithdrawn)
        panel = PanelOffer(
            name="decisions", title="Decisions", operation="decision_panel", icon="📌", refresh_on=refresh_on
        )
        return [panel, DecorationOffer(key=self.settings.key, label="Decided", tone="good", panel=panel.name)]

    @hookimpl
    def lifespan(self) -> AbstractAsyncContextManager[None]:
        return self._decisions.follower.running()

    @classmethod
    def commands(cls) -> Sequence[click.Command]:
        return [commands]


@click.group("decisions")
def commands() -> None:
    """Look at what was decided."""


@commands.command("list")
@click.option("--config", "file", type=click.Path(path_type=Path), help="Configuration file (TOML).")
@click.pass_obj
def print_list(tools: CommandTools, file: Path | None) -> None:
    """Print what was decided; the server of the bus must not run."""

    async def read() -> list[tuple[str, Decision]]:
        async with tools.open_bus(load_config(file, environ=os.environ)) as opened:
            return await opened.bus.storage.read(decisions)

    for _, decision in asyncio.run(read()):
        click.echo(f"{decision['at']}  {decision['author']}: {decision['text']}")
