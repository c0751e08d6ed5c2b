"""Suites that every implementation of a port has to pass; subclass one in a test module of your plugin."""

import pytest

pytest.register_assert_rewrite("agentchatbus.testing.contracts.storage")
pytest.register_assert_rewrite("agentchatbus.testing.contracts.transport")
pytest.register_assert_rewrite("agentchatbus.testing.contracts.search")
