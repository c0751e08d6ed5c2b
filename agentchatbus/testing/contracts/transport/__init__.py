"""What every way into the bus over HTTP has to do.

A plugin's test module subclasses `TransportContract`: it says how to write down a request, and the suite sends it to
the application of the plugin's transport, on a real bus::

    class TestMyContract(TransportContract):
        def make_plugin(self):
            return MyPlugin(MySettings())

        def request(self, operation, arguments, agent):
            headers = {"x-agent-token": agent.token} if agent else {}
            return HttpRequest(path=f"/mine/{operation}", headers=headers, body=json.dumps(arguments).encode())
"""

from agentchatbus.testing.contracts.transport.asgi import HttpAnswer, HttpRequest, send
from agentchatbus.testing.contracts.transport.suite import TransportContract

__all__ = ["HttpAnswer", "HttpRequest", "TransportContract", "send"]
