"""Threads as files: Markdown for reading, JSON for programs, HTML for sharing."""

from agentchatbus_export.plugin import ExportPlugin, ExportSettings

__all__ = ["ExportPlugin", "ExportSettings"]
