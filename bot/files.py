"""`import` and `export` at the terminal: a file in with its diff, the register out."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.cli import Refused
from handlers.intake import sheets
from handlers.papers import sheet
from storage import imports, register, running
from storage.imports import Diff
from storage.record import Actor
from storage.rows import FileRow, LineFault
from storage.rules.deadlines import Thresholds
from storage.store import Store

SHOWN = 20
MOST_WHILE_IT_RUNS = 10_000  # rows: as many hold up who writes meanwhile for less than a second
TOO_MANY = (
    "{name} holds {rows:,} rows, and a bot is running: everybody would wait while they are taken in. "
    "Stop the bot, import the file, and start it again; up to {most:,} rows can be imported while it runs."
)


def take_in(
    options: argparse.Namespace, store: Store, actor: Callable[[], Actor], absent: Callable[[list[str]], list[str]]
) -> int:
    """Import a file, or show what it would change; a bad file changes nothing.

    `actor` gives who takes it in; a dry run does not ask, and writes nothing. `absent` tells which addresses nobody
    in chat has: they are kept, and said.
    """
    path = Path(options.file)
    read = sheets.read_register(path.name, _bytes_of(path), _map_of(options.map))
    if options.dry_run:
        diff = imports.preview(store, read.rows, read.faults, force=options.force)
    else:
        with _undisturbed(store, path.name, len(read.rows)):
            diff = imports.apply(store, actor(), read.rows, source=path.name, force=options.force, warnings=read.faults)
    diff.warnings += [LineFault(0, "", note) for note in read.notes]
    diff.warnings += [] if diff.errors else _not_in_chat(read.rows, absent)
    if options.json:
        print(json.dumps(_as_json(diff), ensure_ascii=False, indent=2))
    else:
        _tell(diff, path.name, dry_run=options.dry_run)
    return 1 if diff.errors else 0


def _undisturbed(store: Store, name: str, rows: int) -> AbstractContextManager[None]:
    """A large file is taken in while no bot runs, and none begins."""
    if rows <= MOST_WHILE_IT_RUNS:
        return nullcontext()
    return running.without_bots(store, TOO_MANY.format(name=name, rows=rows, most=MOST_WHILE_IT_RUNS))


def _not_in_chat(rows: list[FileRow], absent: Callable[[list[str]], list[str]]) -> list[LineFault]:
    first: dict[str, tuple[int, str]] = {}
    for row in rows:
        for column in ("action_owner", "strategic_lead"):
            for token in imports.tokens_of(row.cells[column]):
                first.setdefault(token.lower(), (row.line, column))
    missing = absent([token for token in first if "@" in token])
    return [LineFault(*first[token], f"Nobody in chat has the address {token}; it is kept.") for token in missing]


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Refused(f"There is no file {path}.") from None
    except OSError:
        raise Refused(f"The file {path} cannot be read.") from None


def _map_of(name: str) -> sheets.Mapping_ | None:
    if not name:
        return None
    try:
        return sheets.read_map(_bytes_of(Path(name)).decode("utf-8"))
    except UnicodeDecodeError:
        raise Refused(f"The file {name} is not UTF-8 text.") from None
    except sheets.MapFault as fault:
        raise Refused(f"{name}: {fault}") from None


def _as_json(diff: Diff) -> dict[str, Any]:
    faults = {name: [f._asdict() for f in getattr(diff, name)] for name in ("errors", "warnings")}
    told = {name: getattr(diff, name) for name in ("rows", "new", "changed", "unchanged", "missing", "duplicates")}
    return {**told, **faults, "applied": diff.applied}


def _tell(diff: Diff, name: str, *, dry_run: bool) -> None:
    for fault in diff.errors:
        print(_located(name, fault), file=sys.stderr)
    for doubt in diff.warnings:
        print(f"Note. {_located(name, doubt)}", file=sys.stderr)
    if diff.errors:
        print(f"Nothing was taken in: {len(diff.errors)} to mend in {name}.", file=sys.stderr)
        return
    for reference, changes in list(diff.changed.items())[:SHOWN]:
        told = "; ".join(f"{field}: {old or 'empty'} to {new or 'empty'}" for field, (old, new) in changes.items())
        print(f"{reference}: {told if len(told) < 300 else told[:299] + '…'}")
    for pair in diff.duplicates:
        print(f"Note. {pair[0]} and {pair[1]} look like the same finding.", file=sys.stderr)
    if diff.missing:
        print(f"Note. In the register and not in {name}: {', '.join(diff.missing[:SHOWN])}.", file=sys.stderr)
    did = "Would take in" if dry_run else "Taken in"
    print(f"{did}: {len(diff.new)} new, {len(diff.changed)} changed, {len(diff.unchanged)} as they were.")


def _located(name: str, fault: LineFault) -> str:
    where = f"{name}, line {fault.line}" if fault.line else name
    return f"{where}, {fault.field}: {fault.message}" if fault.field else f"{where}: {fault.message}"


def give_out(
    options: argparse.Namespace, store: Store, limits: Thresholds, now: datetime, past: datetime | None = None
) -> int:
    """Export the register to a file or to stdout, as it stands `now`; as it stood at an instant of the `past`."""
    if options.format == "json":
        data = sheet.to_json(register.whole(store, limits, now, past))
    else:
        data = sheet.to_csv(register.rows(store, past))
    if not options.output:
        sys.stdout.buffer.write(data)
        return 0
    written(Path(options.output), data)
    print(f"The register is in {options.output}.", file=sys.stderr)
    return 0


def written(path: Path, data: bytes) -> None:
    """All of the file or nothing, readable by its owner alone: it may hold what is marked."""
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        os.replace(part, path)
    except OSError as fault:
        part.unlink(missing_ok=True)
        raise Refused(f"{path} cannot be written: {(fault.strerror or 'the system refused').lower()}.") from None
