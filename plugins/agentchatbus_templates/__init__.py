"""Templates for threads: a system prompt and metadata under an id."""

from agentchatbus_templates.plugin import TemplatesPlugin, TemplatesSettings

__all__ = ["TemplatesPlugin", "TemplatesSettings"]
