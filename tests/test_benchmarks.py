"""The benchmark driver runs; what it measures is not a test's business."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Measure, percentile, table

ROOT = Path(__file__).parents[1]


def test_a_quick_run_measures_the_start_and_posts_without_errors(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "start", "rest_posts", "--json", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    measures = json.loads(report.read_text())["measures"]
    assert {measure["scenario"].partition(",")[0] for measure in measures} == {"start", "rest_posts"}
    assert [measure["value"] for measure in measures if measure["name"] == "errors"] == [0, 0], done.stdout


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
