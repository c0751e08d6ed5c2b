"""Keeps the pictures and files of messages beside the database."""

from agentchatbus_attachments.plugin import AttachmentsPlugin
from agentchatbus_attachments.settings import AttachmentsSettings

__all__ = ["AttachmentsPlugin", "AttachmentsSettings"]
