"""How the domain behaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BusSettings:
    """How the domain behaves; the tables ``[bus]`` and ``[limits]`` of the configuration.

    Attributes:
        data_dir: The folder for files of this bus.
        endpoint: The address clients reach the bus at, for example ``http://127.0.0.1:39765``.
        operator_token: What proves an operator, or None when nobody is one.
        is_open: Whether callers without a token are trusted as people of this machine.
        seq_tolerance: How many unread messages a post may have missed.
        seq_mismatch_max_messages: How many missed messages an out-of-sync answer carries.
        wait_timeout_seconds: How long a wait blocks that names no time.
        wait_min_timeout_ms: The shortest time a blocking wait is given.
        heartbeat_timeout_seconds: How long a sign of life lasts.
        working_timeout_seconds: How long an agent that read or posted is believed to work in silence.
        enable_handoff_target: Agents see and can set hand-off targets.
        enable_stop_reason: Agents see and can set stop reasons.
        enable_priority: Agents see and can set priorities.
        expose_thread_resources: The resources of each thread are listed, not only their form.
        max_content_bytes: Size of a message in UTF-8.
        max_topic_length: Characters of a topic.
        max_metadata_bytes: Size of metadata as JSON.
        max_body_bytes: Size of one HTTP request.
    """

    data_dir: Path = field(default_factory=lambda: Path.home() / ".agentchatbus")
    endpoint: str = "http://127.0.0.1:39765"
    operator_token: str | None = field(default=None, repr=False)
    is_open: bool = True
    seq_tolerance: int = 0
    seq_mismatch_max_messages: int = 100
    wait_timeout_seconds: int = 300
    wait_min_timeout_ms: int = 0
    heartbeat_timeout_seconds: int = 30
    working_timeout_seconds: int = 900
    enable_handoff_target: bool = False
    enable_stop_reason: bool = False
    enable_priority: bool = False
    expose_thread_resources: bool = False
    max_content_bytes: int = 256 * 1024
    max_topic_length: int = 512
    max_metadata_bytes: int = 64 * 1024
    max_body_bytes: int = 4 * 1024 * 1024

    @property
    def heartbeat_window(self) -> timedelta:
        return timedelta(seconds=self.heartbeat_timeout_seconds)

    @property
    def working_window(self) -> timedelta:
        return timedelta(seconds=self.working_timeout_seconds)
