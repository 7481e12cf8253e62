"""The sample register for each test, and a post office over it."""

from collections.abc import Iterator

import pytest

from tests.conftest import as_in_the_demo
from tests.databases import Database
from tests.http.post import Post, post_office


@pytest.fixture
def register_url(database: Database) -> str:
    return database.copy(as_in_the_demo)


@pytest.fixture
def post(register_url: str) -> Iterator[Post]:
    with post_office(register_url) as open_office:
        yield open_office
