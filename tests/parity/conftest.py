"""What takes what goes out to Teams, once for all stories."""

from collections.abc import Iterator

import pytest

from tests.teams.stand_ins import Connector


@pytest.fixture(scope="session")
def connector() -> Iterator[Connector]:
    with Connector() as open_connector:
        yield open_connector
