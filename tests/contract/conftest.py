"""The server that all tests of the contract share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.drivers import Bridges
from tests.contract.site import Site, serving
from tests.contract.worlds import World


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with everything on."""
    with serving(tmp_path_factory.mktemp("contract")) as site:
        yield site


@pytest.fixture(scope="session")
def bridges(site: Site) -> Iterator[Bridges]:
    """The stdio bridges to it."""
    bridges = Bridges(site)
    yield bridges
    bridges.end()


@pytest.fixture
def world(site: Site) -> World:
    """A part of the bus that no other test uses."""
    return World(site)
