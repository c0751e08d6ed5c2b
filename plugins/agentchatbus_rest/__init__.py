"""Ways into the bus for programs and browsers: REST routes for every operation, and the stream of events.

Routes come from the operations themselves. `presenters` holds what differs from them over REST, one entry an operation;
an operation without an entry gets a plain JSON form.

The application is pure ASGI with a tree of paths. A FastAPI or Starlette application in its place would take each
request through lists of regular expressions and through objects that operations, which validate themselves, have no
use for; that costs more than everything this plugin does with a post. FastAPI does what it is best at, the OpenAPI
document, and is imported when somebody asks for that.
"""

from agentchatbus_rest.plugin import RestPlugin
from agentchatbus_rest.settings import RestSettings

__all__ = ["RestPlugin", "RestSettings"]
