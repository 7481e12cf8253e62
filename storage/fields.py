"""Which columns of an item and of a report are facts of the record, and what is derived from them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from storage.rules import deadlines, lifecycle, references

LONDON = ZoneInfo("Europe/London")

ITEM_DATES = frozenset(
    {
        "inspectorate_deadline",
        "target_date",
        "original_target_date",
        "forecast_date",
        "last_update_on",
        "completed_on",
        "closed_on",
    }
)
ITEM_FIELDS = (
    "reference",
    "report_id",
    "parent_id",
    "kind",
    "number",
    "title",
    "text",
    "status",
    "scope",
    "addressee",
    "marking",
    "deadline_wording",
    "inspectorate_deadline",
    "target_date",
    "original_target_date",
    "forecast_date",
    "off_track",
    "external_dependency",
    "waiting_on",
    "inspectorate_ref",
    "inspectorate_status",
    "board",
    "objective",
    "owner_id",
    "lead_id",
    "post_id",
    "superseded_by_id",
    "delegates",
    "extensions",
    "moves",
    "last_update_on",
    "completed_on",
    "closed_on",
    "brought_in_ended",
)
REPORT_DATES = frozenset(
    {
        "published_on",
        "chief_officer_comments_due",
        "comments_requested_on",
        "comments_received_on",
        "comments_published_on",
        "copied_to_inspectorate_on",
        "copied_to_home_secretary_on",
        "inspected_on",
    }
)
REPORT_FIELDS = (
    "code",
    "title",
    "source",
    "published_on",
    "inspected_body",
    "section_55",
    "chief_officer_comments_due",
    "comments_requested_on",
    "comments_received_on",
    "comments_published_on",
    "copied_to_inspectorate_on",
    "copied_to_home_secretary_on",
    "inspected_on",
)
EMPTY: tuple[Any, ...] = (None, "", 0, False)

Plain = str | int | None


def plain(value: Any) -> Plain:
    """A field's value as the ledger keeps it: text, a number, or None for what is not set; dates in ISO."""
    if value in EMPTY:
        return None
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


def restored(field: str, value: Plain) -> Any:
    """The value that `plain` was given."""
    if field in ITEM_DATES or field in REPORT_DATES:
        return None if value is None else date.fromisoformat(str(value))
    if field in {"owner_id", "lead_id", "parent_id", "report_id", "post_id", "superseded_by_id"}:
        return value
    if field in {"extensions", "moves"}:
        return value or 0
    return bool(value) if field == "brought_in_ended" else (value or "")


def differences(fields: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Field -> (before, after), in the ledger's form, for the fields that differ."""
    pairs = {f: (plain(before.get(f)), plain(after.get(f, before.get(f)))) for f in fields}
    return {f: pair for f, pair in pairs.items() if pair[0] != pair[1]}


def london_day(instant: datetime) -> date:
    """The Europe/London calendar day of an instant."""
    return instant.astimezone(LONDON).date()


def derived(item: Mapping[str, Any], created_at: datetime) -> dict[str, Any]:
    """What is stored beside the facts so that lists can filter and sort by it."""
    due = deadlines.due(item.get("target_date"), item.get("inspectorate_deadline"))
    reference = item["reference"]
    return {
        "reference_key": references.key(reference),
        "sort_key": references.natural(reference),
        "folded": references.folded("\n".join((reference, item.get("title", ""), item.get("text", "")))),
        "open": lifecycle.is_open(item["status"]),
        "due": due,
        "due_order": due or deadlines.FAR,
        "quiet_since": item.get("last_update_on") or london_day(created_at),
    }


def ties(item: Mapping[str, Any]) -> set[tuple[int, str]]:
    """Who is what to an item, as its own columns say it: (person id, `owner`, `delegate` or `lead`)."""
    those = {(int(n), "delegate") for n in item["delegates"].split(";") if n}
    those |= {(item["owner_id"], "owner")} if item["owner_id"] else set()
    return those | ({(item["lead_id"], "lead")} if item["lead_id"] else set())


def facts_of(item: Mapping[str, Any]) -> deadlines.Facts:
    """What the colour of an item is derived from, of a whole row; lists read the same from their columns."""
    waits = item["external_dependency"] == "yes" or bool(item["waiting_on"])
    return deadlines.Facts(
        item["status"], item["due"], item["off_track"], waits, item["quiet_since"], item["extensions"]
    )
