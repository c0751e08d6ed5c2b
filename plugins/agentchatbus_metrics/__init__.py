"""Numbers about the bus: JSON for programs, a page for Prometheus."""

from agentchatbus_metrics.plugin import MetricsPlugin, MetricsSettings

__all__ = ["MetricsPlugin", "MetricsSettings"]
