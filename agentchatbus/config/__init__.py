"""The configuration: one TOML file, the environment and the command line become one frozen value.

Flags beat the environment, the environment beats settings that were saved while the bus ran, these beat the file, the
file beats the defaults.
"""

from agentchatbus.config.loading import FILE_NAME, Flags, compose, load_config
from agentchatbus.config.tables import (
    BusTable,
    Config,
    LimitsTable,
    PluginsTable,
    SearchTable,
    ServerTable,
    StorageTable,
    is_loopback,
)

__all__ = [
    "FILE_NAME",
    "BusTable",
    "Config",
    "Flags",
    "LimitsTable",
    "PluginsTable",
    "SearchTable",
    "ServerTable",
    "StorageTable",
    "compose",
    "is_loopback",
    "load_config",
]
