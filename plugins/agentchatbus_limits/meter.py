"""What is counted, and when."""

from __future__ import annotations

import asyncio

from agentchatbus.plugin_api import Action, Bus, Event, RateLimited
from agentchatbus_limits.posts import Post, PostsOnTheirWay
from agentchatbus_limits.rules import Kind, Limit, Rules, bucket_of, bucket_of_agent
from agentchatbus_limits.settings import LimitsSettings
from agentchatbus_limits.windows import Windows

SYSTEM = "system"
"""The author id of messages of the bus itself."""

NAMELESS = "human"
"""The name of people who give none."""


class Meter:
    """Counts for one bus.

    A message counts once it is stored, so what the bus refuses costs its author nothing: the gate asks only whether
    there is room beside the posts that are on their way, and the event of the message counts. Everything else counts
    when it is asked for.
    """

    def __init__(self, settings: LimitsSettings, bus: Bus) -> None:
        """Count as the settings say.

        Raises:
            ConfigError: The storage cannot be used.
        """
        self._rules = Rules(settings)
        self._windows = Windows(settings.storage, settings.storage_timeout_seconds, bus.clock)
        self._feed = bus.feed
        self._posts = PostsOnTheirWay(bus.feed, bus.clock)
        self._noting = asyncio.Lock()

    async def admit(self, kind: Kind, action: Action) -> RateLimited | None:
        """Count what a caller asks for, or return why it is too much."""
        caller = action.caller
        limit = self._rules.limit(kind, caller)
        if not limit:
            return None
        bucket = bucket_of(kind, caller)
        if kind is not Kind.MESSAGES:
            return await self._windows.take(limit, bucket)
        post = self._posts.add(limit, bucket, _author(action))  # first: while this waits, others ask
        is_admitted = False
        try:
            refusal = await self._room_for(post)
            is_admitted = refusal is None
        finally:
            if not is_admitted:
                self._posts.remove(post)
        return refusal

    async def note(self, event: Event) -> None:
        """Count a message that was stored."""
        async with self._noting:
            await self._note(event)

    async def _room_for(self, post: Post) -> RateLimited | None:
        others = self._posts.ahead_of(post)
        refusal = await self._windows.refusal(post.limit, post.bucket, others)
        if refusal is None or not others:
            return refusal
        await self._catch_up()  # observers are told later, and what was refused meanwhile must not count
        return await self._windows.refusal(post.limit, post.bucket, self._posts.ahead_of(post))

    async def _catch_up(self) -> None:
        """Note what happened up to now."""
        newest = self._feed.newest
        async with self._noting:
            while self._posts.seen < newest:
                events = await self._feed.read(self._posts.seen)
                for event in events or ():
                    await self._note(event)
                if not events:
                    self._posts.saw(newest)

    async def _note(self, event: Event) -> None:
        if event.id <= self._posts.seen:
            return
        if event.type == "msg.new" and event.payload["author_id"] != SYSTEM:
            await self._count(event)
        self._posts.saw(event.id)

    async def _count(self, event: Event) -> None:
        payload = event.payload
        post = self._posts.find((payload["thread_id"], payload["author_id"] or payload["author"]))
        limit, bucket = (post.limit, post.bucket) if post else self._of_agent(event)
        if limit:
            await self._windows.count(limit, bucket)
        if post:
            self._posts.remove(post)

    def _of_agent(self, event: Event) -> tuple[Limit, str]:
        """Return where a message counts whose post is not known, such as one that another plugin made for an agent."""
        agent_id = event.payload["author_id"]
        if agent_id is None:
            return (), ""
        limit = self._rules.limit_of_agent(Kind.MESSAGES, agent_id, event.payload["author"])
        return limit, bucket_of_agent(Kind.MESSAGES, agent_id)


def _author(action: Action) -> tuple[str, str]:
    """Return by what the event of a post is recognised: a name that somebody chose finds a post, and counts nothing."""
    arguments = action.arguments
    name = str(arguments.get("author") or "").strip() or NAMELESS
    return str(arguments.get("thread_id")), action.caller.agent_id or name
