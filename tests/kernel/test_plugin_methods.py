"""What a plugin's methods have to look like."""

from __future__ import annotations

import pytest

from tests.kernel.plugin_kit import (
    Site,
    from_code,
    load,
    messages_of,
    refused,
)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("@hookimpl\ndef check_message(self, draft): ...", "is awaited. Write `async def check_message(self, draft, "),
        ("@hookimpl\nasync def register_search(self): ...", "is not awaited. Write `def register_search(self)`."),
        ("@hookimpl\nasync def lifespan(self, bus): ...", "Write `def lifespan(self, bus)`."),
        ("@hookimpl\nasync def lifespan(self, bus): yield", "Write @asynccontextmanager below @hookimpl."),
        ("@hookimpl\ndef register_storage(self): yield", "Return a list."),
        ("@hookimpl\nasync def check_mesage(self): ...", "no hook of that name. Did you mean 'check_message'?"),
        ("@hookimpl(specname='on_evnt')\nasync def told(self): ...", "Did you mean 'on_event'?"),
        ("async def check_message(self): ...", "has the name of a hook but no mark. Write @hookimpl above it"),
        ("@hookimpl(wrapper=True)\ndef check_action(self): yield", "Write @hookimpl without it."),
        ("@hookimpl(hookwrapper=True)\ndef check_action(self): yield", "Write @hookimpl without it."),
        (
            "@hookimpl\nasync def check_action(self, acton): ...",
            "'acton' that the hook does not have (it has: action). ",
        ),
        ("@hookimpl\nasync def check_action(self, acton): ...", "Did you mean 'action'?"),
        ("@hookimpl\ndef register_storage(self, bus): ...", "(it has: none). Write `def register_storage(self)`."),
        ("@hookimpl\nasync def check_action(self, **more): ...", "takes '**more', but"),
        ("@hookimpl\nasync def check_action(self, *more): ...", "takes '*more', but"),
        ("@hookimpl\nasync def check_action(self, action, /): ...", "passed by name"),
        ("@hookimpl\nasync def check_message(draft): ...", "does not begin with `self`. Write `async def check_m"),
        ("@hookimpl\nasync def on_event(event): ...", "Write `async def on_event(self, event)`."),
        ("@hookimpl\ndef register_storage(): ...", "Write `def register_storage(self)`."),
        ("@hookimpl\n@asynccontextmanager\nasync def lifespan(bus): yield", "Write `def lifespan(self, bus)`."),
    ],
)
def test_a_method_that_does_not_fit_its_hook_is_refused_with_what_to_write(site: Site, code: str, advice: str) -> None:
    message = refused(("mine", from_code(code)))
    assert message.startswith("Plugin 'mine' (given to the bus): ")
    assert advice in message


@pytest.mark.parametrize(
    "code",
    [
        "@hookimpl\n@asynccontextmanager\nasync def lifespan(self, bus): yield",
        "@asynccontextmanager\n@hookimpl\nasync def lifespan(self): yield",
        "@hookimpl\nasync def check_action(self): ...",
        "@hookimpl\nasync def check_action(self, *, action): ...",
        "@hookimpl\nasync def check_action(self, action, of_a_later_bus=None): ...",
        "@hookimpl(optionalhook=True)\nasync def check_of_a_later_bus(self): ...",
        "@hookimpl\n@staticmethod\nasync def check_action(action): ...",
        "@hookimpl(specname='check_action')\nasync def limit(self, action): ...",
        "@property\ndef check_message(self): 1 / 0",
        "async def on_connect(self): ...",
    ],
)
def test_a_method_that_fits_is_accepted(site: Site, code: str, caplog: pytest.LogCaptureFixture) -> None:
    assert "mine" in load(("mine", from_code(code))).active
    assert caplog.records == []


def test_a_method_whose_name_comes_close_to_a_hook_is_a_warning(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    load(("mine", from_code("async def on_events(self): ...")))
    assert messages_of(caplog, "WARNING") == "Example.on_events looks like the hook on_event but is none"
