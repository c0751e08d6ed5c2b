"""The use cases as plugins and operations call them."""

from agentchatbus.ports.use_cases.agents import Access, Agents, Joining
from agentchatbus.ports.use_cases.messages import Editing, Messages, Needs, Reactions, Search, Tokens, Waiting
from agentchatbus.ports.use_cases.threads import Administration, Lifecycle, Threads

__all__ = [
    "Access",
    "Administration",
    "Agents",
    "Editing",
    "Joining",
    "Lifecycle",
    "Messages",
    "Needs",
    "Reactions",
    "Search",
    "Threads",
    "Tokens",
    "Waiting",
]
