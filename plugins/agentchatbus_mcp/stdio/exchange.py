"""One request and what comes back for it, over as many connections as it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentchatbus_mcp.stdio.envelopes import (
    CONNECTION_CLOSED,
    INTERNAL_ERROR,
    error_response,
    is_response_to,
)
from agentchatbus_mcp.stdio.lines import Json
from agentchatbus_mcp.stdio.upstream import Lost, Reply

ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
CLIENT_ERROR = 400
SERVER_ERROR = 500
TOO_LARGE = 413


class Exchange:
    """Passes on what belongs to one request until it is answered."""

    def __init__(self, write: Callable[[Json], None], request: Json) -> None:
        self._write = write
        self._id = request["id"]
        self._is_acknowledged = False

    async def receive(self, reply: Reply) -> Json:
        """Pass on everything up to the answer, and return it.

        Raises:
            Lost: There is no answer on this connection.
        """
        if reply.status >= SERVER_ERROR:
            failed = f"The server failed with status {reply.status}."
            raise Lost(failed, may_be_done=True, is_unexplained=True)
        if reply.status >= CLIENT_ERROR:
            return await self._refused(reply)
        async for message in reply.messages():
            if isinstance(message, dict) and self._is_answer(message):
                return message
        raise Lost("The connection was lost before the answer came.", may_be_done=True, is_unexplained=True)

    def _is_answer(self, message: Json) -> bool:
        if _says(message, CONNECTION_CLOSED):
            raise Lost("The server stopped.", may_be_done=True)
        if message.get("method") == ACKNOWLEDGED:
            if self._is_acknowledged:
                return False
            self._is_acknowledged = True
        self._write(message)
        return is_response_to(message, self._id)

    async def _refused(self, reply: Reply) -> Json:
        """Turn a refusal of the server into an answer to the request."""
        reason = "it is larger than the server accepts" if reply.status == TOO_LARGE else f"status {reply.status}"
        answer = error_response(self._id, INTERNAL_ERROR, f"The server refused this: {reason}.")
        async for message in reply.messages():
            if isinstance(message, dict) and isinstance(message.get("error"), dict):
                answer = {**message, "id": self._id}
            elif isinstance(message, dict) and "detail" in message:
                answer = error_response(self._id, INTERNAL_ERROR, f"{message['detail']}")
        self._write(answer)
        return answer


def _says(message: Json, code: int) -> bool:
    error: Any = message.get("error")
    return isinstance(error, dict) and error.get("code") == code
