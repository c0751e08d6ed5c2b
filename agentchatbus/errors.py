"""The one tree of errors that callers of the bus can see.

A message is a sentence for the caller; data that programs need goes into keywords and arrives as `BusError.details`.
Every transport maps `BusError.code` to its own form with one table, so a code never changes once released.
"""

from __future__ import annotations

from typing import Any, ClassVar


class BusError(Exception):
    """Something a caller asked for was not done.

    Attributes:
        code: Stable identifier, the same on every transport.
        message: A sentence that says what happened and what to do.
        details: JSON-compatible data for programs.
    """

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidRequest(BusError):
    """The request's form or a value in it is wrong."""

    code = "invalid_request"


class TooLarge(InvalidRequest):
    """A value is larger than its configured limit; `details` has ``field``, ``size`` and ``limit``."""

    code = "too_large"


class Unsupported(InvalidRequest):
    """The caller's client lacks what this needs; `details` has ``needs``, the names of abilities."""

    code = "unsupported"


class Unauthenticated(BusError):
    """The caller did not prove who it is."""

    code = "unauthenticated"


class Forbidden(BusError):
    """The caller is known and may not do this."""

    code = "forbidden"


class NotFound(BusError):
    """The thing named does not exist; `details` has ``kind`` and ``id``."""

    code = "not_found"


class Conflict(BusError):
    """The request contradicts what is stored, for example an idempotency key used for another request."""

    code = "conflict"


class ThreadClosed(Conflict):
    """The thread is closed or archived and takes no messages; `details` has ``thread_id`` and ``status``."""

    code = "thread_closed"


class SyncError(BusError):
    """A post was refused by the sync protocol; the author has to read and wait before posting again."""

    code = "sync"


class SyncFieldsMissing(SyncError):
    """A post lacks its baseline or reply token; `details` has ``missing_fields``."""

    code = "sync_fields_missing"


class TokenInvalid(SyncError):
    """The reply token is unknown, of another thread, or of another agent."""

    code = "token_invalid"


class TokenReplayed(SyncError):
    """The reply token was already used; `details` has ``consumed_at``."""

    code = "token_replayed"


class OutOfSync(SyncError):
    """Messages arrived that the caller has not read.

    `details` has ``expected_last_seq``, ``current_seq`` and ``new_messages`` (a sequence of `Message`).
    """

    code = "out_of_sync"


class Rejected(BusError):
    """A plugin refused the content."""

    code = "rejected"


class RateLimited(BusError):
    """The caller asks too often.

    Args:
        message: A sentence for the caller.
        retry_after: Seconds until the same call can succeed.
        details: More data, for example ``limit`` and ``window``.
    """

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: float, **details: Any) -> None:
        super().__init__(message, retry_after=retry_after, **details)
        self.retry_after = retry_after


class PluginFailed(BusError):
    """A plugin raised, hung or returned nonsense before the commit, so the request was refused."""

    code = "plugin_failed"


class Internal(BusError):
    """A defect of the bus itself; the log has the traceback, the caller does not."""

    code = "internal"


class Unavailable(BusError):
    """The bus cannot serve this now: it stops, starts, or its disk is full. Nothing was stored."""

    code = "unavailable"


class ConfigError(Exception):
    """The configuration cannot be used; the message names the key and says what to write instead.

    Attributes:
        operation: The name of the operation that is at fault, where one is: the bus knows which plugin added it.
    """

    def __init__(self, text: str = "", *, operation: str | None = None) -> None:
        super().__init__(text)
        self.operation = operation


class PluginUnusable(ConfigError):
    """A plugin does not fit in, as became clear while the bus was put together.

    Attributes:
        plugin: Its name.
    """

    def __init__(self, text: str, plugin: str, *, operation: str | None = None) -> None:
        super().__init__(text, operation=operation)
        self.plugin = plugin
