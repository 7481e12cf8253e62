"""The sample register for each test, and a post office over it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import demo
from tests.http.post import Post, post_office
from tests.wire.office import STORY


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's register, filled once."""
    path = tmp_path_factory.mktemp("filled") / "register.db"
    demo.fill(f"sqlite:///{path}", STORY)
    return path


@pytest.fixture
def register_path(filled_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(filled_file, tmp_path / "register.db"))


@pytest.fixture
def post(register_path: Path) -> Iterator[Post]:
    with post_office(register_path) as open_office:
        yield open_office
