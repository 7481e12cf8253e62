"""The benchmark runs, its registers are sound, and it notices when ours does not come to the same as the floor."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import registers
from bench.__main__ import main
from bench.timing import Times, compared, same, shown
from storage import history, questions
from storage.questions import Page
from storage.store import open_store

HERE = Path(__file__).resolve().parent.parent


def test_a_quick_benchmark_runs_and_prints_one_table() -> None:
    """Nothing is said here of how long anything took."""
    done = subprocess.run([sys.executable, "-m", "bench", "--quick"], cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    table = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    for name in (
        "`overdue`",
        "`mine`",
        "growth",
        "update by form",
        "flushes",
        "cold start",
        "50 blocks",
        "Teams: card of 50 rows",
        "Teams: `mine` written",
        "Teams: `mine` pressed",
        "Slack's `mine` with Teams set up",
        "HTTP mode",
        "digest over",
        "rows come in",
    ):
        assert any(name in line for line in table), name


@pytest.mark.parametrize("wrong", ["a row is missing", "two rows have changed places", "the count is off by one"])
def test_rows_that_are_not_the_floors_end_with_1(
    wrong: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = questions.listed

    def listed(*given: Any, **more: Any) -> Page:
        page = real(*given, **more)
        first, second, *rest = page.rows
        changed = {
            "a row is missing": page._replace(rows=[first, *rest]),
            "two rows have changed places": page._replace(rows=[second, first, *rest]),
            "the count is off by one": page._replace(total=page.total + 1),
        }
        return changed[wrong]

    monkeypatch.setattr(questions, "listed", listed)
    assert main(["--quick"]) == 1
    told = capsys.readouterr()
    assert "do not come to the same" in told.err
    assert "|" not in told.out


def test_a_register_made_for_the_benchmark_verifies(tmp_path: Path) -> None:
    path = tmp_path / "bench.db"
    registers.make(path, 120)
    store = open_store(registers.url(path), registers.clock)
    faults, head = history.verify(store)
    store.close()
    assert faults == []
    assert head.seq > 120


def test_a_missed_target_is_said_and_is_no_failure() -> None:
    line = compared("something", Times(0.001, 0.0021), 2.0)
    assert (line.verdict, line.figure, line.target) == ("MISSED", "2.10×", "≤ 2×")
    assert compared("something", Times(0.001, 0.002), 2.0).verdict == "held"
    same("nothing", [1], [1])


@pytest.mark.parametrize(
    ("seconds", "said"), [(1.5, "1.5 s"), (0.0123, "12.3 ms"), (0.000236, "236 µs"), (0.00099999, "1 ms")]
)
def test_times_are_shown_with_three_figures(seconds: float, said: str) -> None:
    assert shown(seconds) == said
