"""Which plugin implements which hook, in the order in which they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pluggy

from agentchatbus import answers, hookspecs
from agentchatbus.errors import ConfigError
from agentchatbus.hookcheck import SPECS, argument_names, check_hooks
from agentchatbus.plugin import PROJECT, Plugin
from agentchatbus.tracing import HookListener, traced


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's implementation of one hook; `arguments` are those that it takes."""

    plugin: str
    hook: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]

    def call(self, arguments: Mapping[str, Any]) -> Any:
        """Call it with those of a hook's arguments that it takes."""
        if len(self.arguments) == len(arguments):
            return self.function(**arguments)
        return self.function(**{name: arguments[name] for name in self.arguments})


class HookRegistry:
    """The registered plugins; `revision` rises whenever there is one more, or somebody more who watches them."""

    def __init__(self) -> None:
        self._pluggy = pluggy.PluginManager(PROJECT)
        self._pluggy.add_hookspecs(hookspecs)
        self._listeners: list[HookListener] = []
        self.revision = 0

    def add(self, name: str, plugin: Plugin[Any]) -> tuple[str, ...]:
        """Register a plugin; one that is registered later is called earlier.

        Returns:
            The hooks it implements.

        Raises:
            ConfigError: One of its methods does not fit its hook; the message says what to write.
        """
        hooks = check_hooks(self._pluggy, plugin)
        try:
            self._pluggy.register(plugin, name)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise ConfigError(str(error)) from error
        self.revision += 1
        return hooks

    def watch(self, listener: HookListener) -> None:
        """Tell somebody of every call of a hook from now on."""
        self._listeners.append(listener)
        self.revision += 1

    def implementations(self, hook: str) -> tuple[Implementation, ...]:
        """Return the implementations of a hook, the one to call first first."""
        found = reversed(getattr(self._pluggy.hook, hook).get_hookimpls())
        return tuple(
            Implementation(
                item.plugin_name,
                hook,
                self._watched(item.plugin_name, hook, item.function),
                argument_names(item.function, SPECS[hook]),
            )
            for item in found
        )

    def _watched(self, plugin: str, hook: str, function: Callable[..., Any]) -> Callable[..., Any]:
        for listener in self._listeners:
            function = traced(plugin, hook, function, listener, answers.check)
        return function
