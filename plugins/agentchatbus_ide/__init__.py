"""What the editor extension needs of the server: who owns it, its log, its health, and stopping it."""

from agentchatbus_ide.plugin import IdePlugin
from agentchatbus_ide.settings import IdeSettings

__all__ = ["IdePlugin", "IdeSettings"]
