"""`REF` or `show REF`: the card of one item."""

import re
from collections import Counter
from datetime import date

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
    Span,
    Text,
    bold,
    code,
    say_lines,
)
from handlers.wording import british, count, days_away, moment
from storage import reminders
from storage.fields import london_day
from storage.questions import Proof, Row, Whole
from storage.rules import deadlines, marking
from storage.rules.lifecycle import is_open

WORDS = ("show",)
HELP = ("{reference}", "one item")
TEXT_SHOWN = 400
CHILDREN_SHOWN = 5
QUOTED = 2800
TEXT_A_PAGE = 3 * QUOTED
_TEXT_PAGE = re.compile(r"text(?: (\d{1,3}))?\Z")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    said, item = acting.asked_for(desk, ask, rest)
    if not said.reference:
        line = (bold("Nothing shown. "), Span("Say which item, e.g. "), code("show CYBER19-A1"), Span("."))
        return Card("Nothing shown: which item?", (say_lines(line),), ok=False)
    if item is None:
        return acting.unknown(said.reference)
    page = _TEXT_PAGE.match(said.words.lower())
    return _whole_text(item, int(page[1] or 1)) if page else _card(desk, ask, item)


def _card(desk: Desk, ask: Ask, item: Whole) -> Card:
    row, today = item.row, ask.today
    mine = row.marking
    parts: list[Part] = [Heading(Span(f"{row.reference} {row.title}", marking=mine, instead=row.reference))]
    parts.append(Text((Lines(_standing(desk, item, today)), *_quote(item))))
    parts += [Divider(), say_lines(*_facts(item))]
    parts += _children(desk, item, today)
    parts += _latest(item)
    parts += _silence(desk, item, today)
    parts += [_buttons(item)]
    seen = f"{row.marking} · as at {moment(ask.now)} · only you can see this"
    subject = f"{row.reference} {wording.cut(row.title, 60)}: " if mine == marking.OFFICIAL else f"{row.reference}: "
    colour = wording.colour_of(row, today, desk.limits).text
    subject += f"{colour}, {wording.fact(row, today, desk.limits)}" if mine == marking.OFFICIAL else colour
    return Card(subject, (*parts, Note(((Span(seen),),))))


def _standing(desk: Desk, item: Whole, today: date) -> tuple[Line, ...]:
    """Colour, status, due; and why that colour."""
    row = item.row
    first: Line = (wording.colour_of(row, today, desk.limits), Span(f" · {wording.STATUS[row.status].lower()}"))
    if row.due and is_open(row.status):
        first = (*first, Span(" · "), bold(f"due {british(row.due)}"), Span(f", {_away(row, today)}"))
    elif row.completed_on:
        first = (*first, Span(f", {british(row.completed_on)}"))
    why = _why(desk, row, today)
    return (first, (Span(why, marking=row.marking),)) if why else (first,)


def _silence(desk: Desk, item: Whole, today: date) -> list[Part]:
    """Who asked not to be reminded of it until when, and why: to those who work on it."""
    if not item.may:
        return []
    with desk.store.read() as tx:
        found = reminders.snoozed(tx, today, item.row.id)
    lines: list[Line] = []
    for one in found:
        said = Span(f" {wording.cut(one.reason, 200)}", marking=one.marking)
        lines.append((bold("Reminders snoozed: "), Span(f"until {british(one.until)}, by {one.who}."), said))
    return [say_lines(*lines)] if lines else []


def _away(row: Row, today: date) -> str:
    days = deadlines.overdue_days(row.facts, today)
    return f"{count(days, 'day')} late" if days else days_away(deadlines.days_until(row.facts, today) or 0)


def _why(desk: Desk, row: Row, today: date) -> str:
    colour, reason = deadlines.why(row.facts, today, desk.limits)
    sentence = {
        "off_track": f"it was declared off track: {row.off_track}",
        "waits": f"it waits on {wording.waits_on(row)}",
        "overdue": "its due date has passed",
        "due_soon": f"it is due in the next {desk.limits.due_soon} days",
        "stale": f"it has had no update for {deadlines.stale_days(row.facts, today)} days",
        "no_date": "it has no date",
        "extended": f"the target date was moved {_times(row.extensions)}",
    }.get(reason)
    return f"{wording.COLOUR[colour]} because {sentence.rstrip('.')}." if sentence else ""


def _times(number: int) -> str:
    return "twice" if number == 2 else f"{number} times"


def _quote(item: Whole) -> tuple[Quote, ...]:
    text = item.item["text"]
    shown = wording.cut(text, TEXT_SHOWN) if len(text) > TEXT_SHOWN else text
    return (Quote(Span(shown, marking=item.row.marking)),) if text else ()


def _whole_text(item: Whole, page: int) -> Card:
    """The item's own words, all of them, character for character, a few thousand a page."""
    text, reference, mine = item.item["text"], item.row.reference, item.row.marking
    pages = max(1, -(-len(text) // TEXT_A_PAGE))
    page = max(1, min(page, pages))
    part = text[(page - 1) * TEXT_A_PAGE : page * TEXT_A_PAGE]
    quotes = tuple(Quote(Span(part[n : n + QUOTED], marking=mine)) for n in range(0, len(part), QUOTED))
    buttons = [Button("Back", f"show {reference}: text {page - 1}", f"Back to page {page - 1}")] if page > 1 else []
    buttons += [Button("More", f"show {reference}: text {page + 1}", f"More: page {page + 1}")] if page < pages else []
    head = Heading(Span(f"{reference}: the whole text"))
    which = say_lines((Span(f"Page {page} of {pages}, {len(text):,} characters."),))
    shown = Buttons((*buttons, wording.details_button(reference)))
    return Card(f"{reference}: the whole text", (head, which, Text(quotes), shown, Note(((Span(mine),),))))


def _facts(item: Whole) -> tuple[Line, ...]:
    it, report, mine = item.item, item.report, item.row.marking
    lines: list[Line] = []
    if it["target_date"]:
        was = wording.joined([british(d) for d in item.past_targets], "then")
        slipped = wording.slipped(it)
        shown = british(it["target_date"]) + (f" (was {was})" if was else "") + (f", {slipped}" if slipped else "")
        lines.append((bold("Target date: "), Span(shown)))
    if it["inspectorate_deadline"] or it["deadline_wording"]:
        lines.append((bold("Inspectorate deadline: "), Span(_deadline(item), marking=mine)))
    if it["forecast_date"]:
        lines.append((bold("Forecast date: "), Span(british(it["forecast_date"]))))
    lines.append((bold("Owner: "), Span(_owner(item))))
    lead = ", ".join(w for w in (item.lead, it["board"]) if w)
    lines += [(bold("Lead: "), Span(lead))] if lead else []
    lines += [(bold("Objectives: "), Span(it["objective"]))] if it["objective"] else []
    published = british(report["published_on"]) if report["published_on"] else ""
    told_ = (f"{report['code']} {report['title']}", published, wording.KIND[it["kind"]].lower())
    source = ", ".join(w for w in told_ if w)
    lines.append((bold("From: "), Span(source)))
    lines += [(bold("Under: "), Span(item.parent))] if item.parent else []
    return (*lines, *_ends(item))


def _ends(item: Whole) -> list[Line]:
    """The force's end and the inspectorate's closure: two facts, each with its own date, never merged."""
    it, row = item.item, item.row
    closed = str(it["inspectorate_status"])
    lines: list[Line] = []
    if row.status == "complete":
        when = f", {british(it['completed_on'])}" if it["completed_on"] else ""
        lines.append((bold("Force: "), Span(f"complete{when}{_by(item, 'signed_off')}")))
    if row.status == "no_action":
        last = item.decided if item.decided and item.decided.kind == "no_action" else None
        when = f", {british(london_day(last.at))}{_by(item, 'approved')}" if last else ""
        lines.append((bold("Force: "), Span(f"no action{when}")))
    if row.status == "superseded":
        lines.append((bold("Force: "), Span(f"superseded{f' by {item.superseded_by}' if item.superseded_by else ''}")))
    if closed:
        when = f", {british(it['closed_on'])}" if it["closed_on"] else ""
        number = f", its number {it['inspectorate_ref']}" if it["inspectorate_ref"] else ""
        lines.append((bold("Inspectorate: "), Span(f"{wording.INSPECTORATE[closed]}{when}{number}")))
    elif row.status == "complete":
        lines.append((bold("Inspectorate: "), Span("has not closed it")))
    if closed == "closed" and is_open(row.status):
        lines.append((Span("Closed by the inspectorate, and still open with the force."),))
    return lines


def _by(item: Whole, decision: str) -> str:
    last = item.decided
    return f", by {last.who}" if last and last.decision == decision and last.who else ""


def _deadline(item: Whole) -> str:
    day = item.item["inspectorate_deadline"]
    words = item.item["deadline_wording"]
    return ", ".join(w for w in (british(day) if day else "no date", f"“{words}”" if words else "") if w)


def _owner(item: Whole) -> str:
    """Who answers for it, as what, and who may act for them."""
    row = item.row
    owner = row.owner or "no owner"
    owner += f", as {item.post}" if item.post else ""
    owner += f", {wording.AWAY_BESIDE[row.owner_away]}" if row.owner_away else ""
    return f"{owner}; delegate: {wording.joined(item.delegates)}" if item.delegates else owner


def _children(desk: Desk, item: Whole, today: date) -> list[Part]:
    if not item.children and not item.ended:
        return []
    head = f"{_children_called(item)}: {_ended(item)}."
    opened = item.children[:CHILDREN_SHOWN]
    more = len(item.children) - len(opened)
    label = " Open:" if not more else f" Open, the first {CHILDREN_SHOWN} of {len(item.children)}:"
    entries = tuple(_child(desk, row, today) for row in opened)
    lines = Lines(((bold(head + (label if opened else "")),),))
    return [Divider(), Text((lines, Bullets(entries)) if entries else (lines,))]


def _ended(item: Whole) -> str:
    """3 of 5 complete, 1 superseded: only what is complete counts as done."""
    how = Counter(row.status for row in item.ended)
    others = [f"{how[s]} {wording.STATUS[s].lower()}" for s in ("no_action", "superseded") if how[s]]
    return ", ".join([f"{how['complete']} of {len(item.children) + len(item.ended)} complete", *others])


def _children_called(item: Whole) -> str:
    kinds = {row.kind for row in (*item.children, *item.ended)}
    return wording.KINDS[kinds.pop()].capitalize() if len(kinds) == 1 else "Actions" if not kinds else "Under it"


def _child(desk: Desk, row: Row, today: date) -> tuple[Line, ...]:
    first: Line = (bold(row.reference), Span(" "), wording.title_span(row.title, row.marking))
    return (first, wording.row_facts(row, today, desk.limits, owner=True))


def _latest(item: Whole) -> list[Part]:
    """The last update, the pending request and the evidence."""
    pieces: list[Lines | Quote | Bullets] = []
    mine = item.row.marking
    if item.last:
        who = (
            bold("Last update: "),
            Span(f"{british(london_day(item.last.at))}, {item.last.who}"),
        )
        pieces += [Lines((who,)), Quote(Span(item.last.words, marking=mine))]
    elif item.item["last_update_on"]:
        pieces.append(Lines(((bold("Last update: "), Span(british(item.item["last_update_on"]))),)))
    if item.request:
        pieces += _request(item)
    elif item.evidence:
        pieces.append(Lines(((bold("Evidence: "), *proofs(item.evidence, mine)),)))
    if item.row.status == "no_action" and item.decided and item.decided.kind == "no_action":
        pieces += [Lines(((bold("Reason: "),),)), Quote(Span(item.decided.asked, marking=mine))]
    shown = item.request.evidence if item.request else item.evidence
    return [Divider(), Text(tuple(pieces)), *offers.downloads(item, shown)] if pieces else []


ASKED = {"sign_off": "Sign-off", "extend": "Extension", "no_action": "No action"}


def _request(item: Whole) -> list[Lines | Quote | Bullets]:
    asked, mine = item.request, item.row.marking
    assert asked is not None
    until = f" to {british(asked.proposed)}" if asked.proposed else ""
    who = f"{asked.asker}, {moment(asked.asked_at)}. The DCC decides; until then it counts as open."
    lines: list[Line] = [(bold(f"{ASKED[asked.kind]}{until} asked for by: "), Span(who))]
    evidence = (Lines(((bold("Evidence: "), *proofs(asked.evidence, mine)),)),) if asked.evidence else ()
    return [Lines(tuple(lines)), Quote(Span(asked.words, marking=mine)), *evidence]


def proofs(evidence: list[Proof], mine: str) -> Line:
    """Links as links, files by name and size; numbered where there is a file, as `download` asks for its number."""
    line: Line = ()
    for one in proof_lines(evidence, mine):
        line = (*line, *((Span(", "),) if line else ()), *one)
    return line


def proof_lines(evidence: list[Proof], mine: str) -> list[Line]:
    """The same, a piece a line."""
    counted = any(not one.link for one in evidence) and evidence[-1].number > 1
    return [((Span(f"{one.number}. "), _proof(one, mine)) if counted else (_proof(one, mine),)) for one in evidence]


def _proof(one: Proof, mine: str) -> Span:
    if one.link:
        return Span(wording.cut(one.link, 80), "link", one.link, mine)
    return Span(f"{wording.cut(one.name, 80)} ({wording.size(one.size)})", marking=mine)


def _buttons(item: Whole) -> Buttons:
    reference = item.row.reference
    more = [Button("History", f"history {reference}", f"History of {reference}")]
    if len(item.item["text"]) > TEXT_SHOWN:
        more.append(Button("Whole text", f"show {reference}: text", f"Whole text of {reference}"))
    return offers.buttons(item, *more)
