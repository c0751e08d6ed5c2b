"""Lists that are written with commas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agentchatbus.hints import LISTS

ModelT = TypeVar("ModelT", bound=BaseModel)


def parts_of(text: str) -> tuple[str, ...]:
    """Return the items of a list that is written with commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def validated(model: type[ModelT], table: Mapping[str, Any]) -> ModelT:
    """Return what a table says; text is split at its commas where the model wants a list.

    The model itself says where: its fields may be lists by any name, or take text in a form of their own.

    Raises:
        ValidationError: The table cannot be used.
    """
    try:
        return model.model_validate(dict(table))
    except ValidationError as error:
        lists = {key: parts_of(table[key]) for key in _texts(error, table)}
        if not lists:
            raise
    return model.model_validate({**table, **lists})


def _texts(error: ValidationError, table: Mapping[str, Any]) -> set[str]:
    """Return the keys of texts that should be lists."""
    found = {
        str(problem["loc"][0])
        for problem in error.errors(include_url=False, include_context=False)
        if problem["type"] in LISTS and problem["loc"]
    }
    return {key for key in found if isinstance(table.get(key), str)}
