"""What the log of a running bot holds, at its most talkative: whole JSON lines, no token, no word of an item."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot import logs
from tests.wire.office import Json, Office, until

WORDS = "canary-of-an-update: the third team starts on Monday"
TOKENS = ("xoxb-canary-1234", "xapp-1-canary-5678")
LOUD = ("bot", "handlers", "storage", "apscheduler", "slack_bolt", "waitress", "")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The program's log at DEBUG, as on stderr; what stood before comes back."""
    kept, levels = logging.getLogger().handlers[:], {name: logging.getLogger(name).level for name in LOUD}
    lines = io.StringIO()
    monkeypatch.setattr("sys.stderr", lines)
    logs.set_up(logging.DEBUG)
    yield lines
    logging.getLogger().handlers[:] = kept
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines_of(log: io.StringIO) -> list[Json]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_day_with_troubles_leaves_no_token_and_no_word_of_an_item(log: io.StringIO, register_url: str) -> None:
    with Office(register_url) as office:
        assert office.owen.sends(office.owen.opens("update CUST26-R2"), note=WORDS)["closed"]
        assert office.owen.says(f"find {WORDS}")["text"]
        for fault in ("reply_lost", "error:token_revoked"):
            said = f"complete CUST26-R2: {WORDS} https://a.example/canary-of-evidence"
            assert office.owen.says(said)["text"].startswith("Asked")
            office.fault("chat.postMessage", fault)
            office.ruth.says(f"send back CUST26-R2: {WORDS}")
        until(lambda: office.bot.postman.stopped, "the end of the token")
        office.bot.tick()
        office.bot.door.after.shutdown(wait=True)
        secrets = [office.slack.bot_token, office.slack.app_token]
    told = log.getvalue()
    assert {line["level"] for line in lines_of(log)} >= {"WARNING", "ERROR"}
    assert all({"at", "level", "logger", "message"} <= set(line) for line in lines_of(log))
    texts = ["canary-of-an-update", "canary-of-evidence", "Use of force forms finished before going"]
    assert not [word for word in (*texts, *secrets) if word in told], told


@pytest.mark.parametrize("secret", TOKENS)
def test_a_token_is_hidden_wherever_a_line_holds_it(log: io.StringIO, secret: str) -> None:
    noisy = logging.getLogger("bot.noisy")
    noisy.debug("token=%s", secret)
    noisy.info("said", extra={"answer": {"token": secret}})
    noisy.error("https://hooks.slack.com/commands/T0/1/%s", secret.partition("-")[2])
    assert len(lines_of(log)) == 3
    assert "canary" not in log.getvalue()


def test_a_fault_is_told_by_its_kind_and_place_and_not_in_its_own_words(log: io.StringIO) -> None:
    try:
        int(WORDS)
    except ValueError:
        logging.getLogger("handlers.noisy").exception("a form could not be read")
    (line,) = lines_of(log)
    assert line["exc_info"].endswith("ValueError") and "test_logs.py" in line["exc_info"]
    assert "canary" not in log.getvalue()


def test_libraries_speak_from_warning_on_and_a_word_with_line_breaks_stays_one_line(log: io.StringIO) -> None:
    logging.getLogger("slack_sdk.web").debug("a body: %s", WORDS)
    logging.getLogger("slack_bolt.App").warning("not answered: %s", WORDS)
    logging.getLogger("bot.noisy").info('one\ntwo "three" é')
    assert [line["message"] for line in lines_of(log)] == ['one\ntwo "three" é']
