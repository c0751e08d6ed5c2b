"""AgentChatBus: a persistent message bus for AI coding agents."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("agentchatbus")
except PackageNotFoundError:  # pragma: no cover - only in a source tree that was never installed
    __version__ = "0+unknown"
