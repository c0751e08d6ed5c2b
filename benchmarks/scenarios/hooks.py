"""What hooks cost: a gate that does nothing, and a post with all shipped plugins beside one with none."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from statistics import median
from typing import Any

from agentchatbus.app import App, open_bus
from agentchatbus.config import compose
from agentchatbus.model import Caller, CallerKind, Credentials, MessageDraft, Session, ThreadDraft
from agentchatbus.plugin import Plugin, PluginSettings, hookimpl
from benchmarks.measure import Measure, Settings, percentile

GATES = 5
GATE_GOAL = 20.0
POST_GOAL = 1.5
STORAGE = "sqlite"
ALONE = "the storage alone"
ALL = "all"
TEXT = "I have looked at the parser; the second branch never closes its file. " * 2
PERSON = Caller(kind=CallerKind.HUMAN, transport="bench")


class GatePlugin(Plugin[PluginSettings]):
    """A gate that lets everything through."""

    @hookimpl
    async def check_message(self, draft: MessageDraft) -> None:
        """Refuse nothing."""


async def run(settings: Settings) -> list[Measure]:
    """Measure in this process, without a transport: what a transport costs would only hide what hooks cost."""
    return [*await _gates(settings), *await _posts(settings)]


async def _gates(settings: Settings) -> list[Measure]:
    """Call the gates of a bus with some that do nothing; the cost of one is what each adds to none."""
    calls = settings.choose(20_000, 500)
    draft = MessageDraft(thread_id="t", content=TEXT)
    micros = {}
    for count in (0, GATES):
        async with _bus([], [type(f"Gate{number}Plugin", (GatePlugin,), {}) for number in range(count)]) as app:
            rounds = [await _per_call(lambda: app.hooks.check_message(draft, PERSON), calls) for _ in range(5)]
            micros[count] = min(rounds) * 1e6
    each = (micros[GATES] - micros[0]) / GATES
    scenario = "hooks, check_message"
    return [
        Measure(scenario=scenario, name="no gate", value=micros[0], unit="µs"),
        Measure(scenario=scenario, name=f"{GATES} no-op gates", value=micros[GATES], unit="µs"),
        Measure(scenario=scenario, name="a no-op gate", value=each, unit="µs", below=GATE_GOAL),
    ]


async def _posts(settings: Settings) -> list[Measure]:
    """Post in turn to a bus with the storage alone, to one with each shipped plugin beside it, and to one with all."""
    names = sorted(_shipped())
    sets = {ALONE: [], **{name: [name] for name in names if name != STORAGE}, ALL: names}
    rounds, posts = settings.choose((12, 100), (2, 10))
    async with AsyncExitStack() as stack:
        runs = {}
        for name, plugins in sets.items():
            runs[name] = _Run(await _poster(await stack.enter_async_context(_bus(plugins))))
            await _each(runs[name].post, posts)
        for _ in range(rounds):
            for run in runs.values():
                await run.take(posts)
    return [*_all_beside_none(runs, len(names)), *_each_beside_none(runs)]


@dataclass(slots=True)
class _Run:
    """Posts to one bus, round by round: how long each took, and the processor time of a round's posts."""

    post: Callable[[], Awaitable[Any]]
    seconds: list[list[float]] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    async def take(self, posts: int) -> None:
        """Do one round."""
        begun = time.process_time()
        self.seconds.append(await _each(self.post, posts))
        self.cpu.append((time.process_time() - begun) / posts)

    def percentile(self, share: float) -> float:
        return percentile([seconds for taken in self.seconds for seconds in taken], share) * 1e6

    def slower_than(self, other: _Run) -> float:
        """Return the median over the rounds of how many times as long a post takes."""
        return median(median(own) / median(its) for own, its in zip(self.seconds, other.seconds, strict=True))

    def costlier_than(self, other: _Run) -> float:
        """Return the same of the processor time, of which a busy machine disturbs less."""
        return median(own / its for own, its in zip(self.cpu, other.cpu, strict=True))


def _all_beside_none(runs: Mapping[str, _Run], count: int) -> list[Measure]:
    scenario, none, full = f"hooks, msg_post, {count} plugins", runs[ALONE], runs[ALL]
    times = [
        Measure(scenario=scenario, name=f"p{share * 100:.0f} with {name}", value=run.percentile(share), unit="µs")
        for share in (0.5, 0.99)
        for name, run in ((ALONE, none), (ALL, full))
    ]
    ratio = full.slower_than(none)
    return [*times, Measure(scenario=scenario, name="all / alone, median of rounds", value=ratio, below=POST_GOAL)]


def _each_beside_none(runs: Mapping[str, _Run]) -> list[Measure]:
    scenario, none = "hooks, CPU of a msg_post", runs[ALONE]
    cost = Measure(scenario=scenario, name=f"with {ALONE}", value=min(none.cpu) * 1e6, unit="µs")
    others = [(name, run) for name, run in runs.items() if run is not none]
    return [
        cost,
        *(Measure(scenario=scenario, name=f"{name} / alone", value=run.costlier_than(none)) for name, run in others),
    ]


def _shipped() -> list[str]:
    """Return the plugins of this distribution whose requirements are there."""
    found = []
    for entry in entry_points(group="agentchatbus"):
        if entry.dist is not None and entry.dist.name == "agentchatbus":
            try:
                entry.load()
            except ModuleNotFoundError:
                continue
            found.append(entry.name)
    return found


@asynccontextmanager
async def _bus(names: Sequence[str], more: Sequence[type[Plugin[Any]]] = ()) -> AsyncIterator[App]:
    """Open a bus on an empty folder with these plugins and no limits on how often one may post."""
    with tempfile.TemporaryDirectory(prefix="agentchatbus-bench-") as folder:
        enabled = list(dict.fromkeys([STORAGE, *names]))
        document = {"server": {"data_dir": folder}, "plugins": {"enable": enabled}}
        plugins = [kind(PluginSettings()) for kind in more]
        async with open_bus(compose(document), plugins=plugins) as app:
            yield app


async def _poster(app: App) -> Callable[[], Awaitable[Any]]:
    """Return a call that posts as a person: people are never limited, whatever the plugins."""
    thread = (await app.bus.threads.create(ThreadDraft(topic="Bench"), PERSON)).thread
    session = Session(credentials=Credentials(grants=CallerKind.HUMAN, transport="bench"), fills_sync=True)
    arguments = {
        "thread_id": thread.id,
        "content": TEXT,
        "author": "human",
        "expected_last_seq": None,
        "reply_token": None,
    }
    return lambda: app.operations.call("msg_post", arguments, session)


async def _each(call: Callable[[], Awaitable[Any]], count: int) -> list[float]:
    seconds = []
    for _ in range(count):
        begun = time.perf_counter()
        await call()
        seconds.append(time.perf_counter() - begun)
        await asyncio.sleep(0)
    return seconds


async def _per_call(call: Callable[[], Awaitable[Any]], count: int) -> float:
    begun = time.perf_counter()
    for _ in range(count):
        await call()
    return (time.perf_counter() - begun) / count
