"""The threads that blocking calls of plugins run on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


class Threads(ThreadPoolExecutor):
    """The loop's default executor; the loop ends without those that hang, and the process deals with them."""

    def __init__(self) -> None:
        super().__init__(thread_name_prefix="asyncio")

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - as its base
        super().shutdown(wait=False, cancel_futures=cancel_futures)
