"""`python3 run.py bench`: every benchmark, one table; exit status 1 when floor and ours do not come to the same."""

import argparse
import logging
import sys
import tempfile
from pathlib import Path

from bench import alongside, blocks, digest, flushes, http, lists, registers, starts, teams, teams_draw, updates
from bench.timing import ROUNDS, Differs, Line, table

SIZES, QUICK_SIZES = (1_000, 10_000, 100_000), (200, 600)
SECONDS, QUICK_SECONDS = 1.5, 0.1


def main(arguments: list[str] | None = None) -> int:
    """Run them all and print the table; a missed target changes nothing about the exit status."""
    options = _options(arguments)
    logging.disable(logging.WARNING)
    try:
        with tempfile.TemporaryDirectory(prefix="lightkeeper-bench-") as folder:
            found = _lines(Path(folder), quick=options.quick)
    except Differs as fault:
        print(f"Floor and ours do not come to the same. {fault}", file=sys.stderr)
        return 1
    finally:
        logging.disable(logging.NOTSET)
    print(table(found))
    missed = sum(line.held is False for line in found)
    print(f"\n{missed or 'No'} {'target' if missed == 1 else 'targets'} missed. Best of five, floor and ours by turns.")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py bench", description="Ours beside its floor, in one process.")
    parser.add_argument("--quick", action="store_true", help="small registers and short rounds")
    return parser.parse_args(arguments)


def _lines(folder: Path, *, quick: bool) -> list[Line]:
    seconds = QUICK_SECONDS if quick else SECONDS
    paths = {size: _register(folder, size) for size in (QUICK_SIZES if quick else SIZES)}
    small, middle = sorted(paths)[:2]
    most = max(paths)
    print("Measuring.", file=sys.stderr, flush=True)
    found = lists.lines(paths, seconds)
    found += updates.lines(paths[middle], seconds)
    found += flushes.lines(paths[small])
    found += starts.lines(paths[small], 0 if quick else ROUNDS)
    found += blocks.lines(seconds)
    found += teams_draw.lines(seconds)
    found += teams.lines(paths[most], most, seconds)
    found += http.lines(paths[small], seconds)
    found += digest.lines(paths, seconds)
    # the floors above have written into the others, and what is not whole is not backed up
    whole = _register(folder, middle, "whole")
    return found + alongside.lines(whole, middle, seconds * 4)


def _register(folder: Path, size: int, name: str = "") -> Path:
    print(f"Bringing in {size:,} items.", file=sys.stderr, flush=True)
    path = folder / f"{name or size}.db"
    registers.make(path, size)
    return path


if __name__ == "__main__":
    sys.exit(main())
