"""Files that operations take and give, apart from any transport."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest
from pydantic import ValidationError

from agentchatbus.plugin_api import EmbeddedResource, FileResult, Params, TooLarge, Upload


class FileParams(Params):
    """Parameters with a file."""

    file: Upload


async def pieces() -> AsyncIterator[bytes]:
    """Yield a file in pieces."""
    yield b"one "
    yield b"two"


def test_an_object_of_json_is_a_file() -> None:
    data = base64.b64encode(b"\x00\xff").decode()
    file = FileParams.model_validate({"file": {"file_name": "a", "data": data}}).file
    assert file == Upload(file_name="a", media_type="application/octet-stream", content=b"\x00\xff")


@pytest.mark.parametrize("value", ["text", None, [], {}, {"data": "%%"}, {"data": 7}, {"data": "eA==", "file_name": 7}])
def test_what_is_no_file_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        FileParams.model_validate({"file": value})


def test_the_bytes_of_a_file_are_not_written_down_with_its_parameters() -> None:
    params = FileParams(file=Upload(file_name="a", media_type="b/c", content=b"secret"))
    assert params.model_dump() == {"file": {"file_name": "a", "media_type": "b/c", "size": 6}}
    assert "secret" not in repr(params)


async def test_a_file_is_content_in_one_piece() -> None:
    text = await FileResult(body=pieces(), media_type="text/markdown", file_name="a b.md").whole()
    assert text == EmbeddedResource(uri="file:///a%20b.md", mime_type="text/markdown", body="one two")
    other = await FileResult(body=b"\xff", media_type="text/plain", file_name="x").whole()
    assert other.body == b"\xff"


async def test_a_file_that_is_too_large_for_that_is_refused() -> None:
    with pytest.raises(TooLarge):
        await FileResult(body=pieces(), media_type="text/plain", file_name="x").whole(limit=5)
