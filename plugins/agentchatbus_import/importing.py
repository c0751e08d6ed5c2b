"""The import itself: agents, then thread after thread with everything in it, then templates and pictures."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from agentchatbus.plugin_api import (
    Agent,
    BusError,
    CallerKind,
    Conflict,
    Credentials,
    OpenedBus,
    Session,
    Transaction,
    hash_token,
)
from agentchatbus_import.report import Report
from agentchatbus_import.source import Row, Source
from agentchatbus_import.threads import Beside, ThreadImport
from agentchatbus_import.values import Reader

CHUNK = 200
"""Messages stored in one unit of work."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to import, and how.

    Attributes:
        uploads: The folder with the old bus's pictures, or None.
        is_dry: Whether to look only.
        advance: Told how many rows are done.
    """

    uploads: Path | None
    is_dry: bool
    advance: Callable[[int], None]


class Importer:
    """Brings one old database over."""

    def __init__(self, source: Source, target: OpenedBus, plan: Plan) -> None:
        self.report = Report()
        self._source = source
        self._target = target
        self._plan = plan
        self._reader = Reader(self.report, target.bus.clock.now())

    async def run(self) -> Report:
        """Import everything that is not there yet, and say what was done."""
        await self._agents()
        await self._threads()
        self._orphans()
        await self._templates()
        self._pictures()
        return self.report

    async def _agents(self) -> None:
        self.report.found["agents"] = self._source.count("agents")
        for rows in _chunks(self._source.rows("agents"), CHUNK):
            await self._work(partial(self._store_agents, rows))
            self._plan.advance(len(rows))

    def _store_agents(self, rows: Sequence[Row], tx: Transaction) -> None:
        for row in rows:
            self._agent(tx, row)

    def _agent(self, tx: Transaction, row: Row) -> None:
        agent = self._reader.agent(row)
        if tx.agents.get(agent.id):
            self.report.known["agents"] += 1
            return
        self.report.imported["agents"] += 1
        if self._plan.is_dry:
            return
        token = str(row["token"] or "")
        if not token or tx.agents.by_token(hash_token(token)):
            self.report.note("agents: no token of their own, so they have to register again", agent.name)
            token = secrets.token_hex(32)
        tx.agents.add(self._named(tx, agent), hash_token(token))

    def _named(self, tx: Transaction, agent: Agent) -> Agent:
        """Return the agent under a name that is free; the old bus let several have the same."""
        name, number = agent.name, 1
        while tx.agents.by_name(name):
            number += 1
            name = f"{agent.name} {number}"
        if name == agent.name:
            return agent
        self.report.note("agents: the name is taken, so they got a number", name)
        display_name = name if agent.display_name == agent.name else agent.display_name
        return replace(agent, name=name, display_name=display_name)

    async def _threads(self) -> None:
        for table in ("threads", "messages", "message_edits", "reactions", "reply_tokens"):
            self.report.found[table] = self._source.count(table)
        self.report.found["reply_tokens"] = sum(1 for _ in self._source.rows("reply_tokens", status="issued"))
        settings = {str(row["thread_id"]): row for row in self._source.rows("thread_settings")}
        beside = Beside(self._source)
        # Of several threads with one topic, which old buses could hold, the newest keeps it.
        for row in list(self._source.rows("threads", order="created_at DESC, rowid DESC")):
            await self._thread(row, settings.get(str(row["id"])) or beside.empty, beside)

    async def _thread(self, row: Row, settings: Row, beside: Beside) -> None:
        thread = self._reader.thread(row, settings)
        bringing = ThreadImport(thread, self._reader, self.report, is_dry=self._plan.is_dry)
        await self._work(bringing.begin)
        self._plan.advance(1)
        rows = self._source.rows("messages", order="seq, created_at, rowid", thread_id=thread.id)
        for chunk in _chunks(rows, CHUNK):
            await self._work(partial(bringing.messages, chunk, beside))
            self._plan.advance(len(chunk))
        hidden = list(self._source.rows("human_only_messages", order="anchor_seq, anchor_order", thread_id=thread.id))
        tokens = list(self._source.rows("reply_tokens", thread_id=thread.id, status="issued"))
        await self._work(partial(bringing.finish, hidden, tokens))

    def _orphans(self) -> None:
        threads, messages = self._source.ids("threads"), self._source.ids("messages")
        for row in self._source.rows("messages"):
            if str(row["thread_id"]) not in threads:
                self.report.skip("messages", "their thread is not there", row["id"])
        for table in ("message_edits", "reactions"):
            for row in self._source.rows(table):
                if str(row["message_id"]) not in messages:
                    self.report.skip(table, "their message is not there", row["message_id"])

    async def _templates(self) -> None:
        table = "thread_templates" if self._source.has("thread_templates") else "templates"
        rows = [row for row in self._source.rows(table) if not row["is_builtin"]]
        if not rows:
            return
        self.report.found["templates"] = len(rows)
        for row in rows:
            await self._template(row)
            self._plan.advance(1)

    async def _template(self, row: Row) -> None:
        if "template_create" not in self._target.operations:
            self.report.skip("templates", "the plugin templates is off", row["id"])
            return
        metadata = dict(self._reader.json_object(row["default_metadata"], row["id"]))
        texts = {name: row[name] for name in ("id", "name", "description", "system_prompt") if row[name] is not None}
        if self._plan.is_dry:
            self.report.imported["templates"] += 1
            return
        person = Session(credentials=Credentials(grants=CallerKind.HUMAN, name="human"))
        try:
            arguments = texts | ({"default_metadata": metadata} if metadata else {})
            await self._target.operations.call("template_create", arguments, person)
            self.report.imported["templates"] += 1
        except Conflict:
            self.report.known["templates"] += 1
        except BusError as error:
            self.report.skip("templates", error.message, row["id"])

    def _pictures(self) -> None:
        """Copy the old bus's pictures to where their addresses are served from."""
        if self._plan.uploads is None:
            return
        files = [path for path in sorted(self._plan.uploads.iterdir()) if path.is_file()]
        self.report.found["uploads"] = len(files)
        folder = self._target.bus.settings.data_dir / "uploads"
        for path in files:
            if (folder / path.name).exists():
                self.report.known["uploads"] += 1
                continue
            self.report.imported["uploads"] += 1
            if not self._plan.is_dry:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / path.name)

    async def _work(self, work: Callable[[Transaction], T]) -> T:
        storage = self._target.bus.storage
        return await (storage.read(work) if self._plan.is_dry else storage.write(work))


def _chunks(rows: Iterable[Row], size: int) -> Iterator[Sequence[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk
