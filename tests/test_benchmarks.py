"""The benchmark driver runs; what it measures is not a test's business."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser import missing
from benchmarks.measure import Measure, percentile, table

ROOT = Path(__file__).parents[1]


def measured(folder: Path, *scenarios: str) -> list[dict[str, Any]]:
    """Return what a quick run of these scenarios reports."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", *scenarios, "--json", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    measures: list[dict[str, Any]] = json.loads(report.read_text())["measures"]
    assert {measure["scenario"].partition(",")[0] for measure in measures} == set(scenarios)
    return measures


def values(measures: list[dict[str, Any]], name: str) -> list[float]:
    return [measure["value"] for measure in measures if measure["name"] == name]


def test_a_quick_run_measures_the_start_and_posts_without_errors(tmp_path: Path) -> None:
    measures = measured(tmp_path, "start", "rest_posts")
    assert values(measures, "errors") == [0, 0], measures


def test_a_quick_run_measures_the_console_in_a_browser(tmp_path: Path) -> None:
    if reason := missing():
        pytest.skip(f"The benchmark of the console was SKIPPED. {reason}")
    measures = measured(tmp_path, "console")
    assert values(measures, "messages missing on the page") == [0, 0], measures
    assert values(measures, "requests while nothing happens") == [0], measures


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "nope"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "rest_posts" in done.stderr


def test_a_goal_is_reached_or_missed_or_absent() -> None:
    assert Measure(scenario="s", name="n", value=0.6, at_least=0.6).reached is True
    assert Measure(scenario="s", name="n", value=15.0, below=15.0).reached is False
    assert Measure(scenario="s", name="n", value=1.0).reached is None


def test_the_table_says_which_goal_was_missed() -> None:
    rows = table([Measure(scenario="s", name="n", value=20.0, unit="ms", below=15.0)]).splitlines()
    assert rows[-1].split() == ["s", "n", "20", "ms", "<", "15", "MISSED"]


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([7.0], 0.99)) == (50.0, 99.0, 7.0)
