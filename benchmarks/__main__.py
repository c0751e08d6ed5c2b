"""Run scenarios: ``python -m benchmarks [scenario ...] [--json FILE] [--quick] [--messages N]``."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.measure import Measure, Settings, table
from benchmarks.scenarios import SCENARIOS


def main() -> int:
    """Run what the command line asks for; the exit code is 0 also when a goal was missed."""
    parser = _parser()
    arguments = parser.parse_args()
    names = arguments.scenarios or list(SCENARIOS)
    if unknown := [name for name in names if name not in SCENARIOS]:
        parser.error(f"unknown scenario {unknown[0]!r}; there are {', '.join(SCENARIOS)}")
    measures = _run(_all(names, Settings(quick=arguments.quick, messages=arguments.messages)))
    print(table(measures))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(_report(measures, quick=arguments.quick), indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure a bus of this checkout.")
    parser.add_argument("scenarios", nargs="*", metavar="scenario", help=", ".join(SCENARIOS))
    parser.add_argument("--json", metavar="FILE", help="write the numbers to this file too")
    parser.add_argument("--quick", action="store_true", help="a short look: proves that the scenarios run, not more")
    parser.add_argument("--messages", type=int, metavar="N", help="how many messages search looks through (100000)")
    return parser


async def _all(names: list[str], settings: Settings) -> list[Measure]:
    measures = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        measures += await SCENARIOS[name](settings)
    return measures


def _run(work: Coroutine[Any, Any, list[Measure]]) -> list[Measure]:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


def _report(measures: list[Measure], *, quick: bool) -> dict[str, object]:
    return {
        "version": version("agentchatbus"),
        "measured_at": datetime.now(UTC).isoformat(),
        "quick": quick,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "measures": [measure.document() for measure in measures],
    }


if __name__ == "__main__":
    sys.exit(main())
