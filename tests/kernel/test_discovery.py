"""What one damaged distribution does to the others: nothing."""

from __future__ import annotations

import pytest

from agentchatbus.plugins import PluginState
from tests.kernel.plugin_kit import GATE, Site, load, refused, status
from tests.kernel.serving import run_command

BAD = "[agentchatbus]\nbad = bad-mod:P\n"
NO_ENTRY = "[agentchatbus]\nbad\n"


def test_an_entry_point_that_cannot_be_read_is_left_out_and_listed(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.damage(BAD)
    manager = load()
    bad = status(manager, "bad")
    assert (bad.state, bad.distribution, bad.version) == (PluginState.FAILED, "broken", "1")
    assert "'bad-mod:P'" in bad.reason
    assert "Plugin bad (distribution broken) is left out" in caplog.text
    assert list(manager.active) == ["gate"]


def test_an_entry_point_that_cannot_be_read_can_be_disabled_and_cannot_be_named(site: Site) -> None:
    site.damage(BAD)
    assert status(load(disable=("bad",), left_out=("bad",)), "bad").state is PluginState.DISABLED
    assert "'bad-mod:P' is not written as `module:attribute`" in refused(enable=("bad",))


@pytest.mark.parametrize(
    ("entry_points", "metadata"),
    [(NO_ENTRY, "Metadata-Version: 2.1\nName: broken\nVersion: 1\n"), (NO_ENTRY, ""), (BAD, "Metadata-Version: 2.1\n")],
)
def test_a_distribution_that_cannot_be_read_hides_no_other(site: Site, entry_points: str, metadata: str) -> None:
    site.add("filter", GATE)
    site.damage(entry_points, metadata=metadata)
    assert sorted(load().active) == ["filter", "gate"]


def test_the_command_plugins_lists_what_cannot_be_read(site: Site) -> None:
    site.damage(BAD)
    listed = run_command("plugins", PYTHONPATH=str(site.folder))
    assert listed.returncode == 0, listed.stderr
    assert "bad-mod:P" in listed.stdout
    assert "Traceback" not in listed.stderr
