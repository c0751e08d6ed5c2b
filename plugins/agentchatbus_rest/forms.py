"""Forms: how clients send files over HTTP (``multipart/form-data``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentchatbus.plugin_api import InvalidRequest, Upload
from agentchatbus_rest.http import Inbound

if TYPE_CHECKING:
    from starlette.datastructures import FormData, UploadFile

MULTIPART = b"multipart/form-data"
MAX_FIELDS = 100
OCTETS = "application/octet-stream"

Fields = dict[str, list[Any]]


def is_form(inbound: Inbound) -> bool:
    """Return whether the body is declared as a form."""
    return inbound.content_type.partition(b";")[0].strip().lower() == MULTIPART


async def read_form(inbound: Inbound) -> Fields:
    """Return the fields of a form by name: texts, and files as uploads.

    Raises:
        InvalidRequest: It is no form.
        TooLarge: It is larger than a request may be.
    """
    form = await _parse(inbound)
    try:
        fields: Fields = {}
        for name, value in form.multi_items():
            fields.setdefault(name, []).append(value if isinstance(value, str) else await _upload(value))
        return fields
    finally:
        await form.close()


async def _parse(inbound: Inbound) -> FormData:
    from starlette.datastructures import Headers
    from starlette.formparsers import MultiPartException, MultiPartParser

    headers = Headers(raw=[(b"content-type", inbound.content_type)])
    parser = MultiPartParser(headers, inbound.pieces(), max_files=MAX_FIELDS, max_fields=MAX_FIELDS)
    try:
        return await parser.parse()
    except MultiPartException as error:
        text = error.message
    except (LookupError, UnicodeError):
        text = "its charset cannot be read"
    raise InvalidRequest(f"This is no form: {text}", errors=[{"type": "form_invalid", "loc": (), "msg": text}])


async def _upload(file: UploadFile) -> Upload:
    content = await file.read()
    return Upload(file_name=file.filename or "", media_type=file.content_type or OCTETS, content=content)
