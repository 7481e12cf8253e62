"""Government security classifications as the register knows them, and which is the highest."""

OFFICIAL = "OFFICIAL"
SENSITIVE = "OFFICIAL-SENSITIVE"
MARKINGS = (OFFICIAL, SENSITIVE)


def highest(markings: list[str]) -> str:
    """The highest of the markings given; OFFICIAL when there are none."""
    return max(markings, key=MARKINGS.index, default=OFFICIAL)
