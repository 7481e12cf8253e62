"""What a campaign counts, and one line that tells it."""

from collections import Counter
from dataclasses import dataclass


@dataclass
class Result:
    """`of` is which campaign it was, its seed and its size; `faults` must be empty of anything above 0."""

    of: str
    counts: Counter[str]
    faults: dict[str, int]
    seconds: float

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {number:,}" for name, number in self.counts.items())
        faults = ", ".join(f"{name} {number}" for name, number in self.faults.items())
        return f"{self.of}: {counts}; {faults}; {self.seconds:.1f} s"
