"""Counting over moving windows with the library `limits`, in memory or wherever the configuration says."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from limits.aio.storage import MovingWindowSupport, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from agentchatbus.plugin_api import Clock, ConfigError, RateLimited
from agentchatbus_limits.rules import Limit
from agentchatbus_limits.settings import MEMORY, library_uri, without_password

logger = logging.getLogger(__name__)

RETRY_AFTER = 10.0
"""Seconds until a storage that failed is asked again."""

SWEEP_FROM = 1024
"""Callers from which on those are forgotten that have not been heard of."""

T = TypeVar("T")


class MemoryWindows(Storage, MovingWindowSupport):
    """Moving windows in this process, on the bus's clock.

    The library's own memory storage hands work to a thread for every caller it knows, at every hit, and reads the
    machine's clock.
    """

    STORAGE_SCHEME: list[str] | None = None

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self._windows: dict[str, tuple[deque[float], int]] = {}
        self._sweep_at = SWEEP_FROM

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return ()

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        times = self._times(key, expiry)
        if len(times) + amount > limit:
            return False
        times.extend([self._now()] * amount)
        self._windows[key] = (times, expiry)
        self._sweep()
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002
        times = self._times(key, expiry)
        return (times[0], len(times)) if times else (self._now(), 0)

    async def clear(self, key: str) -> None:
        self._windows.pop(key, None)

    async def reset(self) -> int:
        count = len(self._windows)
        self._windows.clear()
        return count

    async def check(self) -> bool:
        return True

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError

    async def get(self, key: str) -> int:
        raise NotImplementedError

    async def get_expiry(self, key: str) -> float:
        raise NotImplementedError

    def _times(self, key: str, expiry: int) -> deque[float]:
        times, _ = self._windows.get(key, (deque[float](), 0))
        over = self._now() - expiry
        while times and times[0] <= over:
            times.popleft()
        return times

    def _sweep(self) -> None:
        if len(self._windows) < self._sweep_at:
            return
        now = self._now()
        self._windows = {key: item for key, item in self._windows.items() if item[0] and item[0][-1] + item[1] > now}
        self._sweep_at = max(SWEEP_FROM, 2 * len(self._windows))


@dataclass(frozen=True, slots=True)
class _Counter:
    """A storage to count in, and the clock by which it tells the time."""

    limiter: MovingWindowRateLimiter
    now: Callable[[], float]


class Windows:
    """Counts in the configured storage, and in memory for as long as that one fails.

    A limit must not become the reason why nobody can work; nor is it gone while its storage is.
    """

    def __init__(self, uri: str, patience: float, clock: Clock) -> None:
        """Open nothing yet; a storage connects when it is first asked.

        Args:
            uri: The storage.
            patience: Seconds that it has to answer; less than the deadline of a gate, which would be a failure.
            clock: Tells the time.

        Raises:
            ConfigError: The storage cannot be used.
        """
        self._clock = clock
        self._patience = patience
        self._name = without_password(uri)
        self._memory = _Counter(MovingWindowRateLimiter(MemoryWindows(clock.monotonic)), clock.monotonic)
        self._shared = None if uri == MEMORY else _Counter(_limiter(uri, self._name), lambda: clock.now().timestamp())
        self._retry_at = -math.inf
        self._is_failing = False

    async def refusal(self, limit: Limit, bucket: str, others: int = 0) -> RateLimited | None:
        """Return why one more is too much, None when it is not.

        Args:
            limit: The rates that hold.
            bucket: Whose.
            others: How many more are about to be counted.
        """
        return await self._ask(lambda counter: _refusal(counter, limit, bucket, others))

    async def count(self, limit: Limit, bucket: str) -> None:
        """Count one."""
        await self._ask(lambda counter: _count(counter, limit, bucket))

    async def take(self, limit: Limit, bucket: str) -> RateLimited | None:
        """Count one, or return why it is too much."""
        return await self._ask(lambda counter: _take(counter, limit, bucket))

    async def _ask(self, question: Callable[[_Counter], Awaitable[T]]) -> T:
        if self._shared is not None and self._clock.monotonic() >= self._retry_at:
            try:
                async with asyncio.timeout(self._patience):
                    answer = await question(self._shared)
                self._recovered()
                return answer
            except Exception as error:  # a driver may raise anything, and no limit is worth a bus that stands still
                self._failed(error)
        return await question(self._memory)

    def _failed(self, error: Exception) -> None:
        self._retry_at = self._clock.monotonic() + RETRY_AFTER
        if not self._is_failing:
            reason = str(error) or type(error).__name__
            logger.error("%s does not count (%s); limits are counted in memory until it does", self._name, reason)
        self._is_failing = True

    def _recovered(self) -> None:
        if self._is_failing:
            logger.warning("%s counts again", self._name)
        self._is_failing = False


def _limiter(uri: str, name: str) -> MovingWindowRateLimiter:
    options = {"implementation": "redispy"} if uri.removeprefix("async+").startswith("redis") else {}
    try:
        return MovingWindowRateLimiter(storage_from_string(library_uri(uri), **options))
    except (ConfigurationError, NotImplementedError, ValueError) as error:
        raise ConfigError(f"[plugins.limits] storage: {name} cannot be used. {error}") from error


async def _refusal(counter: _Counter, limit: Limit, bucket: str, others: int) -> RateLimited | None:
    """Return the refusal that asks for the most patience."""
    found: list[RateLimited] = []
    for rate in limit:
        stats = await counter.limiter.get_window_stats(rate, bucket)
        if stats.remaining - others < 1:
            wait = math.ceil(stats.reset_time - counter.now())
            window = rate.get_expiry()
            seconds = min(max(wait, 1), window)
            found.append(RateLimited("Rate limit exceeded", retry_after=seconds, limit=rate.amount, window=window))
    return max(found, key=lambda error: error.retry_after, default=None)


async def _count(counter: _Counter, limit: Limit, bucket: str) -> bool:
    return all([await counter.limiter.hit(rate, bucket) for rate in limit])


async def _take(counter: _Counter, limit: Limit, bucket: str) -> RateLimited | None:
    refusal = await _refusal(counter, limit, bucket, 0)
    if refusal is not None or await _count(counter, limit, bucket):
        return refusal
    return await _refusal(counter, limit, bucket, 0)  # somebody else took the last one meanwhile
