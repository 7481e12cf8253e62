"""One Teams door for the tests of a file: the SDK's line and our gate, served as in the real thing."""

from collections.abc import Iterator

import pytest

from tests.teams.gateway import Gateway, gateway


@pytest.fixture(scope="module")
def teams() -> Iterator[Gateway]:
    with gateway() as open_gateway:
        yield open_gateway


@pytest.fixture
def door(teams: Gateway) -> Gateway:
    """The same, with nothing heard and nothing posted yet."""
    teams.fresh()
    return teams
