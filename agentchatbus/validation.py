"""Arguments of clients, checked against a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agentchatbus.errors import InvalidRequest

P = TypeVar("P", bound=BaseModel)


def validated(model: type[P], arguments: Mapping[str, Any]) -> P:
    """Return the arguments as the model has them.

    Raises:
        InvalidRequest: They do not fit; the message is a sentence, and ``errors`` in its details has them one by one.
    """
    try:
        return model.model_validate(arguments)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidRequest(_sentence(problems), errors=problems) from None


def _sentence(problems: list[Any]) -> str:
    return "; ".join(f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in problems)
