"""What every test can use."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["agentchatbus.testing.fixtures"]

# A change is judged by the same examples wherever it is tested; a long run looks for others each time.
settings.register_profile(
    "short", deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("long", deadline=None, database=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("AGENTCHATBUS_PROPERTIES", "short"))
