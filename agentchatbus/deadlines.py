"""Awaiting somebody else's coroutine for a limited time, whatever that coroutine does.

``asyncio.timeout`` costs ten times as much as a hook that has nothing to wait for, and a coroutine that swallows its
cancellation outlives it. So the coroutine is driven by hand, in the task of its caller: one that never waits costs next
to nothing, and one that does not end can be left behind.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar, cast

from agentchatbus.clock import Clock

logger = logging.getLogger(__name__)

GRACE = 1.0
"""Seconds that a cancelled coroutine has to clean up."""

T = TypeVar("T")


class Overrun(Exception):
    """The coroutine did not end in time."""


class SelfCancelled(Exception):
    """The coroutine ended as cancelled although nobody had cancelled it."""


class Quit(Exception):
    """The coroutine raised what would end the program, such as SystemExit."""


async def run_within(seconds: float, coroutine: Coroutine[Any, None, T], clock: Clock) -> T:
    """Await a coroutine for at most `seconds`, and for `GRACE` seconds more to clean up after its cancellation.

    A cancellation of the caller reaches the coroutine and is raised here even when the coroutine swallows it.

    Raises:
        Overrun: The time was over; the coroutine has ended or was left behind. So does one that held up everybody
            for that long instead of awaiting something.
        SelfCancelled: The coroutine awaited something that had been cancelled.
        Quit: The coroutine tried to end more than itself.
    """
    began = clock.monotonic()
    try:
        pending = coroutine.send(None)
    except StopIteration as end:
        if clock.monotonic() - began > seconds:
            raise Overrun from None
        return cast("T", end.value)
    except asyncio.CancelledError as error:
        raise SelfCancelled from error
    except BaseException as error:
        raise contained(error) from error
    return await _Run(seconds, began, coroutine, clock).finish(pending)


def contained(error: BaseException) -> Exception:
    """Return an exception that ends nothing but the call which raised this one."""
    return error if isinstance(error, Exception) else Quit(f"It raised {type(error).__name__}.")


class _Run(Generic[T]):
    """The rest of a coroutine that waits for something; does for it what its task would do."""

    def __init__(self, seconds: float, began: float, coroutine: Coroutine[Any, None, T], clock: Clock) -> None:
        self._coroutine = coroutine
        self._clock = clock
        self._limit = seconds
        self._deadline = began + seconds
        self._busy = clock.monotonic() - began
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._cancellations = self._task.cancelling()
        self._interruption: tuple[asyncio.CancelledError, float] | None = None
        self._is_late = False

    async def finish(self, pending: Any) -> T:
        """Drive the coroutine to its end; `pending` is what it waits for now."""
        try:
            result = await self._drive(pending)
        except (Exception, asyncio.CancelledError) as error:
            self._raise_interruption()
            if isinstance(error, asyncio.CancelledError) and not self._interruption:
                raise SelfCancelled from error
            raise
        finally:
            self._leave()
        self._raise_interruption()
        return result

    async def _drive(self, pending: Any) -> T:
        while True:
            error = await self._pause(pending)
            began = self._clock.monotonic()
            try:
                pending = self._coroutine.throw(error) if error else self._coroutine.send(None)
            except StopIteration as end:
                self._is_late = self._is_late or self._worked(began) > self._limit
                return cast("T", end.value)
            except asyncio.CancelledError:
                raise
            except BaseException as failure:
                raise contained(failure) from failure
            self._worked(began)

    def _worked(self, began: float) -> float:
        """Count the seconds of one step; return those of all, without what others took in between."""
        self._busy += self._clock.monotonic() - began
        return self._busy

    async def _pause(self, pending: Any) -> BaseException | None:
        """Wait for what the coroutine waits for; return what to raise in it, if anything."""
        if not self._task.cancelling():
            self._interruption = None
        if pending is None:
            return await self._take_turn()
        if not asyncio.isfuture(pending) or pending is self._task:
            return RuntimeError(f"A hook cannot wait for {type(pending).__name__}.")
        pending._asyncio_future_blocking = False  # noqa: SLF001 - whoever drives a coroutine has to, as its task would
        while not pending.done():
            try:
                if await self._settled(pending) or pending.done():  # both at once where others held the loop up
                    break
                cancelled = self._expire()
            except asyncio.CancelledError as error:
                cancelled = self._interrupt(error)
            if not pending.cancel(*cancelled.args):
                return cancelled
        return None

    async def _take_turn(self) -> BaseException | None:
        """Let others run, as ``asyncio.sleep(0)`` asks; how long they take is their fault."""
        is_over = self._remaining() <= 0
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError as error:
            return self._interrupt(error)
        return self._expire() if is_over else None

    async def _settled(self, pending: asyncio.Future[Any]) -> bool:
        """Wait for the future without cancelling it; return whether it is done."""
        done = asyncio.Event()

        def wake(_: asyncio.Future[Any]) -> None:
            done.set()

        pending.add_done_callback(wake)
        try:
            return await self._clock.wait_for(done, self._remaining())
        finally:
            pending.remove_done_callback(wake)

    def _remaining(self) -> float:
        end = self._deadline
        if self._interruption and self._is_cancelled():
            end = min(end, self._interruption[1] + GRACE)
        return end - self._clock.monotonic()

    def _is_cancelled(self) -> bool:
        """Return whether somebody outside cancelled; what the coroutine's own timeouts cancel, they take back."""
        return self._task.cancelling() > self._cancellations

    def _interrupt(self, error: asyncio.CancelledError) -> asyncio.CancelledError:
        self._interruption = self._interruption or (error, self._clock.monotonic())
        return error

    def _expire(self) -> asyncio.CancelledError:
        """Begin the time to clean up, or end it.

        Raises:
            Overrun: It had begun before.
        """
        if self._is_late or self._is_cancelled():
            raise Overrun
        self._is_late = True
        self._deadline = self._clock.monotonic() + GRACE
        return asyncio.CancelledError()

    def _raise_interruption(self) -> None:
        if self._interruption and self._is_cancelled():
            raise asyncio.CancelledError(*self._interruption[0].args)
        if self._is_late:
            raise Overrun

    def _leave(self) -> None:
        """End the coroutine where it stands; does nothing to one that has ended."""
        try:
            self._coroutine.close()
        except BaseException:  # what it raises here is a failure of its own, whatever it is
            logger.warning("%r did not let itself be ended", self._coroutine, exc_info=True)
