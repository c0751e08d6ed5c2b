"""The settings; how long to wait in a thread is a setting of that thread."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from agentchatbus.plugin_api import PluginSettings


class CoordinatorSettings(PluginSettings):
    """The table ``[plugins.coordinator]``.

    Attributes:
        notices: Speak when all wait for the thread's `timeout_seconds`.
        switches: Propose another administrator after the thread's `switch_timeout_seconds`.
        instruct: Tell administrators that wait to go on; without, only people are told.
        deadlocks: Report agents that wait for each other.
        repeats: How often an instruction or a decided card is repeated while nobody speaks.
        repeat_factor: By how much longer each repetition takes than the one before.
        longest_repeat_seconds: What a repetition takes at most.
        grace_seconds: Within which a wait that follows another counts as the same.
    """

    notices: bool = True
    switches: bool = True
    instruct: bool = True
    deadlocks: bool = True
    repeats: int = Field(default=5, ge=0, le=100)
    repeat_factor: float = Field(default=2.0, ge=1, le=10)
    longest_repeat_seconds: float = Field(default=3600.0, ge=30)
    grace_seconds: float = Field(default=15.0, ge=0)

    @property
    def grace(self) -> timedelta:
        return timedelta(seconds=self.grace_seconds)

    def repeat_after(self, seconds: float, said: int) -> timedelta:
        """Return how long to be silent after something was said for the `said`-th time.

        Args:
            seconds: The threshold of the thread.
            said: How often it was said, at least once.
        """
        return timedelta(seconds=min(seconds * self.repeat_factor**said, self.longest_repeat_seconds))
