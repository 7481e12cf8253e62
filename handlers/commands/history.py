"""`history REF`: who did what, and when, like minutes."""

from datetime import date
from typing import Any

from handlers import acting, wording
from handlers.ask import Ask, Desk, told
from handlers.card import Bullets, Buttons, Card, Heading, Line, Note, Span, Text, bold, say_lines
from handlers.wording import british, details_button, moment
from storage import questions
from storage.questions import Told
from storage.refusals import ACTS

WORDS = ("history",)
HELP = ("history {reference}", "who did what, and when")
SHOWN = 12
FIELD = {
    "status": "status",
    "target_date": "target date",
    "inspectorate_deadline": "inspectorate deadline",
    "forecast_date": "forecast date",
    "off_track": "off track",
    "owner_id": "owner",
    "lead_id": "lead",
    "title": "title",
    "text": "text",
    "waiting_on": "waits on",
    "inspectorate_status": "inspectorate",
    "board": "board",
    "kind": "kind",
    "parent_id": "stands under",
    "marking": "marking",
    "number": "number",
    "post_id": "post",
    "delegates": "delegates",
    "proposed_date": "new target date asked for",
    "closed_on": "closed on",
    "inspectorate_ref": "the inspectorate's number",
    "external_dependency": "external dependency",
    "by": "by",
    "scope": "scope",
    "addressee": "addressee",
    "objective": "objectives",
    "deadline_wording": "deadline wording",
}
DATES = frozenset({"target_date", "forecast_date", "inspectorate_deadline", "proposed_date", "closed_on"})
QUOTED = ("note", "words", "reason")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    said = told(rest)
    with desk.store.read() as tx:
        found = questions.found(tx, said.reference, ask.reader(desk)) if said.reference else None
        if found is None:
            return acting.unknown(said.reference or "?")
        item = found[0]
        minutes = questions.told(tx, item["id"])
    reference = item["reference"]
    shown = minutes if said.words == "all" else minutes[-SHOWN:]
    entries = tuple(_entry(told_, item["marking"]) for told_ in shown)
    left = len(minutes) - len(shown)
    head = f"{wording.count(len(minutes), 'entry', 'entries')}, oldest first"
    line: Line = (bold(head), Span(f"; the latest {len(shown)}." if left else "."))
    note = Note(((Span("Each entry is chained to the one before it and cannot be changed unseen."),),))
    parts = (
        Heading(Span(f"History of {reference}")),
        say_lines(line),
        Text((Bullets(entries),)),
        Buttons((details_button(reference),)),
        note,
    )
    return Card(f"History of {reference}: {head}", parts)


def _entry(told_: Told, marking: str) -> tuple[Line, ...]:
    where = " at the terminal" if told_.place == "terminal" else ""
    first: Line = (bold(moment(told_.at)), Span(f" {told_.who} {_did(told_)}{where}."))
    lines: list[Line] = [first]
    changes = _changes(told_)
    if changes:
        lines.append((Span(changes, marking=marking, instead=wording.NOT_SHOWN),))
    lines += [(Span(q, marking=marking, instead=wording.NOT_SHOWN),) for q in _quotes(told_)]
    return tuple(lines)


def _did(told_: Told) -> str:
    """What was done, where everything is about the one item: asked for sign-off, signed it off; and what was tried."""
    tried = told_.fields.get("tried")
    if told_.act == "refused" and tried:
        return f"tried “{tried[1]}” and was refused"
    did = ACTS[told_.act].did if told_.act in ACTS else told_.act
    return did.removesuffix(" of {}").removesuffix(" on {}").format("it")


def _changes(told_: Told) -> str:
    if told_.act == "register":
        return ""
    parts = [_change(field, told_.fields[field]) for field in FIELD if field in told_.fields]
    told = "; ".join(p for p in parts if p)
    return f"{told}." if told else ""


def _change(field: str, pair: tuple[Any, Any] | None) -> str:
    if pair is None:
        return f"{FIELD[field]}: erased"
    before, after = (_value(field, v) for v in pair)
    if not before:
        return f"{FIELD[field]}: {after}"
    return f"{FIELD[field]}: {before} to {after}" if after else f"{FIELD[field]}: {before}, taken away"


def _value(field: str, value: Any) -> str:
    if value is None:
        return ""
    if field in DATES:
        return british(date.fromisoformat(str(value)))
    labels = {"status": wording.STATUS, "kind": wording.KIND, "inspectorate_status": wording.INSPECTORATE}
    shown = labels.get(field, {}).get(str(value), str(value))
    return shown.lower() if field in {"status", "kind"} else wording.cut(shown, 200)


def _quotes(told_: Told) -> list[str]:
    pairs = [told_.fields.get(field) for field in QUOTED]
    said = [f"“{wording.cut(str(pair[1]), 600)}”" for pair in pairs if pair and pair[1]]
    links = told_.fields.get("evidence")
    said += [f"Evidence: {wording.cut(str(links[1]), 300)}"] if links and links[1] else []
    files = told_.fields.get("files")
    return said + ([f"Files: {'; '.join(map(_file, str(files[1]).splitlines()))}"] if files and files[1] else [])


def _file(line: str) -> str:
    """A file as the ledger names it, for people: name, size, and the beginning of what its bytes are known by."""
    sha256, size, _, name = line.split(" ", 3)
    return f"{wording.cut(name, 80)} ({wording.size(int(size))}, SHA-256 {sha256[:16]}…)"
