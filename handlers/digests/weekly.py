"""The weekly digest as a Card: SECTIONS in reading order, exceptions first, "none" said aloud."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from handlers import wording
from handlers.card import (
    Bullets,
    Button,
    Buttons,
    Card,
    Chart,
    Confirm,
    Heading,
    Line,
    Note,
    Part,
    Row,
    Span,
    Text,
    bold,
    code,
    say_lines,
)
from handlers.digests import by_report
from handlers.digests.split import Fits, split
from handlers.wording import british, count, details_button, long_day, moment
from storage.beside import WEEKS, Asked, Beside, Escalated, LastSeen
from storage.fields import LONDON, london_day
from storage.figures import Counted, Figures, Late, Listed, Moved, Waiting
from storage.rules.deadlines import Thresholds

FIRST = 5
IN_A_LINE = 4
ROWS = 3
IN_A_ROW = 5
QUIET_FROM = 7
WEEKS_AT_LEAST = 3
NAMED = 3
FOOT = 2  # the buttons, and when it was counted
LOOKED_AT = Beside()
NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


def card(
    figures: Figures, limits: Thresholds, slash: str, beside: Beside = LOOKED_AT, *, late: datetime | None = None
) -> Card:
    """The digest of these figures; `late` is when it was due, for one that is sent after its time."""
    day = london_day(figures.end)
    opening = say_lines(*_opening(figures, late), *_seen(beside.last))
    parts: list[Part] = [Heading(Span(f"Weekly digest, {long_day(day)}")), opening]
    sections = [section(figures, beside) for section in SECTIONS] + _approvals(beside)
    one_line = [_short(figures, limits, part) for part in LINES]
    nothing = [title for title, body in sections if not body]
    if len(nothing) >= len(sections) - 1 and len(nothing) + sum(not e for _, e in one_line) >= QUIET_FROM:
        parts += _quiet(sections, one_line)
    else:
        parts += _full(sections, one_line)
    parts += [*_chart(figures, beside), _buttons(figures, limits, beside), _footer(figures, slash)]
    return Card(_subject(figures, day), tuple(parts), private=False)


def cards(
    figures: Figures, limits: Thresholds, slash: str, beside: Beside, fits: Fits, *, late: datetime | None = None
) -> tuple[Card, ...]:
    """The digest and what follows in its thread: whatever is too long for one message, then each report."""
    whole = card(figures, limits, slash, beside, late=late)
    reports = by_report.card(figures, beside)
    return (*split(whole, fits, foot=FOOT), *(split(reports, fits) if reports else ()))


Section = tuple[str, list[Part]]


def _full(sections: list[Section], one_line: list[tuple[str, Line]]) -> list[Part]:
    parts: list[Part] = []
    for title, body in sections:
        parts += [Heading(Span(title)), *body] if body else [say_lines((bold(f"{title}: "), Span("none")))]
    return [*parts, Heading(Span("Coming up, and gone quiet")), _lines(one_line)]


def _quiet(sections: list[Section], one_line: list[tuple[str, Line]]) -> list[Part]:
    """When nearly all are none, one heading holds them."""
    said = [part for title, body in sections if body for part in (Heading(Span(title)), *body)]
    none: list[tuple[str, Line]] = [(title, ()) for title, body in sections if not body]
    return [*said, Heading(Span("A quiet week")), _lines(none + one_line)]


def _lines(entries: list[tuple[str, Line]]) -> Text:
    shown = tuple(
        ((bold(f"{title}. " if rest else f"{title}: "), *(rest or (Span("none"),))),) for title, rest in entries
    )
    return Text((Bullets(shown),))


def _subject(figures: Figures, day: date) -> str:
    """The notification: open, then the worst; at most 100 characters."""
    late = f"{len(figures.overdue)} overdue" if figures.overdue else "none overdue"
    words = [f"{figures.open} open", late]
    words += [f"{len(figures.pending)} to sign off"] if figures.pending else []
    behind = [c.code for c in figures.section_55 if c.days_left < 0]
    words += [f"section 55 late on {wording.joined(behind)}"] if behind else []
    words += [] if len(words) > 2 or figures.overdue else ["nothing waits for you"]
    return wording.cut(f"Weekly digest, {british(day)}: {', '.join(words)}", 100)


def _opening(figures: Figures, late: datetime | None) -> tuple[Line, ...]:
    move = figures.movement
    change = move.closing - move.opening
    than = f"{abs(change)} {'more' if change > 0 else 'fewer'} than" if change else "the same as"
    lead = f", {than} {_since(figures)}"
    adds = f"{move.opening} + {move.new} new + {move.reopened} reopened − {move.ended} ended = {move.closing}"
    colours: Line = ()
    for colour in ("red", "amber", "white", "green"):
        mark = Span(wording.COLOUR[colour], "colour")
        colours = (*colours, mark, Span(f" {figures.colours[colour]}   "))
    lines: list[Line] = [(bold(f"{figures.open} open"), Span(f"{lead}: {adds}.")), colours]
    if figures.brought_in_ended:
        lines.append((Span(f"Brought in already ended: {len(figures.brought_in_ended)}."),))
    if figures.by_import:
        who = wording.joined(figures.importers)
        lines.append((Span(f"Changed or brought in by import, by {who}: {count(len(figures.by_import), 'item')}."),))
    if late:
        lines.append((bold("Sent late. "), Span(f"It was due {moment(late)}, and counts as at then.")))
    return tuple(lines)


def _seen(last: LastSeen | None) -> tuple[Line, ...]:
    """Who saw the digest before this one, and when, or that nobody said so."""
    if last is None:
        return ()
    digest = f"the digest of {british(london_day(last.due))}"
    if not last.by:
        return ((Span(f"Nobody has said that they saw {digest}."),),)
    who = [f"{wording.name(name)} on {british(london_day(at))}" for name, at in last.by[:NAMED]]
    who += ["others"] if len(last.by) > NAMED else []
    return ((Span(f"{digest[0].upper()}{digest[1:]} was seen by {wording.joined(who)}."),),)


def _since(figures: Figures) -> str:
    days = (london_day(figures.end) - london_day(figures.start)).days
    return "a week ago" if days == 7 else f"on {british(london_day(figures.start))}"


def _first(total: int, shown: int) -> str:
    return f"{total}, the first {NUMBERS[shown]}" if total > shown else str(total)


# --- sections -------------------------------------------------------------------------------------------------------


def _overdue(figures: Figures, beside: Beside) -> Section:
    if not figures.overdue:
        return "Overdue", []
    entries = tuple(_late(late, beside.escalated.get(late.item.id)) for late in figures.overdue[:FIRST])
    title = f"Overdue: {_first(len(figures.overdue), FIRST)}"
    return title, [Text((Bullets(entries),)), *_rest(len(figures.overdue), FIRST, "overdue")]


def _rest(total: int, shown: int, words: str) -> list[Part]:
    """How to see those that are not shown."""
    return [Note(((Span(f"{total - shown} more: "), code(words)),))] if total > shown else []


def _late(late: Late, escalated: Escalated | None) -> tuple[Line, ...]:
    item = late.item
    head: Line = (bold(item.reference), Span(" "), _title(item))
    facts = f" · {count(late.days, 'day')} late · {wording.name(item.owner)}."
    kind = wording.KIND[item.kind] if "cause" in item.kind else ""
    waits = f"Waits on {wording.cut(item.waiting_on, 40) or 'another body'}." if item.facts.waits else ""
    reason = wording.cut(late.reason, 140).rstrip(".") + "."
    reason = "" if waits and reason == "No reason given." else reason
    words = " ".join(w for w in (f"{kind}." if kind else "", waits, reason) if w)
    told = Span(f" {words}", marking=item.marking)
    return (head, (Span(wording.COLOUR[item.colour], "colour"), Span(facts), told, *_escalated(escalated)))


def _escalated(told: Escalated | None) -> Line:
    if told is None:
        return ()
    since = f"to the lead on {british(told.to_lead)}" if told.to_lead else f"on {british(told.to_dcc)}"
    return (Span(f" Escalated {since}."),)


def _title(item: Counted) -> Span:
    return wording.title_span(item.title, item.marking)


def _section_55(figures: Figures, beside: Beside) -> Section:
    clocks = figures.section_55
    not_recorded = figures.not_recorded
    if not clocks and not not_recorded:
        return "Section 55", []
    entries: list[tuple[Line, ...]] = []
    for clock in clocks[:FIRST]:
        days = count(abs(clock.days_left), "day")
        if clock.days_left < 0:
            line: Line = (bold(clock.code), Span(" comments "), bold(f"{days} late"))
            line = (*line, Span(f", last day was {british(clock.last_day)}"))
        else:
            line = (bold(clock.code), Span(" "), bold(f"{days} left"), Span(f", last day {british(clock.last_day)}"))
        entries.append((line,))
    if len(clocks) > FIRST:
        entries.append(((Span(f"And {len(clocks) - FIRST} more."),),))
    if not_recorded:
        shown = wording.joined(not_recorded[:FIRST]) + (" and others" if len(not_recorded) > FIRST else "")
        entries.append(((bold("Not recorded: "), Span(f"{shown}, whose last day had passed when registered")),))
    title = f"Section 55: {count(len(clocks), 'report')}" if clocks else "Section 55"
    return title, [Text((Bullets(tuple(entries)),))]


def _pending(figures: Figures, beside: Beside) -> Section:
    waiting = figures.pending
    if not waiting:
        return "Pending sign-off", []
    rows: list[Part] = []
    for one in waiting[:ROWS]:
        checked = "evidence checked" if one.checked else "evidence not checked" if one.has_evidence else "no evidence"
        who = wording.name(one.asker or one.item.owner)
        facts: Line = (Span(f"{who} · {checked}"),)
        rows.append(Row(one.item.reference, _title(one.item), facts, _decide(one, who)))
    total = len(waiting)
    title = f"Pending sign-off: {total}, the oldest {NUMBERS[ROWS]}" if total > ROWS else f"Pending sign-off: {total}"
    return title, [*rows, *_rest(total, ROWS, "list status:pending_sign_off")]


def _decide(one: Waiting, who: str) -> Button:
    """The DCC signs off where the evidence was checked, and is asked once more; else looks at the request first."""
    reference = one.item.reference
    if one.asked_at is None:
        return details_button(reference)
    if not one.checked:
        return Button("Details", f"pending {reference}", f"Sign-off request {reference}")
    then = "The force's word will be that it is complete."
    ask = Confirm(f"Sign off {reference}?", f"Asked by {who}. {then}", "Sign off")
    return Button("Sign off", f"sign off {reference} v{one.item.version}", f"Sign off {reference}", confirm=ask)


def _moved(figures: Figures, beside: Beside) -> Section:
    moves = figures.dates_moved
    if not moves:
        return "Dates moved this week", []
    entries = tuple((_move(m),) for m in moves[:FIRST])
    more = [Note(((Span(f"{len(moves) - FIRST} more moved; their cards say from when to when."),),))]
    title = f"Dates moved this week: {_first(len(moves), FIRST)}"
    return title, [Text((Bullets(entries),)), *(more if len(moves) > FIRST else [])]


def _move(moved: Moved) -> Line:
    if moved.after is None:
        told = f" from {british(moved.before)}, and has no date now"
    else:
        days = (moved.after - moved.before).days
        told = f" from {british(moved.before)} to {british(moved.after)}, {count(days, 'day')}"
    why = "By import." if moved.by_import else wording.cut(moved.reason, 140).rstrip(".") + "."
    which = f", {wording.nth(moved.ever)} move. "
    return (bold(moved.item.reference), Span(told + which), Span(why, marking=moved.item.marking))


SECTIONS: tuple[Callable[[Figures, Beside], Section], ...] = (_overdue, _section_55, _pending, _moved)


def _approvals(beside: Beside) -> list[Section]:
    """What the DCC may approve; a week in which nobody asks for anything has no such section."""
    asked, total = beside.asked, len(beside.asked)
    if not asked:
        return []
    rows: list[Part] = [_request(one) for one in asked[:ROWS]]
    oldest = f", the oldest {NUMBERS[ROWS]}" if total > ROWS else ""
    return [(f"Waiting for approval: {total}{oldest}", [*rows, *_rest(total, ROWS, "pending")])]


def _request(one: Asked) -> Row:
    """The DCC approves here and is asked once more; to refuse takes a reason, and is done from the request."""
    item, who = one.item, wording.name(one.asker)
    what = f"new date {british(one.proposed)}" if one.proposed else "no action"
    why = Span(f" · {wording.cut(one.words, 100)}", marking=item.marking)
    facts: Line = (Span(f"{what} · {who}"), why)
    then = f"Its target date becomes {british(one.proposed)}." if one.proposed else "It ends with no action."
    ask = Confirm(f"Approve {item.reference}?", f"Asked by {who}. {then}", "Approve")
    say = f"approve {item.reference} v{item.version}"
    button = Button("Approve", say, f"Approve {item.reference}", confirm=ask)
    return Row(item.reference, _title(item), facts, button)


# --- one line each --------------------------------------------------------------------------------------------------


def _short(figures: Figures, limits: Thresholds, part: str) -> tuple[str, Line]:
    chosen: dict[str, tuple[str, Listed[Any], Callable[..., Line]]] = {
        "due_soon": (f"Due in the next {limits.due_soon} days", figures.due_soon, _dated),
        "off_track": ("Off track", figures.off_track, _with_reason),
        "awaiting_allocation": ("Awaiting allocation", figures.awaiting_allocation, _plain),
        "stale": ("Stale", figures.stale, _plain),
        "disputed": ("Disputed", figures.disputed, _plain),
    }
    title, items, words = chosen[part]
    if not items:
        return title, ()
    line = _quiet_days(figures) if part == "stale" else words(items[:IN_A_LINE], london_day(figures.end))
    more = f", and {len(items) - IN_A_LINE} more" if len(items) > IN_A_LINE else ""
    return f"{title}: {len(items)}".rstrip(), (Span(""), *line, *((Span(more),) if more else ()))


def _plain(items: Sequence[Counted], day: date) -> Line:
    return (Span(", ".join(i.reference for i in items)),)


def _dated(items: Sequence[Counted], day: date) -> Line:
    """Days with their references: today PEEL25-A7; 27 Nov 2026 PEEL25-A9."""
    by_day: dict[date | None, list[str]] = {}
    for item in items:
        by_day.setdefault(item.facts.due, []).append(item.reference)
    shown = [f"{_when(due, day)} {', '.join(refs)}" for due, refs in by_day.items()]
    text = ". ".join(shown)
    return (Span(text),)


def _when(due: date | None, day: date) -> str:
    return "Today" if due == day else british(due) if due else ""


def _with_reason(items: Sequence[Counted], day: date) -> Line:
    line: Line = ()
    for number, item in enumerate(items):
        reason = f" ({wording.cut(item.facts.off_track, 80).rstrip('.')})"
        line = (*line, Span(("; " if number else "") + item.reference), Span(reason, marking=item.marking))
    return line


def _quiet_days(figures: Figures) -> Line:
    shown = [f"{item.reference} {days} days" for item, days in figures.stale[:IN_A_LINE]]
    return (Span(", ".join(shown)),)


LINES = ("due_soon", "off_track", "awaiting_allocation", "stale", "disputed")


def _chart(figures: Figures, beside: Beside) -> list[Part]:
    """Open and overdue in the last weeks; until there are some, open items by colour, then and now.

    That one is left out in a week in which no colour changed.
    """
    if len(beside.weeks) + 1 >= WEEKS_AT_LEAST:
        return [_course(figures, beside)]
    shown = ("red", "amber", "white", "green")
    before, now = (tuple(tally[c] for c in shown) for tally in (figures.colours_before, figures.colours))
    if before == now:
        return []
    first = _since(figures)
    names = tuple(wording.COLOUR[c] for c in shown)
    return [Chart("Open items by colour", names, ((first[0].upper() + first[1:], before), ("Now", now)))]


def _course(figures: Figures, beside: Beside) -> Chart:
    """The years stand in the title."""
    first, last = (london_day(at) for at in (beside.weeks[0].due, figures.end))
    told = [*beside.weeks[-(WEEKS - 1) :], (figures.end, figures.open, len(figures.overdue))]
    days = tuple(f"{london_day(due).day} {london_day(due):%b}" for due, _, _ in told)
    series = (("Open", tuple(n for _, n, _ in told)), ("Overdue", tuple(n for _, _, n in told)))
    return Chart(f"Open and overdue, {british(first)} to {british(last)}", days, series)


def _buttons(figures: Figures, limits: Thresholds, beside: Beside) -> Buttons:
    soon = limits.due_soon
    offered = (
        (figures.overdue, Button("Overdue", "overdue", f"All {len(figures.overdue)} overdue items")),
        (figures.pending, Button("Pending", "list status:pending_sign_off", "All that are pending sign-off")),
        (figures.due_soon, Button(f"Due in {soon} days", f"due {soon}d", f"All due in the next {soon} days")),
        (figures.stale, Button("Stale", f"list stale:{limits.stale}d", "All that have gone quiet")),
        (figures.awaiting_allocation, Button("Not allocated", "list status:awaiting_allocation", "All not allocated")),
    )
    shown = tuple(button for items, button in offered if items) or (Button("Open items", "list", "All open items"),)
    seen = (Button("Seen", f"seen {beside.period}", "Say that you have seen it"),) if beside.period else ()
    every = (*seen, *shown)
    return Buttons(every) if len(every) <= IN_A_ROW else Buttons(every[: IN_A_ROW - 1], every[IN_A_ROW - 1 :])


def _footer(figures: Figures, slash: str) -> Note:
    local = figures.end.astimezone(LONDON)
    counted = (
        f"Counted as at {local:%H:%M} on {british(local.date())} from all {figures.items:,} registered items. Legend: "
    )
    legend = code(wording.typed(slash, "help colours"))
    return Note(((Span(counted), legend), (Span(f"Chain head {figures.chain_head}"),)))
