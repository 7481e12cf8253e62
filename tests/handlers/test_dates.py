"""The dates people type: what is read, what is refused, and that every form of a day leads back to it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.dates import MONTHS, WEEKDAYS, DoubtfulDate, read_date

MONDAY = date(2026, 11, 23)

READ = [
    ("2027-04-03", date(2027, 4, 3)),
    (" 2027-04-03. ", date(2027, 4, 3)),
    ("3/4/2027", date(2027, 4, 3)),
    ("03/04/2027", date(2027, 4, 3)),
    ("3/4/27", date(2027, 4, 3)),
    ("3/4/99", date(2099, 4, 3)),
    ("3.4.2027", date(2027, 4, 3)),
    ("03.04.27", date(2027, 4, 3)),
    ("3-4-2027", date(2027, 4, 3)),
    ("3/4", date(2027, 4, 3)),
    ("3 Apr 2027", date(2027, 4, 3)),
    ("3 April, 2027", date(2027, 4, 3)),
    ("3 APR. 27", date(2027, 4, 3)),
    ("3-Apr-2027", date(2027, 4, 3)),
    ("3-apr-27", date(2027, 4, 3)),
    ("3apr", date(2027, 4, 3)),
    ("3rd of April", date(2027, 4, 3)),
    ("the 3rd of April 2027", date(2027, 4, 3)),
    ("3 april", date(2027, 4, 3)),
    ("3\u00a0april", date(2027, 4, 3)),
    ("1 sept", date(2027, 9, 1)),
    ("29 February", date(2028, 2, 29)),
    ("23 November", MONDAY),
    ("22 November", date(2027, 11, 22)),
    ("Saturday 3 April 2027", date(2027, 4, 3)),
    ("Sat, 3 Apr", date(2027, 4, 3)),
    ("3/11/2019", date(2019, 11, 3)),
    ("yesterday", date(2026, 11, 22)),
    ("today", MONDAY),
    ("Tomorrow", date(2026, 11, 24)),
    ("friday", date(2026, 11, 27)),
    ("Thurs", date(2026, 11, 26)),
    ("sunday", date(2026, 11, 29)),
    ("monday", date(2026, 11, 30)),
    ("in 3 days", date(2026, 11, 26)),
    ("in 1 day", date(2026, 11, 24)),
    ("in a week", date(2026, 11, 30)),
    ("in 3 weeks", date(2026, 12, 14)),
    ("in 3 months", date(2027, 2, 23)),
    ("in 14 months", date(2028, 1, 23)),
    ("end of month", date(2026, 11, 30)),
    ("the end of the month", date(2026, 11, 30)),
    ("end of november", date(2026, 11, 30)),
    ("end of march", date(2027, 3, 31)),
    ("end of march 2028", date(2028, 3, 31)),
    ("end of february 28", date(2028, 2, 29)),
]

REFUSED = [
    "",
    "   ",
    "12",
    "2027",
    "2027-04",
    "2027-4-3",
    "2027-02-29",
    "2027/04/03",
    "20270403",
    "46349",
    "46349.5",
    "31 February",
    "31 February 2028",
    "31/2/2027",
    "31/4",
    "0/4/2027",
    "13/25/2027",
    "12/31/2026",
    "3/4/202",
    "3/4.2027",
    "3.4",
    "03-04-05",
    "3/4/2027 or 4/4/2027",
    "3 Apr 2027 12:00",
    "3 April 3/4/2027",
    "Sunday 3 April 2027",
    "Friday 3 April",
    "april",
    "april 27",
    "April 3",
    "32 april",
    "3 avril",
    "next friday",
    "friday week",
    "next week",
    "soon",
    "in some days",
    "in -3 days",
    "in 3",
    "in 99999 months",
    "in 99999 weeks and a day",
    "end of",
    "end of the year",
    "3/4/0027",
    "٣/٤/٢٠٢٧",
    "\ud800",
    "\x00",
    "x" * 5000,
]


@pytest.mark.parametrize(("typed", "day"), READ)
def test_what_is_plain_is_read(typed: str, day: date) -> None:
    assert read_date(typed, MONDAY) == day


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_doubtful_is_refused_in_one_sentence_with_examples(typed: str) -> None:
    with pytest.raises(DoubtfulDate) as refused:
        read_date(typed, MONDAY)
    sentence = refused.value.sentence
    assert sentence.endswith("such as 3 Apr 2027, 3/4/2027 or 2027-04-03.")
    assert "\n" not in sentence and len(sentence) < 220


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("31 February", "“31 February” is not a day in the calendar: "),
        ("12/31/2026", "“12/31/2026” has the month before the day: "),
        ("next friday", "“next friday” may be 27 Nov 2026 or 4 Dec 2026: "),
        ("Sunday 3 April 2027", "since 3 Apr 2027 is a Saturday: "),
        ("12", "“12” cannot be read as one day for certain: "),
        ("in 3 working days", "counts working days, which are not known here: "),
    ],
)
def test_the_sentence_names_what_is_wrong(typed: str, said: str) -> None:
    with pytest.raises(DoubtfulDate) as refused:
        read_date(typed, MONDAY)
    assert said in refused.value.sentence


def test_the_examples_lie_ahead() -> None:
    with pytest.raises(DoubtfulDate, match="3 Apr 2026, 3/4/2026 or 2026-04-03"):
        read_date("soon", date(2026, 4, 3))


def test_a_month_that_is_too_short_ends_on_its_last_day() -> None:
    assert read_date("in 1 month", date(2027, 1, 31)) == date(2027, 2, 28)
    assert read_date("in a month", date(2026, 12, 31)) == date(2027, 1, 31)


def test_working_days_are_counted_by_whoever_knows_them() -> None:
    asked: list[tuple[date, int]] = []

    def working_day(day: date, number: int) -> date:
        asked.append((day, number))
        return date(2026, 12, 29)

    assert read_date("in 3 working days", MONDAY, working_day=working_day) == date(2026, 12, 29)
    assert asked == [(MONDAY, 3)]


def forms(day: date) -> list[str]:
    """Every way of writing a day with its year."""
    name = MONTHS[day.month - 1]
    return [
        day.isoformat(),
        f"{day.day}/{day.month}/{day.year}",
        f"{day.day:02}/{day.month:02}/{day.year:04}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day}-{day.month}-{day.year}",
        f"{day.day} {name} {day.year}",
        f"{day.day} {name[:3].lower()} {day.year}",
        f"{day.day:02}-{name[:3]}-{day.year}",
        f"{day.day}th of {name.upper()} {day.year}",
        f"{WEEKDAYS[day.weekday()]} {day.day} {name} {day.year}",
    ]


@given(st.dates(date(1900, 1, 1), date(9999, 12, 31)), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_every_form_of_a_day_leads_back_to_it_whatever_day_it_is(day: date, today: date) -> None:
    assert {read_date(form, today) for form in forms(day)} == {day}


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_two_figure_years_are_of_this_century(day: date) -> None:
    typed = [f"{day.day}/{day.month}/{day:%y}", f"{day.day}.{day.month}.{day:%y}", f"{day.day} {day:%b %y}"]
    assert {read_date(t, MONDAY) for t in typed} == {day}


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 364))
def test_without_a_year_it_is_the_next_such_day(today: date, ahead: int) -> None:
    day = today + timedelta(days=ahead)
    assert read_date(f"{day.day} {MONTHS[day.month - 1]}", today) == day
    assert read_date(f"{day.day}/{day.month}", today) == day


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 7))
def test_a_weekday_is_the_next_one_after_today(today: date, ahead: int) -> None:
    day = today + timedelta(days=ahead)
    assert read_date(WEEKDAYS[day.weekday()], today) == day


@given(st.text(max_size=60) | st.from_regex(r"[0-9a-z /.\-]{0,20}", fullmatch=True))
def test_no_words_lead_to_anything_but_a_day_or_a_sentence(typed: str) -> None:
    try:
        said = kind_of(typed)
    except DoubtfulDate as refused:
        said = refused.sentence
    assert said == "a day" or (said.startswith("“") and said.endswith("-04-03."))


def kind_of(typed: str) -> str:
    return "a day" if read_date(typed, MONDAY) else ""
