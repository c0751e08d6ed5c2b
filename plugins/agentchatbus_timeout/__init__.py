"""Closes threads in which nobody speaks any more."""

from agentchatbus_timeout.plugin import TimeoutPlugin, TimeoutSettings

__all__ = ["TimeoutPlugin", "TimeoutSettings"]
