"""`pending`: every open request, those that this person may decide first; `pending REF` is one of them, whole."""

from handlers import acting, offers, wording
from handlers.ask import Ask, Desk
from handlers.card import (
    Bullets,
    Button,
    Buttons,
    Card,
    Divider,
    Heading,
    Line,
    Lines,
    Note,
    Part,
    Quote,
    Row,
    Span,
    Text,
    bold,
    say_lines,
)
from handlers.commands import show
from handlers.wording import british, count, days_away, details_button, moment, title_span
from storage import questions, refusals
from storage.fields import london_day
from storage.questions import Asked, Waiting, Whole

WORDS = ("pending",)
HELP = ("pending", "what waits for a decision")
SHOWN = 10
NOTES = {
    "sign_off": "Complete is the force's word. Only the inspectorate closes an item.",
    "extend": "The original date stays on record, and so does each date since.",
    "no_action": "The reason is what the public letter will give.",
}
TITLES = {"sign_off": "Sign-off request", "extend": "Extension request", "no_action": "Request for no action"}
SAID = {"sign_off": "What was done", "extend": "Reason", "no_action": "Reason for the public letter"}


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    if rest.strip():
        return _one(desk, ask, rest)
    with desk.store.read() as tx:
        waiting = questions.waiting(tx, ask.reader(desk))
    if not waiting:
        line = (bold("Nothing is pending. "), Span("Requests come here when an owner asks."))
        return Card("Nothing is pending", (say_lines(line), Buttons((Button("Mine", "mine", "What you owe"),))))
    yours = sum(one.yours for one in waiting)
    which = f"{len(waiting)} pending" + (f", the first {SHOWN} here" if len(waiting) > SHOWN else "")
    head: Line = (bold(which), Span(f": {yours} for you to decide, oldest first." if yours else ", oldest first."))
    rows = tuple(_row(one, ask) for one in waiting[:SHOWN])
    note = Note(((Span("An item brought in as pending has no request yet: it can be asked for again."),),))
    notes = (note,) if any(one.asked_at is None for one in waiting[:SHOWN]) else ()
    subject = f"{count(len(waiting), 'request')} pending, {yours} for you to decide"
    return Card(subject, (Heading(Span("Pending")), say_lines(head), *rows, *notes))


def _row(one: Waiting, ask: Ask) -> Row:
    row, reference = one.row, one.row.reference
    if one.asked_at is None:
        facts: Line = (Span(f"{wording.owner_of(row)} · brought in as pending · no evidence"),)
        return Row(reference, title_span(row.title, row.marking), facts, details_button(reference))
    ago = days_away((london_day(one.asked_at) - ask.today).days)
    facts = (Span(f"{_what(one)} · {wording.name(one.asker)}, {ago}"),)
    button = Button("Details", f"pending {reference}", f"{TITLES[one.kind]} {reference}")
    return Row(reference, title_span(row.title, row.marking), facts, button)


def _what(one: Waiting) -> str:
    if one.kind == "extend" and one.proposed:
        return f"new date {british(one.proposed)}"
    if one.kind == "no_action":
        return "no action"
    return "evidence checked" if one.checked else "evidence not checked"


# --- one request ----------------------------------------------------------------------------------------------------


def _one(desk: Desk, ask: Ask, rest: str) -> Card:
    said, item = acting.asked_for(desk, ask, rest)
    if item is None:
        return acting.unknown(said.reference or "?")
    if item.request is None:
        return _nothing(item)
    asked, row, mine = item.request, item.row, item.row.marking
    title = f"{TITLES[asked.kind]}: {row.reference}"
    parts: list[Part] = [Heading(Span(title)), say_lines(*_about(desk, ask, item)), Divider()]
    parts += [say_lines(*_facts(ask, item, asked)), Text(_words(asked, mine)), *offers.downloads(item, asked.evidence)]
    parts += [_buttons(item), Note(((Span(NOTES[asked.kind]),),))]
    checked = ", evidence checked" if asked.checked_by else ""
    return Card(f"{title}, asked by {asked.asker}{checked}", tuple(parts))


def _nothing(item: Whole) -> Card:
    """What pended is decided, or nothing was asked: how it was decided is said, without buttons that decide."""
    row, last = item.row, item.decided
    line: Line = (bold("Nothing is pending. "), Span(f"{refusals.stands(row.reference, row.status)}."))
    told = decided(item)
    lines = (line, (Span(told),)) if told else (line,)
    words = (Text((Quote(Span(last.words, marking=row.marking)),)),) if last and last.words else ()
    history = Button("History", f"history {row.reference}", f"History of {row.reference}")
    buttons = Buttons((details_button(row.reference), history))
    return Card(f"Nothing is pending for {row.reference}", (say_lines(*lines), *words, buttons))


DECIDED = {
    "signed_off": "Signed off",
    "sent_back": "Sent back",
    "approved": "Approved",
    "refused": "Refused",
    "withdrawn": "Withdrawn",
    "ended": "Ended with the item",
}


def decided(item: Whole) -> str:
    """Signed off by DCC Ruth Calder, 23 Nov 2026, 09:41."""
    last = item.decided
    if last is None or last.decision not in DECIDED:
        return ""
    return f"{DECIDED[last.decision]} by {last.who}, {moment(last.at)}."


def _about(desk: Desk, ask: Ask, item: Whole) -> tuple[Line, ...]:
    row, report = item.row, item.report
    title: Line = (Span(row.title, "bold", marking=row.marking, instead=wording.NOT_SHOWN),)
    source: Line = (Span(f"{wording.KIND[row.kind]} · {report['code']} {report['title']}"),)
    due = f" · due {british(row.due)}" if row.due else ""
    colour = wording.colour_of(row, ask.today, desk.limits)
    return (title, source, (colour, Span(f" · {wording.STATUS[row.status].lower()}{due}")))


def _facts(ask: Ask, item: Whole, asked: Asked) -> tuple[Line, ...]:
    ago = days_away((london_day(asked.asked_at) - ask.today).days)
    lines: list[Line] = [(bold("Asked by: "), Span(f"{asked.asker}, {british(london_day(asked.asked_at))}, {ago}"))]
    return (*lines, *(_dates(item, asked) if asked.kind == "extend" else ()))


def _dates(item: Whole, asked: Asked) -> list[Line]:
    """From when to when, how often it has slipped before, and who answers for a repeated slip."""
    it, now = item.item, item.item["target_date"]
    assert asked.proposed is not None  # an extension asks for a date
    days = (asked.proposed - now).days if now else 0
    change = f", {count(abs(days), 'day')} {'later' if days > 0 else 'earlier'}" if days else ""
    lines: list[Line] = [(bold("New target date: "), Span(f"{british(asked.proposed)}{change}"))]
    was = [british(day) for day in item.past_targets]
    before = f" (before that {wording.joined(was, 'then')})" if was else ""
    lines += [(bold("Instead of: "), Span(f"{british(now)}{before}"))] if now else []
    lines.append((bold("Moved before: "), Span(wording.moved(it))))
    if it["extensions"]:
        lines.append((bold("Strategic lead: "), Span(item.lead or "none")))
    return lines


def _words(asked: Asked, mine: str) -> tuple[Lines | Quote | Bullets, ...]:
    pieces: list[Lines | Quote | Bullets] = [Lines(((bold(SAID[asked.kind]),),))]
    pieces.append(Quote(Span(asked.words, marking=mine)))
    if asked.evidence:
        entries = tuple((line,) for line in show.proof_lines(asked.evidence, mine))
        pieces += [Lines(((bold("Evidence"),),)), Bullets(entries)]
    if asked.checked_by and asked.checked_at:
        who = f"{asked.checked_by}, {british(london_day(asked.checked_at))}: “{asked.check_note}”"
        pieces.append(Lines(((bold("Checked by: "), Span(who, marking=mine)),)))
    elif asked.kind == "sign_off":
        pieces.append(Lines(((bold("Checked by: "), Span("nobody yet")),)))
    return tuple(pieces)


def _buttons(item: Whole) -> Buttons:
    reference = item.row.reference
    history = Button("History", f"history {reference}", f"History of {reference}")
    return offers.decisions(item, details_button(reference), history)
