"""The public surface changes on purpose or not at all."""

from __future__ import annotations

import ast
import difflib
import importlib
import inspect
from pathlib import Path

import pytest

from tests.public_surface import MODULES, PAGE, SNAPSHOT, names_of, page, summary_of, surface

NAMES = [(module, name) for module in MODULES for name in names_of(module)]
REMEDY = (
    "The public surface is not what tests/public_surface.txt says. If you changed it on purpose, run "
    "`python -m tests.public_surface`, commit the difference, and keep to docs/reference/deprecation.md."
)


def test_the_public_surface_is_that_of_the_snapshot() -> None:
    difference = list(
        difflib.unified_diff(
            SNAPSHOT.read_text().splitlines(), surface().splitlines(), "snapshot", "code", "", "", 0, ""
        )
    )
    assert not difference, "\n".join([REMEDY, *difference])


def test_the_reference_page_says_what_the_code_says() -> None:
    assert PAGE.read_text() == page(), REMEDY


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_every_public_name_is_documented(module: str, name: str) -> None:
    assert summary_of(module, name), f"{module}.{name} has no docstring"


@pytest.mark.parametrize("module", MODULES)
def test_the_list_of_public_names_is_literal_and_sorted(module: str) -> None:
    file = inspect.getsourcefile(importlib.import_module(module))
    assert file is not None
    assigned = [
        statement.value
        for statement in ast.parse(Path(file).read_text()).body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"
    ]
    assert len(assigned) == 1
    assert ast.literal_eval(assigned[0]) == names_of(module)
    assert len(set(names_of(module))) == len(names_of(module))
