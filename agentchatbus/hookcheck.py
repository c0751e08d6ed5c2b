"""Whether a plugin's methods are what its hooks call, checked when it is registered.

Every refusal says what to write instead: a hook that is never called, or called wrongly, is worse than a start that
fails.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import Parameter
from typing import Any

import pluggy

from agentchatbus import hookspecs
from agentchatbus.errors import ConfigError
from agentchatbus.hints import did_you_mean
from agentchatbus.plugin import PROJECT, Plugin

logger = logging.getLogger(__name__)

LIFESPAN = "lifespan"
PREFIXES = ("register_", "check_", "transform_", "on_")


@dataclass(frozen=True, slots=True)
class HookSpec:
    """One hook; `arguments` in the order of its specification."""

    name: str
    arguments: tuple[str, ...]
    is_async: bool

    @property
    def header(self) -> str:
        """How an implementation begins."""
        return f"{'async ' if self.is_async else ''}def {self.name}({', '.join(('self', *self.arguments))})"


def _read_specs() -> dict[str, HookSpec]:
    functions = [item for item in vars(hookspecs).values() if hasattr(item, f"{PROJECT}_spec")]
    return {
        function.__name__: HookSpec(
            function.__name__, tuple(inspect.signature(function).parameters), inspect.iscoroutinefunction(function)
        )
        for function in functions
    }


SPECS: Mapping[str, HookSpec] = _read_specs()
"""All hooks by name, in the order of their specification."""


def check_hooks(manager: pluggy.PluginManager, plugin: Plugin[Any]) -> tuple[str, ...]:
    """Check all methods of a plugin.

    Args:
        manager: Knows how implementations are marked.
        plugin: The plugin, not yet registered.

    Returns:
        The names of the hooks it implements, in the order of their specification.

    Raises:
        ConfigError: A method would never be called, or not as its hook is called.
    """
    implemented = set()
    for attribute in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            _check_unmarked(plugin, attribute)
        elif spec := _spec_of(attribute, options):
            _check_form(getattr(plugin, attribute), spec)
            implemented.add(spec.name)
    return tuple(name for name in SPECS if name in implemented)


def argument_names(function: Callable[..., Any], spec: HookSpec) -> tuple[str, ...]:
    """Return which of a hook's arguments an implementation takes."""
    return tuple(name for name in inspect.signature(function).parameters if name in spec.arguments)


def _spec_of(attribute: str, options: Mapping[str, Any]) -> HookSpec | None:
    """Return the hook of a marked method; None for an optional one that this bus does not have."""
    if options.get("wrapper") or options.get("hookwrapper"):
        raise ConfigError(
            f"{attribute!r} is marked as a wrapper, which this bus does not call. Write @hookimpl without it."
        )
    name = options.get("specname") or attribute
    if name in SPECS:
        return SPECS[name]
    if options.get("optionalhook"):
        return None
    raise ConfigError(
        f"{name!r} is marked with @hookimpl, but there is no hook of that name.{did_you_mean(name, SPECS)}"
    )


def _check_unmarked(plugin: Plugin[Any], attribute: str) -> None:
    """Refuse a method with a hook's name that lacks the mark; warn of one whose name comes close."""
    if attribute.startswith("_") or not inspect.isroutine(inspect.getattr_static(plugin, attribute, None)):
        return
    if attribute in SPECS:
        raise ConfigError(f"{attribute!r} has the name of a hook but no mark. Write @hookimpl above it, or rename it.")
    if attribute.startswith(PREFIXES) and (near := get_close_matches(attribute, SPECS, n=1, cutoff=0.8)):
        logger.warning("%s.%s looks like the hook %s but is none", type(plugin).__name__, attribute, near[0])


def _check_form(function: Callable[..., Any], spec: HookSpec) -> None:
    _check_self(function, spec)
    _check_colour(function, spec)
    for parameter in inspect.signature(function).parameters.values():
        _check_parameter(parameter, spec)


def _check_self(function: Callable[..., Any], spec: HookSpec) -> None:
    """Refuse a method whose first argument is one of the hook's: that is where the plugin itself would arrive."""
    if not inspect.ismethod(function):
        return
    first = next(iter(inspect.signature(function.__func__).parameters.values()), None)
    if first is None or (first.name in spec.arguments and first.kind is not Parameter.KEYWORD_ONLY):
        raise ConfigError(f"{spec.name!r} does not begin with `self`. Write `{spec.header}`.")


def _check_colour(function: Callable[..., Any], spec: HookSpec) -> None:
    """Refuse ``def`` for ``async def`` and the other way round; a decorator may hide either."""
    if spec.is_async:
        if not any(inspect.iscoroutinefunction(form) for form in (function, inspect.unwrap(function))):
            raise ConfigError(f"{spec.name!r} is awaited. Write `{spec.header}`.")
    elif inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        remedy = "Write @asynccontextmanager below @hookimpl" if spec.name == LIFESPAN else "Return a list"
        raise ConfigError(f"{spec.name!r} is a bare generator. {remedy}.")
    elif inspect.iscoroutinefunction(function):
        raise ConfigError(f"{spec.name!r} is not awaited. Write `{spec.header}`.")


def _check_parameter(parameter: Parameter, spec: HookSpec) -> None:
    if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD, Parameter.POSITIONAL_ONLY):
        raise ConfigError(
            f"{spec.name!r} takes {str(parameter)!r}, but a hook's arguments are passed by name. "
            f"Name those it uses: `{spec.header}`."
        )
    if parameter.name not in spec.arguments and parameter.default is Parameter.empty:
        known = ", ".join(spec.arguments) or "none"
        raise ConfigError(
            f"{spec.name!r} takes an argument {parameter.name!r} that the hook does not have (it has: {known})."
            f"{did_you_mean(parameter.name, spec.arguments)} Write `{spec.header}`."
        )
