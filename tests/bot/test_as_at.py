"""`export --as-at`: the register at the end of a London day, today as it stands, and days that are none."""

import pytest

from tests.bot.conftest import Station


@pytest.mark.parametrize("form", ["csv", "json"])
def test_as_at_today_is_the_plain_export(station: Station, form: str) -> None:
    plain = station("export", "--format", form)
    today = station("export", "--format", form, "--as-at", "23 Nov 2026")
    assert (today.status, today.err) == (0, "")
    if form == "csv":
        assert today.out == plain.out
    else:
        assert {**today.json, "as_at": ""} == {**plain.json, "as_at": ""}  # the clock goes on


def test_as_at_the_day_before_the_first_there_is_nothing(station: Station) -> None:
    told = station("export", "--format", "json", "--as-at", "2026-10-01").json
    assert (told["items"], told["reports"], told["events"]) == ([], [], [])
    assert told["as_at"].startswith("2026-10-01T23:59:59.999999")
    first = station("export", "--as-at", "2026-10-01").out
    assert first.startswith("\ufeffreference,report_code,")
    assert len(first.splitlines()) == 1


def test_as_at_a_day_that_is_over_tells_it_as_it_stood(station: Station) -> None:
    """Nothing has happened since it was brought in but that time has passed."""
    told = station("export", "--format", "json", "--as-at", "2026-10-02").json
    now = station("export", "--format", "json").json
    assert [item["reference"] for item in told["items"]] == [item["reference"] for item in now["items"]]
    assert told["chain_head"] == now["chain_head"]
    overdue = [sum(item["overdue_days"] > 0 for item in one["items"]) for one in (told, now)]
    assert overdue[0] < overdue[1]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-24", "That day has not come yet. Give today or an earlier day, like 2026-11-23."),
        ("31 February 2026", ""),
        ("1999-12-31", "The register knows the years 2000 to 2099."),
    ],
)
def test_a_day_that_is_none_is_said(station: Station, day: str, said: str) -> None:
    refused = station("export", "--as-at", day)
    assert (refused.status, refused.out, len(refused.faults)) == (1, "", 1)
    assert refused.err.startswith(said)
