"""What every test can use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["agentchatbus.testing.fixtures"]

# A change is judged by the same examples wherever it is tested; a long run looks for others each time.
settings.register_profile(
    "short", deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("long", deadline=None, database=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("AGENTCHATBUS_PROPERTIES", "short"))

FIRST = tuple(Path(__file__).parent / folder for folder in ("end_to_end", "browser"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest, so that no worker is left alone with one of them at the end.

    Those in a browser follow each other, because one browser serves them all.
    """
    items.sort(key=lambda item: next((n for n, folder in enumerate(FIRST) if folder in item.path.parents), len(FIRST)))
