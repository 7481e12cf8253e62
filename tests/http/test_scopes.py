"""`doctor` holds the token's scopes against the manifest's, and says what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bot import health
from bot.clock import instant
from handlers.slack.scopes import SCOPES, compared
from practice.stand_in import StandInThread
from tests.http.post import SECRET, settings
from tests.wire.office import FRIDAY, WORKSPACE, Json

HERE = Path(__file__).parent.parent.parent


def test_the_code_and_the_manifest_ask_for_the_same_scopes() -> None:
    asked = yaml.safe_load((HERE / "manifest.yml").read_text(encoding="utf-8"))["oauth_config"]["scopes"]["bot"]
    assert list(SCOPES) == asked


def test_what_is_missing_and_what_is_too_much_is_named_with_the_mend() -> None:
    assert compared(SCOPES) == []
    assert compared([*SCOPES[:-2], "pins:read", "admin"]) == [
        "The bot token lacks users:read, users:read.email. Put manifest.yml on the app's page, under App Manifest, "
        "then reinstall the app and copy its token again.",
        "The bot token may do more than it needs: admin, pins:read. Take that away under OAuth & Permissions, "
        "then reinstall the app and copy its token again.",
    ]


def checked(url: str, scopes: list[str], name: str) -> list[health.Check]:
    """The checks of that name by a workspace whose token holds these scopes."""
    with StandInThread({**WORKSPACE, "scopes": scopes}, now=instant(FRIDAY)) as slack:
        found = health.checks(lambda: settings(slack, url, slack_signing_secret=SECRET), online=True)
    return [check for check in found if check.name == name]


@pytest.mark.parametrize(
    ("change", "oks", "words"),
    [
        (lambda held: held, [True], "holds the 12 scopes of manifest.yml, and no other"),
        (lambda held: held[1:], [False], "lacks channels:history"),
        (lambda held: [*held, "pins:write"], [False], "more than it needs: pins:write"),
        (lambda held: [*held[1:], "pins:write"], [False, False], "reinstall the app"),
        (lambda held: [], [False], "did not say"),
    ],
)
def test_doctor_reads_the_scopes_from_slack(
    register_url: str, change: Callable[[list[str]], list[str]], oks: list[bool], words: str
) -> None:
    found = checked(register_url, change(list(SCOPES)), "scopes")
    assert [check.ok for check in found] == oks
    assert all(words in check.sentence for check in found)


def test_doctor_says_where_slack_calls_in_http_mode(register_url: str) -> None:
    (found,) = checked(register_url, list(SCOPES), "http")
    assert found == health.Check(
        "http", True, "Slack's requests are taken at 127.0.0.1, port 3000, path /slack/events."
    )


def test_doctor_names_a_token_that_slack_no_longer_takes(register_url: str) -> None:
    with StandInThread(WORKSPACE, now=instant(FRIDAY)) as slack:
        fault: Json = {"method": "auth.test", "fault": "error:token_revoked"}
        slack.stand_in.web_api.faults.add(fault)
        found = health.checks(lambda: settings(slack, register_url), online=True)
    (token,) = [check for check in found if check.name == "bot token"]
    assert token.sentence == (
        "Slack does not take SLACK_BOT_TOKEN. Slack no longer takes the token (token_revoked). "
        "Reinstall the app and copy its token again."
    )
