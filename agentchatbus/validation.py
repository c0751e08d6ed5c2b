"""Arguments of clients, checked against a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from agentchatbus.errors import InvalidRequest

P = TypeVar("P", bound=BaseModel)

NO_TEXT = "Text must not hold half a surrogate pair, which stands for no character"


def validated(model: type[P], arguments: Mapping[str, Any]) -> P:
    """Return the arguments as the model has them.

    Raises:
        InvalidRequest: They do not fit; the message is a sentence, and ``errors`` in its details has them one by one.
    """
    _check_text(arguments)
    try:
        return model.model_validate(arguments)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidRequest(_sentence(problems), errors=problems) from None


def _check_text(arguments: Mapping[str, Any]) -> None:
    """Refuse text that UTF-8 cannot write, although JSON can."""
    try:
        orjson.dumps(arguments)  # the fastest way to look at all of it
    except TypeError:  # it knows fewer types than models do
        for name, value in arguments.items():
            if not (_is_unicode(name) and _is_unicode(value)):
                raise _no_text(name) from None


def _is_unicode(value: Any) -> bool:
    if isinstance(value, str):
        return _is_writable(value)
    if isinstance(value, Mapping):
        return all(_is_unicode(key) and _is_unicode(inner) for key, inner in value.items())
    return all(map(_is_unicode, value)) if isinstance(value, list | tuple) else True


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_text(name: str) -> InvalidRequest:
    place = name.encode(errors="replace").decode()
    return InvalidRequest(f"{place}: {NO_TEXT}", errors=[{"type": "string_unicode", "loc": (place,), "msg": NO_TEXT}])


def _sentence(problems: list[Any]) -> str:
    return "; ".join(f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in problems)
