"""The section 55 clock: the day of publication is day 1 of 56, and which reports have a clock at all."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.rules import section55
from storage.rules.section55 import ReportFacts


@pytest.mark.parametrize(
    ("published", "last"),
    [
        (date(2019, 10, 24), date(2019, 12, 18)),
        (date(2022, 11, 2), date(2022, 12, 27)),
        (date(2024, 7, 11), date(2024, 9, 4)),
        (date(2027, 2, 28), date(2027, 4, 24)),
        (date(2028, 1, 31), date(2028, 3, 26)),
    ],
)
def test_the_last_day(published: date, last: date) -> None:
    assert section55.last_day(published) == last
    assert section55.days_left(published, last) == 0
    assert section55.days_left(published, published) == 55


def test_the_letter_of_24_february_2020_was_68_days_late() -> None:
    assert section55.days_left(date(2019, 10, 24), date(2020, 2, 24)) == -68


@given(st.dates(date(1996, 1, 1), date(2100, 1, 1)))
def test_56_days_counting_the_first(published: date) -> None:
    period = [published + timedelta(days=n) for n in range(56)]
    assert section55.last_day(published) == period[-1]


def report(**more: object) -> ReportFacts:
    plain: dict[str, object] = {
        "source": "HMICFRS",
        "inspected_body": "police",
        "section_55": "",
        "published_on": date(2026, 10, 2),
        "registered_on": date(2026, 10, 5),
        "comments_published_on": None,
        "anything_recorded": False,
    }
    return ReportFacts(**{**plain, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "owed"),
    [
        (report(), True),
        (report(source=" hmic "), True),
        (report(source="HMICFRS", inspected_body="fire"), False),
        (report(source="Internal audit", inspected_body="other"), False),
        (report(source="IOPC", inspected_body="police"), False),
        (report(source="IOPC", section_55="required"), True),
        (report(inspected_body="fire", section_55="required"), True),
        (report(section_55="not_required"), False),
        (report(published_on=None), False),
        (report(published_on=None, section_55="required"), False),
    ],
)
def test_which_reports_owe_comments(facts: ReportFacts, owed: bool) -> None:
    assert section55.owed(facts) is owed
    assert section55.running(facts) is owed


@pytest.mark.parametrize(
    ("facts", "running", "not_recorded"),
    [
        (report(comments_published_on=date(2026, 11, 20), anything_recorded=True), False, False),
        (report(published_on=date(2019, 10, 24)), False, True),
        (report(published_on=date(2019, 10, 24), anything_recorded=True), True, False),
        (report(published_on=date(2026, 8, 11), registered_on=date(2026, 10, 5)), True, False),
        (report(published_on=date(2026, 8, 10), registered_on=date(2026, 10, 5)), False, True),
    ],
)
def test_an_old_report_of_which_nothing_is_recorded_has_no_running_clock(
    facts: ReportFacts, running: bool, not_recorded: bool
) -> None:
    assert section55.running(facts) is running
    assert section55.not_recorded(facts) is not_recorded


@pytest.mark.parametrize(
    ("given_", "source", "body"),
    [
        ("", "HMICFRS", "police"),
        ("", "hmic", "police"),
        ("", "Internal audit", "other"),
        ("fire", "HMICFRS", "fire"),
        ("police", "IOPC", "police"),
    ],
)
def test_the_inspected_body_when_a_file_does_not_say(given_: str, source: str, body: str) -> None:
    assert section55.inspected_body(given_, source) == body
