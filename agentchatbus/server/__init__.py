"""The HTTP server: takes a bus's transports, guards them and runs uvicorn."""

from agentchatbus.server.dispatch import Dispatcher
from agentchatbus.server.guard import Guard
from agentchatbus.server.running import loop_factory, serve, tune_garbage_collection
from agentchatbus.server.sockets import bind
from agentchatbus.server.threads import Threads

__all__ = ["Dispatcher", "Guard", "Threads", "bind", "loop_factory", "serve", "tune_garbage_collection"]
