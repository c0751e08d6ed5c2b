"""The process of ``agentchatbus`` and ``python -m agentchatbus``: what is around all imports and after everything."""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

INTERRUPTED = 130
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})

GRACE_SECONDS = 2.0
"""How long threads may go on when the command has ended; Python itself would wait for ever."""


def main() -> None:
    """Run the command line."""
    _process(_command)


def stdio() -> None:
    """Run the command ``stdio``, for clients that start their MCP servers by one word."""
    _process(_stdio)


def _command() -> None:
    from agentchatbus.cli import main as command

    command(prog_name="agentchatbus")


def _stdio() -> None:
    from agentchatbus.cli import stdio_main

    stdio_main()


def _process(command: Callable[[], None]) -> None:
    code = 1
    try:
        code = _exit_code(command)
    finally:
        threading.Thread(target=_leave_behind, args=(code,), daemon=True).start()
    sys.exit(code)


def _exit_code(command: Callable[[], None]) -> int:
    try:
        command()
    except SystemExit as end:
        if isinstance(end.code, int):
            return end.code
        if end.code is not None:
            sys.stderr.write(f"{end.code}\n")
        return int(end.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        _tell(error)
        return 1
    return 0


def _tell(error: OSError) -> None:
    """Say what cannot be written, and keep the interpreter from trying once more at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    with suppress(OSError):
        sys.stderr.write(f"Error: {error.filename or 'The output'} cannot be written: {error.strerror}.\n")


def _leave_behind(code: int) -> None:
    """End the process although threads still run; one that ends by itself takes this thread with it."""
    import logging

    time.sleep(GRACE_SECONDS)
    others = [item.name for item in threading.enumerate() if not item.daemon and item is not threading.main_thread()]
    if others:
        logging.getLogger("agentchatbus").warning("Threads still run and are left behind: %s", ", ".join(others))
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
