"""The hooks: everything a plugin can take part in.

The prefix is the meaning: ``register_`` offers, ``check_`` refuses by raising, ``transform_`` returns a new value or
None, ``on_`` is told. An implementation names only the arguments it uses. Within one hook the order is: ``tryfirst``,
plugins given to the bus by file, plugins of others, shipped plugins, ``trylast``.

Before the commit a failure refuses the request; after it a failure is logged. Each implementation of an ``async def``
hook has a deadline of five seconds, and a plugin that fails again and again is quarantined.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import pluggy

from agentchatbus.console import ConsoleOffer
from agentchatbus.events import Event
from agentchatbus.model import Caller, Credentials, MessageDraft, ThreadDraft
from agentchatbus.offers import Offers, PromptOffer, ResourceOffer
from agentchatbus.operations import Action, Operation, Operations
from agentchatbus.plugin import PROJECT
from agentchatbus.ports.bus import Bus
from agentchatbus.ports.files import FileOffer
from agentchatbus.ports.search import SearchOffer
from agentchatbus.ports.storage import StorageOffer
from agentchatbus.ports.transport import HttpTransport

hookspec = pluggy.HookspecMarker(PROJECT)


@hookspec
def register_storage() -> Sequence[StorageOffer]:  # type: ignore[empty-body]
    """Offer storage backends.

    Kind: provider, ``def``. Called once, when the bus is composed, before anything is opened.

    Returns:
        The backends; the one named by ``[storage] backend`` is opened.

    Raises:
        ConfigError: The bus does not start, and prints the message.
    """


@hookspec
def register_search() -> Sequence[SearchOffer]:  # type: ignore[empty-body]
    """Offer search backends.

    Kind: provider, ``def``. Called once, when the bus is composed.

    Returns:
        The backends; ``[search] backend`` names one, ``auto`` takes the highest priority that supports the storage.

    Raises:
        ConfigError: The bus does not start, and prints the message.
    """


@hookspec
def register_operations(bus: Bus) -> Sequence[Operation]:  # type: ignore[type-arg, empty-body]
    """Add operations; every transport offers them at once.

    Kind: provider, ``def``. Called once, after the storage is open and before the transports.

    Args:
        bus: The bus whose use cases the handlers call.

    Returns:
        The operations, each under a name that nobody else uses.

    Raises:
        ConfigError: The bus does not start, and prints the message.
    """


@hookspec
def register_console(bus: Bus) -> Sequence[ConsoleOffer]:  # type: ignore[empty-body]
    """Add panels to the console, and badges to messages in it.

    Kind: provider, ``def``. Called once, after the operations and before the transports.

    Args:
        bus: For its settings.

    Returns:
        A `PanelOffer` under a name, or a `DecorationOffer` of a key, that nobody else uses.

    Raises:
        ConfigError: The bus does not start, and prints the message.
    """


@hookspec
def register_files(bus: Bus) -> Sequence[FileOffer]:  # type: ignore[empty-body]
    """Offer files that messages refer to by address, so that others can show them with the message.

    Kind: provider, ``def``. Called once, after the storage is open and before the resources.

    Args:
        bus: For its settings.

    Returns:
        The families of files, each under a prefix that nobody else uses.

    Raises:
        ConfigError: The bus does not start, and prints the message.
    """


@hookspec
def register_resources(bus: Bus) -> Sequence[ResourceOffer]:  # type: ignore[empty-body]
    """Add resources that clients can read, list and be told the changes of.

    Kind: provider, ``def``. Called once, after the storage is open and before the operations.

    Args:
        bus: The bus whose use cases the readers call.

    Returns:
        The resources, each under a URI that nobody else uses.

    Raises:
        ConfigError: The bus does not start, and prints the message.
    """


@hookspec
def register_prompts(bus: Bus) -> Sequence[PromptOffer]:  # type: ignore[empty-body]
    """Add prompts that clients offer to people.

    Kind: provider, ``def``. Called once, after the resources and before the operations.

    Args:
        bus: The bus whose use cases the prompts call.

    Returns:
        The prompts, each under a name that nobody else uses.

    Raises:
        ConfigError: The bus does not start, and prints the message.
    """


@hookspec
def register_transports(  # type: ignore[empty-body]
    bus: Bus, operations: Operations, offers: Offers
) -> Sequence[HttpTransport]:
    """Add ways in.

    Kind: provider, ``def``. Called once, after all operations, resources and prompts are known.

    Args:
        bus: For its event feed, its settings and its clock.
        operations: What to offer.
        offers: Which resources and prompts there are; operations read them.

    Returns:
        The transports; no two may claim the same prefix.

    Raises:
        ConfigError: The bus does not start, and prints the message.
    """


@hookspec
def lifespan(bus: Bus) -> AbstractAsyncContextManager[None]:  # type: ignore[empty-body]
    """Hold what lives as long as the bus: tasks, clients, files.

    Kind: provider, ``def`` returning an asynchronous context manager (``@asynccontextmanager`` makes one). Entered
    after the storage is open and before the first request, left in reverse order after the last one, in a task of its
    own: what fails in it after the start is logged and leaves the bus running.

    Args:
        bus: The bus.

    Raises:
        ConfigError: The bus does not start, and prints the message.
    """


@hookspec
async def authenticate(credentials: Credentials) -> Caller | None:
    """Say who calls, or None to leave it to the next plugin and at last to the bus's own tokens.

    Kind: first answer, ``async def``. Called once per request, before everything else.

    Args:
        credentials: What the way in knows about the request; its tokens go into no log.

    Returns:
        The caller, or None when these credentials are not of this plugin's kind.

    Raises:
        Unauthenticated: The credentials are of this plugin's kind and wrong.
    """


@hookspec
async def check_action(action: Action) -> None:
    """Refuse an operation: rate limits, quotas, access.

    Kind: gate, ``async def``. Called for every operation, after the caller is known and before anything is done.

    Args:
        action: Which operation, who asks, and the arguments without credentials.

    Raises:
        Forbidden: The caller may not do this.
        RateLimited: The caller asks too often.
        Rejected: Any other reason, in words for the caller.
    """


@hookspec
async def transform_thread(draft: ThreadDraft, caller: Caller) -> ThreadDraft | None:
    """Change a thread before it is created, as templates do.

    Kind: transform, ``async def``. Called in a chain: each implementation sees what the one before returned.

    Args:
        draft: The thread so far.
        caller: Who creates it.

    Returns:
        A new draft, or None to leave it as it is.

    Raises:
        BusError: The thread is not created.
    """


@hookspec
async def transform_message(draft: MessageDraft, caller: Caller) -> MessageDraft | None:
    """Change a message, or the new text of an edit, before it is checked and stored.

    Kind: transform, ``async def``. Called in a chain: each implementation sees what the one before returned.

    Args:
        draft: The message so far. Its thread, author and role are the bus's; a draft with others is refused.
        caller: Who posts or edits it.

    Returns:
        A new draft, or None to leave it as it is.

    Raises:
        BusError: The message is not stored.
    """


@hookspec
async def check_message(draft: MessageDraft, caller: Caller) -> None:
    """Refuse a message by its content.

    Kind: gate, ``async def``. Called after every transform, so what was checked is what is stored.

    Args:
        draft: The message as it will be stored.
        caller: Who posts or edits it.

    Raises:
        Rejected: The message is not stored; the text says why and never repeats a secret.
    """


@hookspec
async def on_event(event: Event) -> None:
    """Be told what happened.

    Kind: observer, ``async def``. Called after the commit, outside every request, per plugin one event at a time and
    in the order of their ids. A failure is logged and changes nothing.

    Args:
        event: What happened; events of before the start, and those during a quarantine, are not delivered.
    """
