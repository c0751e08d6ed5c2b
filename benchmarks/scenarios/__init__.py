"""One module a scenario; each has a coroutine function `run` that returns its measures."""

from collections.abc import Awaitable, Callable

from benchmarks.measure import Measure, Settings
from benchmarks.scenarios import console, hooks, mcp_posts, rest_posts, search, secrets, start, waits, wakeup

Scenario = Callable[[Settings], Awaitable[list[Measure]]]

SCENARIOS: dict[str, Scenario] = {
    "start": start.run,
    "rest_posts": rest_posts.run,
    "mcp_posts": mcp_posts.run,
    "wakeup": wakeup.run,
    "waits": waits.run,
    "hooks": hooks.run,
    "secrets": secrets.run,
    "search": search.run,
    "console": console.run,
}
