"""Tells other programs by signed HTTP requests what happens on the bus."""

from agentchatbus_webhook.plugin import WebhookPlugin, WebhookSettings

__all__ = ["WebhookPlugin", "WebhookSettings"]
