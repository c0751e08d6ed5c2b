"""The settings of this plugin."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Literal

from pydantic import Field, field_validator

from agentchatbus.plugin_api import PluginSettings
from agentchatbus_secrets.labels import LABELS
from agentchatbus_secrets.patterns import repeats_a_repeat

LONGEST_PATTERN = 500


class SecretsSettings(PluginSettings):
    """The table ``[plugins.secrets]``.

    Attributes:
        mode: ``block`` refuses a message with a secret in it; ``redact`` stores it without the secret.
        allow: Regular expressions; what one of them finds in a secret, or in the line part around it that gave it
            away, is let through.
        ignore: Kinds of secrets that are not looked for, by their labels.
        time_limit: Seconds in which a long text has to be looked at, with the time that it waits for others; when they
            are over it is refused, and the caller asked to try again. Less than what a hook has.
    """

    mode: Literal["block", "redact"] = "block"
    allow: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    time_limit: float = Field(default=3.0, gt=0, le=4)

    @field_validator("allow")
    @classmethod
    def _check_allow(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for number, pattern in enumerate(patterns, 1):
            if problem := _problem(pattern):
                raise ValueError(f"pattern {number} {problem}")
        return patterns

    @field_validator("ignore")
    @classmethod
    def _check_ignore(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        for label in labels:
            if label not in LABELS:
                near = get_close_matches(label, LABELS, n=1, cutoff=0.4)
                raise ValueError(
                    f"no kind of secret is named {label!r}." + (f" Did you mean {near[0]!r}?" * bool(near))
                )
        return labels


def _problem(pattern: str) -> str:
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"is no regular expression ({error})"
    if compiled.match(""):
        return "fits everything, even an empty text; to look for nothing, write disable = ['secrets'] in [plugins]"
    if len(pattern) > LONGEST_PATTERN:
        return f"has more than {LONGEST_PATTERN} characters; write several"
    if repeats_a_repeat(pattern):
        return "repeats a group that repeats something itself, which may take for ever; write it without that"
    return ""
