"""One Teams door for the tests of a file: the SDK's line and our gate, served as in the real thing."""

from collections.abc import Iterator

import pytest

from handlers.teams.sdk import Line, TeamsSettings
from tests.conftest import as_in_the_demo
from tests.databases import Database
from tests.teams.gateway import Gateway, gateway
from tests.teams.office import Office
from tests.teams.stand_ins import APP, TENANT, Connector


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
def microsoft() -> Iterator[tuple[Connector, Line]]:
    """What takes what goes out, and the way to it; nothing comes in by it."""
    line = Line(TeamsSettings(APP, "", TENANT, local=True))
    with Connector() as connector:
        line.start()
        yield connector, line
        line.close()


@pytest.fixture
def office(database: Database, microsoft: tuple[Connector, Line]) -> Iterator[Office]:
    """The demo's register on its first Friday, with Teams."""
    with Office(database.copy(as_in_the_demo), *microsoft) as open_office:
        yield open_office
