"""What Teams may answer to a post, an edit and a look, by the wire: what becomes of the message, and what is said."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.delivery import Postman
from handlers.carrier import GIVE_UP, LATER, PARK, STOP, UNSURE, Chat, Trouble
from handlers.teams import errors
from handlers.teams.draw import DRAWING
from handlers.teams.errors import CODES, DELETE, EDIT, LOOK, POST, STATUSES, decide
from handlers.teams.send import Sender
from storage import conversations, outbox
from storage.conversations import CHANNEL, PERSONAL, Conversation
from storage.store import Store, open_store
from tests.conftest import BROUGHT_IN, Clock, empty
from tests.databases import SQLITE, Database, Masters
from tests.teams.gateway import CHANNEL as GOVERNANCE
from tests.teams.gateway import CHAT, PRIYA, Gateway, gateway
from tests.teams.stand_ins import APP, BOT, TENANT, Connector, Login, Order, Posted

CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "9 actions are open."}]}
PAYLOAD = json.dumps({"card": CARD, "summary": "9 actions are open."})
Call = Callable[[Sender], object]
CALLS: dict[str, Call] = {
    POST: lambda s: s.post(CHAT, PAYLOAD, "k"),
    EDIT: lambda s: s.edit(CHAT, "1", json.loads(PAYLOAD)),
    DELETE: lambda s: s.delete(CHAT, "1"),
    LOOK: lambda s: s.member(CHAT, PRIYA),
}


@pytest.fixture(scope="module")
def register(masters: Masters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One register for all: what a conversation is, both databases say alike."""
    url = Database(SQLITE, masters, tmp_path_factory.mktemp("teams")).copy(empty)
    store = open_store(url, Clock(BROUGHT_IN))
    yield store
    store.close()


@pytest.fixture
def sender(door: Gateway, register: Store) -> Sender:
    for place, kind in ((CHAT, PERSONAL), (GOVERNANCE, CHANNEL)):
        conversations.heard(register, Conversation(place, TENANT, kind, BOT, door.connector.service_url))
    return Sender(door.line, register)


def asked(connector: Connector) -> Posted:
    (one,) = connector.posted
    return one


def refused(call: Call, sender: Sender) -> Trouble:
    with pytest.raises(Trouble) as told:
        call(sender)
    assert "canary" not in told.value.sentence
    return told.value


def test_a_card_is_posted_alone_with_the_words_of_its_notification(door: Gateway, sender: Sender) -> None:
    ts = sender.post(CHAT, PAYLOAD, "digest:2026-W48")
    one = asked(door.connector)
    assert one.method == "POST" and one.path == f"/teams/v3/conversations/{CHAT}/activities"
    assert one.body["attachments"] == [{"contentType": "application/vnd.microsoft.card.adaptive", "content": CARD}]
    assert (one.body["summary"], one.body["from"]["id"], one.body["type"]) == ("9 actions are open.", BOT, "message")
    assert ts.isdecimal() and "text" not in one.body and "recipient" not in one.body
    assert "Authorization" not in one.headers  # TEAMS_LOCAL=1


def test_a_thread_is_of_a_channel_only(door: Gateway, sender: Sender) -> None:
    sender.post(GOVERNANCE, PAYLOAD, "k", "1780000000000")
    sender.post(CHAT, PAYLOAD, "k", "1780000000000")
    assert [one.path for one in door.connector.posted] == [
        f"/teams/v3/conversations/{GOVERNANCE};messageid=1780000000000/activities",
        f"/teams/v3/conversations/{CHAT}/activities",
    ]


def test_an_answer_for_one_member_says_for_whom(door: Gateway, sender: Sender) -> None:
    sender.post_to(GOVERNANCE, PRIYA, PAYLOAD)
    one = asked(door.connector)
    assert one.path == f"/teams/v3/conversations/{GOVERNANCE}/activities?isTargetedActivity=true"
    assert one.body["recipient"] == {"id": PRIYA, "isTargeted": True}


def test_an_edit_and_a_removal_name_the_message(door: Gateway, sender: Sender) -> None:
    sender.edit(CHAT, "178", json.loads(PAYLOAD))
    sender.delete(CHAT, "178")
    assert [(one.method, one.path) for one in door.connector.posted] == [
        (method, f"/teams/v3/conversations/{CHAT}/activities/178") for method in ("PUT", "DELETE")
    ]


def test_a_member_is_told_as_teams_knows_them(door: Gateway, sender: Sender) -> None:
    told = {"id": PRIYA, "aadObjectId": "0b7e", "email": "priya@trentshire.example", "userRole": "user"}
    door.connector.members[PRIYA] = told
    assert sender.member(CHAT, PRIYA) == told
    assert sender.member(GOVERNANCE, PRIYA, door.connector.service_url) == told
    assert refused(lambda s: s.member(CHAT, "29:nobody"), sender).kind == GIVE_UP


ROWS = [(status, "") for status in (*STATUSES, 402, 500, 502, 503, 504)] + [
    (404 if code.endswith(("NotFound", "InConversation")) else 403, code) for code in CODES
]


@pytest.mark.parametrize("method", CALLS)
def test_each_refusal_becomes_what_the_table_says(door: Gateway, sender: Sender, method: str) -> None:
    for status, code in ROWS:
        for _ in range(2 if status == 401 else 1):
            door.connector.refuse(status, code, {"Retry-After": "7"})
        told = refused(CALLS[method], sender)
        expected = decide(method, status, code)
        assert told.kind == expected.kind, (status, code)
        assert told.sentence.endswith((".", ":")) and "{" not in told.sentence
        assert told.seconds == (7 if told.kind == LATER else 30)


@pytest.mark.parametrize("method", CALLS)
def test_a_sign_in_that_is_refused_once_stops_nothing(door: Gateway, sender: Sender, method: str) -> None:
    door.connector.members[PRIYA] = {"id": PRIYA}
    door.connector.refuse(401)
    CALLS[method](sender)
    assert len(door.connector.posted) == 2


@pytest.mark.parametrize(("status", "code"), [(401, ""), (403, "BotNotRegistered")])
def test_a_sign_in_that_is_refused_for_longer_is_shown_again_every_five_minutes(
    door: Gateway, sender: Sender, status: int, code: str
) -> None:
    """Sending goes on without a restart, as soon as Teams takes it again."""
    clock = Clock(BROUGHT_IN)
    alerts: list[str] = []
    chat = Chat("teams", DRAWING, sender)
    post = Postman(sender.store, [chat], lambda key, said: alerts.append(key), pause=lambda _seconds: None)
    with sender.store.write() as tx:
        outbox.put(tx, f"letter:{status}", "teams", CHAT, PAYLOAD, clock())
    for _ in range(2 if status == 401 else 1):
        door.connector.refuse(status, code)
    assert post.deliver(clock()) == 0 and not post.stopped and alerts == []
    assert "TEAMS_APP_SECRET" in outbox.state_of(sender.store, f"letter:{status}").trouble
    assert post.deliver(clock.later(seconds=299)) == 0
    assert post.deliver(clock.later(seconds=2)) == 1


def test_a_post_is_repeated_only_when_it_surely_did_not_arrive() -> None:
    kinds = {(status, code): decide(POST, status, code).kind for status, code in ROWS}
    assert {status for (status, _), kind in kinds.items() if kind == UNSURE} == {408, 500, 502, 503, 504}
    assert {status for (status, _), kind in kinds.items() if kind == LATER} == {401, 403, 412, 429}
    assert {key for key, kind in kinds.items() if kind == LATER and key[0] == 403} == {(403, "BotNotRegistered")}
    assert {decide(EDIT, status, code).kind for status, code in ROWS} == {LATER, GIVE_UP}


def test_what_a_person_can_mend_says_how() -> None:
    """Whoever is told of a parked message reads what to do in the sentence."""
    ways = ("Add the app", "Ask them", "Say digest here", "fault of Lightkeeper's", "check TEAMS_APP_ID")
    for code, decision in CODES.items():
        assert decision.kind == GIVE_UP or any(way in decision.sentence for way in ways), code


def test_a_fault_of_teams_own_counts_whatever_code_comes_with_it() -> None:
    assert decide(POST, 503, "ConversationNotFound").kind == UNSURE
    assert decide(POST, 429, "BadArgument").kind == LATER


@pytest.mark.parametrize(
    "order",
    [
        Order(cut=True),
        Order(201, '{"id": "17'),
        Order(201, "[]"),
        Order(201, '{"id": 5}'),
        Order(500, "<html>canary</html>"),
        Order(504, {"error": "canary"}),
        Order(502, {"error": {"code": ["canary"]}}),
    ],
)
def test_a_post_whose_answer_is_lost_is_uncertain_and_not_repeated(door: Gateway, sender: Sender, order: Order) -> None:
    door.connector.orders.append(order)
    told = refused(CALLS[POST], sender)
    assert told.kind == UNSURE
    assert "whether" in told.sentence
    assert len(door.connector.posted) == 1


def test_an_edit_that_was_cut_may_be_made_again(door: Gateway, sender: Sender) -> None:
    door.connector.cut()
    assert refused(CALLS[EDIT], sender).kind == LATER
    CALLS[EDIT](sender)
    assert [one.method for one in door.connector.posted] == ["PUT", "PUT"]


def test_an_edit_answered_without_an_id_is_done(door: Gateway, sender: Sender) -> None:
    door.connector.orders.append(Order(200, {}))
    CALLS[EDIT](sender)


@pytest.mark.parametrize(("said", "seconds"), [("12", 12), ("", 30), ("soon", 30), ("-1", 30), ("²", 30)])
def test_to_wait_is_as_long_as_teams_says(door: Gateway, sender: Sender, said: str, seconds: float) -> None:
    door.connector.refuse(429, "Throttled", {"Retry-After": said.encode().decode("latin-1")})
    told = refused(CALLS[POST], sender)
    assert (told.kind, told.seconds) == (LATER, seconds)


def test_a_service_that_is_down_surely_took_nothing(door: Gateway, sender: Sender, register: Store) -> None:
    with Connector() as gone:
        pass
    conversations.heard(register, Conversation(CHAT, TENANT, PERSONAL, BOT, gone.service_url))
    assert refused(CALLS[POST], sender).kind == LATER


def test_a_place_that_nobody_spoke_in_or_that_was_left_is_not_called(
    door: Gateway, sender: Sender, register: Store
) -> None:
    conversations.left(register, CHAT)
    for place in (CHAT, "19:never@thread.tacv2"):
        told = refused(lambda s, place=place: s.post(place, PAYLOAD, "k"), sender)  # type: ignore[misc]
        assert told.kind == PARK and "Add the app there" in told.sentence
    assert door.connector.posted == []


def test_what_is_local_calls_nobody_else(door: Gateway, sender: Sender, register: Store) -> None:
    conversations.heard(register, Conversation(CHAT, TENANT, PERSONAL, BOT, "https://smba.trafficmanager.net/uk"))
    told = refused(CALLS[POST], sender)
    assert (told.kind, told.sentence) == (PARK, "With TEAMS_LOCAL=1 nothing is sent beyond this machine.")


def test_nobody_can_look_whether_a_message_stands_there(door: Gateway, sender: Sender) -> None:
    assert sender.mark(CHAT)
    told = refused(lambda s: s.find(CHAT, "k", sender.mark(CHAT)), sender)
    assert told.kind == UNSURE and CHAT in told.sentence
    assert list(sender.every(CHAT, "k", "")) == [] and door.connector.posted == []


OURS: dict[str, Any] = {"id": PRIYA, "tenantId": TENANT.upper(), "userRole": "user"}


@pytest.mark.parametrize(
    ("members", "shared"),
    [
        ([OURS], False),
        ([OURS, {**OURS, "userRole": "guest"}], True),
        ([OURS, {**OURS, "tenantId": "another"}], True),
        ([OURS, {**OURS, "userPrincipalName": "eve_mail.example#EXT#@force.onmicrosoft.com"}], True),
        ([{"id": "29:nothing-said"}], True),
    ],
)
def test_a_channel_that_others_read_is_shared(
    door: Gateway, sender: Sender, members: list[dict[str, Any]], shared: bool
) -> None:
    pages = [{"members": [one], "continuationToken": "more"} for one in members]
    pages[-1].pop("continuationToken")
    door.connector.orders.extend(Order(200, page) for page in pages)
    assert sender.shared(GOVERNANCE) is shared
    assert sender.shared(CHAT) is False


def test_a_place_of_which_teams_does_not_say_is_shared(door: Gateway, sender: Sender) -> None:
    door.connector.refuse(500)
    assert sender.shared(GOVERNANCE) is True
    door.connector.orders.append(Order(200, {"members": []}))
    assert sender.shared(GOVERNANCE) is True
    assert sender.shared("19:never@thread.tacv2") is True


SECRET = "the-secret-of-the-app"


@pytest.fixture
def real(register: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A door that signs in for what goes out; whatever is asked of Microsoft goes to a proxy that is not there yet."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with gateway(local=False, secret=SECRET) as opened:
        told = Conversation(CHAT, TENANT, PERSONAL, BOT, opened.connector.service_url)
        conversations.heard(register, told)
        yield opened


def test_what_goes_out_bears_the_sdks_own_token(
    real: Gateway, register: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one nothing goes out; then it is refused; then one is asked for, once, with our app and secret."""
    sender = Sender(real.line, register)
    told = refused(CALLS[POST], sender)
    assert told.kind == LATER and "sign-in" in told.sentence and real.connector.posted == []
    with Login(tmp_path, real.signer.token()) as login:
        monkeypatch.setenv("HTTPS_PROXY", login.base)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(login.certificate))
        login.error = "invalid_client"
        told = refused(CALLS[POST], sender)
        assert told.kind == STOP and "TEAMS_APP_SECRET" in told.sentence and real.connector.posted == []
        login.error = ""
        CALLS[POST](sender)
        CALLS[EDIT](sender)
        assert [one.headers["Authorization"] for one in real.connector.posted] == [f"Bearer {login.token}"] * 2
        tokens = [asked for asked in login.asked if "/oauth2/v2.0/token" in asked]
        assert len(tokens) == 2  # the one that was refused, and one for both calls
        assert all(part in tokens[1] for part in (f"/{TENANT}/", APP, SECRET, "api.botframework.com"))


def test_every_decision_is_said_in_a_sentence() -> None:
    for decision in (*CODES.values(), *STATUSES.values(), errors.UNKNOWN_PLACE):
        assert decision.sentence[0].isupper() and decision.sentence.endswith(".")
