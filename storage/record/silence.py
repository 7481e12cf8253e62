"""Silence asked for: an item that its owner does not want to be reminded of until a day, and why."""

from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select

from storage.fields import london_day
from storage.record.change import Actor, Loaded, Plan, Rows, Saved, change
from storage.record.updates import raise_any, words_fault
from storage.refusals import day_shown
from storage.rules import reminders
from storage.store import Store
from storage.tables import SNOOZE


def snooze(store: Store, actor: Actor, reference: str, version: int | None, until: date, reason: str) -> Saved:
    """No reminder of the item before that day; its dates stay, and so does the ladder of those above."""

    def decide(found: Loaded, now: datetime) -> Plan:
        today = london_day(now)
        faults = _day_faults(until, today, _times(found))
        raise_any(faults | words_fault("reason", reason, "Say why; the liaison sees it."))
        told = {"reason": reason.strip(), "until": until.isoformat()}
        return Plan({}, told, (_row(found, actor, until, reason),))

    return change(store, actor, "snooze", reference, version, decide)


def _times(found: Loaded) -> int:
    """How often reminders of it were snoozed for its present due date."""
    due = SNOOZE.c.due.is_(None) if found.item["due"] is None else SNOOZE.c.due == found.item["due"]
    many = select(func.count()).select_from(SNOOZE).where(SNOOZE.c.item_id == found.item["id"], due)
    return int(found.tx.execute(many).scalar_one())


def _day_faults(until: date, today: date, times: int) -> dict[str, str]:
    most = day_shown(date.fromordinal(today.toordinal() + reminders.SNOOZE_MOST))
    said = {
        "past": f"{day_shown(until)} is not ahead. Choose a day after today, {day_shown(today)}.",
        "far": f"{day_shown(until)} is over {reminders.SNOOZE_MOST} days ahead. Choose {most} or earlier.",
        "often": f"It was snoozed {reminders.SNOOZES} times for this due date already. Say in an update how it stands.",
    }
    why = reminders.may_snooze(today, until, times)
    return {"date": said[why]} if why else {}


def _row(found: Loaded, actor: Actor, until: date, reason: str) -> Rows:
    def write(tx: Connection, event: int, at: datetime) -> None:
        row = {"item_id": found.item["id"], "person_id": actor.person.id, "event": event, "at": at}
        tx.execute(insert(SNOOZE).values(**row, until=until, due=found.item["due"], reason=reason.strip()))

    return write
