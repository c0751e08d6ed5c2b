"""The settings."""

from __future__ import annotations

from pydantic import Field, SecretStr

from agentchatbus.plugin_api import PluginSettings


class IdeSettings(PluginSettings):
    """The table ``[plugins.ide]``.

    Attributes:
        owner_boot_token: What an editor shows that started this server, to own it; an empty one gives it to nobody.
        session_seconds: How long an editor counts as running after its last sign of life.
        log_lines: How many of the newest lines of the log are kept for editors.
    """

    owner_boot_token: SecretStr = SecretStr("")
    session_seconds: float = Field(default=45.0, gt=0)
    log_lines: int = Field(default=2000, ge=1, le=100_000)
