"""Settings of plugins over REST: described by their own schema, checked by the plugin itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, SecretStr, model_validator

from agentchatbus.config import Flags, load_config
from agentchatbus.config.saved import saved_file
from agentchatbus.plugin_api import BusSettings, Plugin, PluginSettings
from agentchatbus.testing import MakeBus
from tests.plugins.rest_kit import Rest, open_rest


class Inner(PluginSettings):
    deep: int = 1


class SampleSettings(PluginSettings):
    """Settings of every kind."""

    count: int = Field(default=3, ge=1, le=9, description="How many.")
    ratio: float | None = None
    mode: Literal["soft", "hard"] = "soft"
    words: tuple[str, ...] = ("a",)
    key: SecretStr = SecretStr("hush")
    file: Path = Path("/somewhere")
    inner: Inner = Field(default_factory=Inner)
    address: str = Field(default="redis://:pw@host", json_schema_extra={"in_file_only": True})

    @model_validator(mode="after")
    def _fits(self) -> SampleSettings:
        if self.count == 9 and self.mode == "hard":
            raise ValueError("nine is too hard")
        return self


class SamplePlugin(Plugin[SampleSettings]):
    """Cannot be built with the number seven."""

    settings_type = SampleSettings

    def __init__(self, settings: SampleSettings) -> None:
        super().__init__(settings)
        if settings.count == 7:
            raise ValueError("not seven")


async def opened(make_bus: MakeBus, tmp_path: Path) -> Rest:
    settings = BusSettings(data_dir=tmp_path)
    return await open_rest(make_bus, plugins=[SamplePlugin(SampleSettings())], settings=settings)


async def fields_of(rest: Rest) -> dict[str, Any]:
    sections = (await rest.http.get("/api/settings/manifest")).json()["sections"]
    (section,) = [section for section in sections if section["id"] == "plugins.sample"]
    return {field["key"].rpartition(".")[2]: field for field in section["fields"]}


async def test_a_form_is_described_by_the_schema_of_the_plugin(make_bus: MakeBus, tmp_path: Path) -> None:
    fields = await fields_of(await opened(make_bus, tmp_path))
    kinds = {name: (field["type"], field["kind"], field["editable"]) for name, field in fields.items()}
    assert kinds["count"] == ("integer", "number", True)
    assert kinds["ratio"] == ("number", "number", True)
    assert kinds["words"] == ("array", "list", True)
    assert [name for name, field in fields.items() if not field["editable"]] == ["key", "file", "inner", "address"]
    count = fields["count"]
    assert (count["min"], count["max"], count["description"], count["value"]) == (1, 9, "How many.", 3)
    assert fields["mode"]["options"] == ["soft", "hard"]


async def test_secrets_are_not_shown(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await opened(make_bus, tmp_path)
    await rest.http.put("/api/settings", json={"plugins.sample.count": 4})
    for path in ("/api/settings", "/api/settings/manifest"):
        text = (await rest.http.get(path)).text
        assert "hush" not in text
        assert "redis" not in text


async def test_saved_settings_of_a_plugin_are_in_force_after_the_next_start(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await opened(make_bus, tmp_path)
    answer = await rest.http.put("/api/settings", json={"plugins": {"sample": {"count": 5, "words": ["x", "y"]}}})
    assert answer.json()["saved"] == {"plugins.sample.count": 5, "plugins.sample.words": ["x", "y"]}
    assert (await fields_of(rest))["count"]["saved_value"] == 5
    flags = Flags(values={"server.data_dir": str(tmp_path)})
    config = load_config(environ={}, flags=flags)
    assert config.plugin_settings["sample"] == {"count": 5, "words": ["x", "y"]}
    assert "sample" in config.if_installed
    assert config.sources["plugins.sample.count"] == str(saved_file(tmp_path))
    await rest.http.put("/api/settings", json={"plugins.sample.count": None, "plugins.sample.words": None})
    assert load_config(environ={}, flags=flags).plugin_settings == {}


@pytest.mark.parametrize(
    ("given", "key", "words"),
    [
        ({"plugins.sample.count": 10}, "plugins.sample.count", "less than or equal to 9"),
        ({"plugins.sample.mode": "loud"}, "plugins.sample.mode", "'soft' or 'hard'"),
        ({"plugins.sample.cuont": 1}, "plugins.sample.cuont", "'count'"),
        ({"plugins.sample.key": "x"}, "plugins.sample.key", "secret"),
        ({"plugins.sample.file": "/x"}, "plugins.sample.file", "place on disk"),
        ({"plugins.sample.inner": {}}, "plugins.sample.inner", "configuration file"),
        ({"plugins.sample.address": "x"}, "plugins.sample.address", "configuration file"),
        ({"plugins.sample.count": 7}, "plugins.sample.count", "not seven"),
        ({"plugins.sample.count": 9, "plugins.sample.mode": "hard"}, "plugins.sample", "nine is too hard"),
        ({"plugins.smaple.count": 1}, "plugins.smaple", "'sample'"),
    ],
)
async def test_what_the_plugin_cannot_use_is_named_and_nothing_is_saved(
    make_bus: MakeBus, tmp_path: Path, given: dict[str, Any], key: str, words: str
) -> None:
    rest = await opened(make_bus, tmp_path)
    answer = await rest.http.put("/api/settings", json={"SEQ_TOLERANCE": 1, **given})
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"][-1] == key
    assert words in problem["msg"]
    assert not saved_file(tmp_path).exists()
