"""Rate limits: how often a caller may do what, counted over moving windows."""

from agentchatbus_limits.plugin import LimitsPlugin
from agentchatbus_limits.settings import LimitsSettings, PeopleRates, Rates

__all__ = ["LimitsPlugin", "LimitsSettings", "PeopleRates", "Rates"]
