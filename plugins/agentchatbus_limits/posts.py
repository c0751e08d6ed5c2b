"""Posts on their way: admitted, and not yet known to be stored or refused."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TypeVar

from agentchatbus.plugin_api import Clock, EventFeed
from agentchatbus_limits.rules import Limit

LOST_AFTER = 10.0
"""Seconds after which a post of which nothing was heard is believed to have been refused."""

Key = TypeVar("Key")


@dataclass(slots=True, eq=False, kw_only=True)
class Post:
    """One post on its way.

    Attributes:
        limit: The rates that hold for it.
        bucket: Where it counts once it is stored.
        author: What its event will name: the thread, and the agent's id or else the name of the author.
        task: What handles its request.
        lost_at: When to give it up.
        newest: The newest event when its request had ended: its own event, if there is one, is not newer.
    """

    limit: Limit
    bucket: str
    author: tuple[str, str]
    task: asyncio.Task[object] | None
    lost_at: float
    newest: int | None = None

    @property
    def has_ended(self) -> bool:
        """Whether its request was answered; a task that asks for another post has seen that answer."""
        return self.task is None or self.task.done() or self.task is asyncio.current_task()


class PostsOnTheirWay:
    """Admitted posts, so that a burst of them cannot slip through before the first one is counted."""

    def __init__(self, feed: EventFeed, clock: Clock) -> None:
        self._feed = feed
        self._clock = clock
        self._seen = feed.newest
        self._buckets: defaultdict[str, list[Post]] = defaultdict(list)
        self._authors: defaultdict[tuple[str, str], list[Post]] = defaultdict(list)
        self._queue: deque[Post] = deque()

    @property
    def seen(self) -> int:
        """The event up to which stored posts were counted."""
        return self._seen

    def ahead_of(self, post: Post) -> int:
        """Return how many posts of the same bucket, admitted before this one, may still be stored."""
        self._forget_lost()
        for other in tuple(self._buckets.get(post.bucket, ())):
            if other is post:
                break
            if other.newest is None and other.has_ended:
                other.newest = self._feed.newest
            if other.newest is not None and other.newest <= self._seen:
                self.remove(other)
        left = self._buckets.get(post.bucket, [])
        return left.index(post) if post in left else len(left)

    def add(self, limit: Limit, bucket: str, author: tuple[str, str]) -> Post:
        """Remember a post of the request that runs now."""
        post = Post(
            limit=limit,
            bucket=bucket,
            author=author,
            task=asyncio.current_task(),
            lost_at=self._clock.monotonic() + LOST_AFTER,
        )
        self._buckets[bucket].append(post)
        self._authors[post.author].append(post)
        self._queue.append(post)
        return post

    def find(self, author: tuple[str, str]) -> Post | None:
        """Return the oldest post of an author in a thread."""
        return next(iter(self._authors.get(author, ())), None)

    def remove(self, post: Post) -> None:
        """Forget a post."""
        post.task = None
        _discard(self._buckets, post.bucket, post)
        _discard(self._authors, post.author, post)

    def saw(self, event_id: int) -> None:
        """Note up to which event stored posts are counted now."""
        self._seen = event_id

    def _forget_lost(self) -> None:
        now = self._clock.monotonic()
        while self._queue and self._queue[0].lost_at <= now:
            self.remove(self._queue.popleft())


def _discard(index: defaultdict[Key, list[Post]], key: Key, post: Post) -> None:
    posts = index.get(key)
    if posts is None or post not in posts:
        return
    posts.remove(post)
    if not posts:
        del index[key]
