"""Every refusal that Slack documents, row by row: what we decide, what we say, and what becomes of a message."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.clock import instant
from bot.delivery import LEASE, Postman
from handlers.carrier import GIVE_UP, LATER, PARK, STOP, UNKNOWN, Chat, Trouble
from handlers.slack import errors
from handlers.slack.draw import DRAWING
from handlers.slack.errors import TABLE, decide
from handlers.slack.send import METHODS, Sender, trouble
from practice.stand_in import StandInThread
from storage import outbox
from storage.store import Store, open_store
from tests.wire.office import FRIDAY, WORKSPACE

ROWS = [(method, code) for method in TABLE if method != "response_url" for code in TABLE[method]]
CALLS: Mapping[str, Callable[[WebClient], object]] = {
    "auth.test": lambda c: c.auth_test(),
    "apps.connections.open": lambda c: c.apps_connections_open(app_token="xapp-practice"),
    "chat.postMessage": lambda c: c.chat_postMessage(channel="C0DCC", text="x"),
    "chat.postEphemeral": lambda c: c.chat_postEphemeral(channel="C0DCC", user="U0RUTH", text="x"),
    "chat.update": lambda c: c.chat_update(channel="C0DCC", ts="1.2", text="x"),
    "chat.delete": lambda c: c.chat_delete(channel="C0DCC", ts="1.2"),
    "conversations.history": lambda c: c.conversations_history(channel="C0DCC"),
    "conversations.info": lambda c: c.conversations_info(channel="C0DCC"),
    "conversations.open": lambda c: c.conversations_open(users="U0RUTH"),
    "conversations.replies": lambda c: c.conversations_replies(channel="C0DCC", ts="1.2"),
    "files.completeUploadExternal": lambda c: c.files_completeUploadExternal(files=[{"id": "F1", "title": "x"}]),
    "files.getUploadURLExternal": lambda c: c.files_getUploadURLExternal(filename="a.pdf", length=1),
    "users.info": lambda c: c.users_info(user="U0RUTH"),
    "users.lookupByEmail": lambda c: c.users_lookupByEmail(email="a@b.example"),
    "views.open": lambda c: c.views_open(trigger_id="1.2.3", view={"type": "modal"}),
    "views.update": lambda c: c.views_update(view_id="V1", view={"type": "modal"}),
}


@pytest.fixture(scope="module")
def slack() -> Iterator[StandInThread]:
    with StandInThread(WORKSPACE, now=instant(FRIDAY)) as stand_in:
        yield stand_in


@pytest.fixture
def fresh() -> Iterator[StandInThread]:
    with StandInThread(WORKSPACE, now=instant(FRIDAY)) as stand_in:
        yield stand_in


def order(slack: StandInThread, method: str, fault: str, **more: Any) -> None:
    slack.stand_in.web_api.faults.add({"method": method, "fault": fault, **more})


@pytest.mark.parametrize(("method", "code"), ROWS)
def test_each_documented_refusal_is_decided_as_the_table_says(slack: StandInThread, method: str, code: str) -> None:
    order(slack, method, f"error:{code}")
    client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    with pytest.raises(SlackApiError) as refused:
        CALLS[method](client)
    said = trouble(method, refused.value, "C0DCC")
    wanted = TABLE[method][code]
    assert said.kind == wanted.kind
    assert said.sentence == wanted.sentence.format(place="C0DCC", error=code)
    assert said.sentence[0].isupper() and said.sentence.endswith(".")
    assert "{" not in said.sentence


def test_the_table_has_each_method_that_the_bot_calls() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path("handlers/slack").glob("*.py"))
    sources += Path("bot/wiring.py").read_text(encoding="utf-8")
    for method in TABLE:
        if method != "response_url":
            assert method.replace(".", "_") in sources, f"nobody calls {method}"
    called = {m for m in _client_methods() if f".{m}(" in sources or f'"{m}"' in sources}
    assert {m.replace("_", ".", 1) if m != "apps_connections_open" else "apps.connections.open" for m in called} == (
        set(TABLE) - {"response_url"}
    )
    assert set(METHODS.values()) <= set(TABLE)


def _client_methods() -> set[str]:
    families = ("apps_", "auth_", "chat_", "conversations_", "files_", "pins_", "reactions_", "users_", "views_")
    return {name for name in dir(WebClient) if name.startswith(families)}


def test_what_reads_is_never_uncertain_and_what_cannot_wait_is_never_parked() -> None:
    for method, rows in TABLE.items():
        kinds = {decision.kind for decision in rows.values()}
        assert kinds <= {LATER, UNKNOWN, PARK, GIVE_UP, STOP}
        acts = {"chat.postMessage", "chat.postEphemeral", "chat.delete", "views.open", "response_url"}
        if method not in acts | {"files.completeUploadExternal"}:
            assert UNKNOWN not in kinds, method
        if method not in {"chat.postMessage", "conversations.history", "conversations.replies"}:
            assert PARK not in kinds, method
    assert {c for c, d in TABLE["chat.postMessage"].items() if d.kind == STOP} == {
        *("account_inactive", "invalid_auth", "not_allowed_token_type", "not_authed", "token_expired", "token_revoked")
    }
    assert {c for c, d in TABLE["chat.postMessage"].items() if d.kind == UNKNOWN} == {
        *("fatal_error", "internal_error", "request_timeout")
    }


@pytest.mark.parametrize(
    ("method", "error", "status", "kind"),
    [
        ("chat.postMessage", "", 429, LATER),
        ("chat.postMessage", "", 500, UNKNOWN),
        ("chat.postMessage", "", 200, UNKNOWN),
        ("chat.postMessage", "a_code_of_next_year", 200, PARK),
        ("chat.postMessage", "a_code_of_next_year", 502, UNKNOWN),
        ("conversations.history", "", 500, LATER),
        ("views.open", "a_code_of_next_year", 200, GIVE_UP),
        ("response_url", "used_url", 404, GIVE_UP),
        ("response_url", "", 500, UNKNOWN),
    ],
)
def test_what_is_in_no_table(method: str, error: str, status: int, kind: str) -> None:
    assert decide(method, error, status).kind == kind


def test_retry_after_is_kept(slack: StandInThread) -> None:
    order(slack, "chat.postMessage", "ratelimited", retry_after=77)
    with pytest.raises(Trouble) as refused:
        Sender(slack.bot_token, slack.api_url).post("C0DCC", json.dumps({"text": "x"}), "k")
    assert (refused.value.kind, refused.value.seconds) == (LATER, 77)


# --- what becomes of a message --------------------------------------------------------------------------------------


class Mail:
    """One message in the outbox, and a postman whose clock can be moved."""

    def __init__(self, slack: StandInThread, store: Store) -> None:
        self.slack, self.store, self.now, self.told = slack, store, instant(FRIDAY), list[tuple[str, str]]()
        chat = Chat("slack", DRAWING, Sender(slack.bot_token, slack.api_url))
        self.postman = Postman(
            store, [chat], lambda key, said: self.told.append((key, said)), watch_skew=False, pause=lambda _s: None
        )
        with store.write() as tx:
            outbox.put(tx, "digest:1", "slack", "C0DCC", json.dumps({"text": "The digest."}), self.now)

    def round(self, **later: float) -> str:
        """One round of the postman; the message's state after it."""
        self.now += timedelta(**later)
        self.postman.deliver(self.now)
        return outbox.state_of(self.store, "digest:1").state

    def posted(self) -> int:
        kept = self.slack.stand_in.workspace.kept
        return len([k for k in kept if k.channel == "C0DCC" and k.message.get("text") == "The digest."])


@pytest.fixture
def mail(fresh: StandInThread, register_url: str) -> Iterator[Mail]:
    store = open_store(register_url, lambda: instant(FRIDAY))
    yield Mail(fresh, store)
    store.close()


@pytest.mark.parametrize("code", sorted(errors.COMMON))
def test_a_refused_post_is_kept_parked_or_looked_for(mail: Mail, code: str) -> None:
    order(mail.slack, "chat.postMessage", f"error:{code}")
    kind = TABLE["chat.postMessage"][code].kind
    state = mail.round()
    assert state == {LATER: "waiting", UNKNOWN: "sending", PARK: "blocked", STOP: "waiting"}[kind]
    assert bool(mail.told) == (kind == PARK)
    assert bool(mail.postman.stopped) == (kind == STOP)
    again = mail.round(seconds=LEASE.total_seconds() + 1)
    assert (again, mail.posted()) == (("sent", 1) if kind in {LATER, UNKNOWN} else (state, 0))


@pytest.mark.parametrize("fault", ["ratelimited", "server_error", "error:internal_error", "error:channel_not_found"])
def test_while_slack_does_not_let_us_look_nothing_is_posted_twice(mail: Mail, fault: str) -> None:
    """The reply was lost after the post; then the search for it fails, whatever the way: it is still searched for."""
    order(mail.slack, "chat.postMessage", "reply_lost")
    assert mail.round() == "sending"
    order(mail.slack, "conversations.history", fault)
    assert mail.round(seconds=LEASE.total_seconds() + 1) == "sending"
    assert mail.round(seconds=LEASE.total_seconds() + 1) == "sent"
    assert mail.posted() == 1


def test_a_token_revoked_while_looking_stops_and_keeps_the_mark(mail: Mail) -> None:
    order(mail.slack, "chat.postMessage", "reply_lost")
    mail.round()
    order(mail.slack, "conversations.history", "error:token_revoked")
    assert mail.round(seconds=LEASE.total_seconds() + 1) == "sending"
    assert mail.postman.stopped
    mail.postman.refused.clear()  # the program was started again with a new token
    assert mail.round(seconds=LEASE.total_seconds() + 1) == "sent"
    assert mail.posted() == 1
