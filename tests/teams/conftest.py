"""One Teams door for the tests of a file: the SDK's line and our gate, served as in the real thing."""

from collections.abc import Iterator

import pytest

from tests.conftest import as_in_the_demo
from tests.databases import Database
from tests.teams.gateway import Gateway, gateway
from tests.teams.office import Office
from tests.teams.stand_ins import Connector


@pytest.fixture(scope="module")
def teams() -> Iterator[Gateway]:
    with gateway() as open_gateway:
        yield open_gateway


@pytest.fixture
def door(teams: Gateway) -> Gateway:
    """The same, with nothing heard and nothing posted yet."""
    teams.fresh()
    return teams


@pytest.fixture(scope="session")
def connector() -> Iterator[Connector]:
    """What takes what goes out."""
    with Connector() as open_connector:
        yield open_connector


@pytest.fixture
def office(database: Database, connector: Connector) -> Iterator[Office]:
    """The demo's register on its first Friday, with Teams."""
    with Office(database.copy(as_in_the_demo), connector) as open_office:
        yield open_office
