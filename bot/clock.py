"""The one clock: now in UTC; a test or the practice workspace starts it at another instant, and it runs on."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from storage.fields import LONDON

Clock = Callable[[], datetime]


def clock(start: datetime | None = None) -> Clock:
    """The machine's clock, or one that starts at `start` now."""
    if start is None:
        return lambda: datetime.now(UTC)
    began, first = time.monotonic(), start.astimezone(UTC)
    return lambda: first + timedelta(seconds=time.monotonic() - began)


def instant(text: str) -> datetime:
    """An ISO instant; without an offset it is London's. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=LONDON)
