"""Keeps secrets out of the bus: known token formats, private keys, passwords in addresses and under secret-like names.

`rows` and `borrowed` hold the formats, `addresses` and `assignments` what only its surroundings give away;
`placeholders` tells an example from the real thing. `scanner` puts them together, `plugin` asks it.
"""

from agentchatbus_secrets.plugin import SecretsPlugin
from agentchatbus_secrets.settings import SecretsSettings

__all__ = ["SecretsPlugin", "SecretsSettings"]
