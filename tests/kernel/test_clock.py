"""Moments are written in one form, whatever zone they are said in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from agentchatbus.plugin_api import isoformat

HALF_PAST_TWO = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))


def test_the_two_times_of_one_hour_are_different_moments() -> None:
    written = [isoformat(HALF_PAST_TWO.replace(fold=fold)) for fold in (0, 1, 0)]
    assert written == [f"2026-10-25T0{hour}:30:00.000000+00:00" for hour in (0, 1, 0)]


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta()), timezone(timedelta(hours=2)), ZoneInfo("UTC")])
def test_a_moment_is_written_in_utc_with_microseconds(zone: timezone | ZoneInfo) -> None:
    moment = datetime(2026, 11, 23, 12, 0, 0, 5, tzinfo=UTC)
    assert isoformat(moment.astimezone(zone)) == "2026-11-23T12:00:00.000005+00:00"
