"""Only Teams, and only of our tenant, reaches the core; the rest is refused, never with 5xx, and not logged."""

import base64
import contextlib
import copy
import io
import json
import logging
import random
import socket
import threading
from collections.abc import Callable, Iterator
from queue import Queue
from typing import Any

import jwt
import pytest

from bot import logs
from handlers.gate import DEEPEST, MOST_BYTES
from handlers.teams import keys, sdk
from handlers.teams.gate import MOST_AT_ONCE, Gate
from handlers.teams.keys import MOST_WAITING
from handlers.teams.sdk import PATH
from handlers.wording import FAILED
from tests.teams.gateway import Gateway, Told, gateway
from tests.teams.stand_ins import ISSUER, TENANT

CANARY = "canary-of-a-body"
OTHER = "11111111-2222-4333-8444-555555555555"
CARD = {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": {"type": "AdaptiveCard"}}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The program's log, while whatever the SDK says, down to DEBUG, is offered to it."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, rooms = logs.writing(stream), [logging.getLogger(name) for name in ("handlers", "microsoft_teams")]
    levels = [room.level for room in rooms]
    for room in rooms:
        room.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    for room, level in zip(rooms, levels, strict=True):
        room.setLevel(level)


def silent(written: io.StringIO) -> bool:
    """Whether nothing of a body, of a token or of where it went wrong was logged."""
    said = written.getvalue()
    return CANARY not in said and "Traceback" not in said and "eyJ" not in said and '"exc_info"' not in said


def test_a_message_of_teams_reaches_the_core(door: Gateway) -> None:
    body = door.message("overdue")
    told = door.send(body)
    assert (told.status, told.body) == (200, b"")
    assert door.heard == [body]


def test_a_press_is_answered_in_place(door: Gateway) -> None:
    door.answer = lambda body: CARD
    told = door.send(door.press())
    assert (told.status, told.json) == (200, CARD)


def test_a_press_is_never_answered_with_nothing(door: Gateway) -> None:
    told = door.send(door.press())
    assert told.json["type"] == "application/vnd.microsoft.activity.message" and told.json["value"]


# what stands in the place of a good token
def unsigned(door: Gateway) -> str:
    return jwt.encode(door.signer.claims(), "", algorithm="none", headers={"kid": "microsoft"})


def symmetric(door: Gateway) -> str:
    return jwt.encode(door.signer.claims(), "k" * 32, algorithm="HS256", headers={"kid": "microsoft"})


def altered(door: Gateway) -> str:
    """A good token in which somebody changed a claim."""
    head, _, signature = door.signer.token().split(".")
    claims = base64.urlsafe_b64encode(json.dumps(door.signer.claims(exp=4_000_000_000)).encode()).rstrip(b"=").decode()
    return f"{head}.{claims}.{signature}"


def entra(door: Gateway) -> str:
    """What the SDK takes beside the Bot Framework's: a token of an agent's, which claims no serviceUrl."""
    issuer = f"https://login.microsoftonline.com/{TENANT}/v2.0"
    return door.signer.token(iss=issuer, tid=TENANT, azp="5a807f24-c9de-44ee-a3a7-329e88a00ffc", serviceurl=None)


TOKENS: dict[str, Callable[[Gateway], str]] = {
    "none": lambda d: "",
    "no token at all": lambda d: "canary",
    "two parts": lambda d: d.signer.token().rpartition(".")[0],
    "forged": lambda d: d.signer.signed(d.signer.claims(), key="forger"),
    "altered": altered,
    "unsigned": unsigned,
    "symmetric": symmetric,
    "foreign key": lambda d: d.signer.signed(d.signer.claims(), key="forger", kid="forger"),
    "no key named": lambda d: d.signer.signed(d.signer.claims(), kid=None),
    "expired": lambda d: d.signer.token(exp=1_700_000_000),
    "without exp": lambda d: d.signer.token(exp=None),
    "exp no number": lambda d: d.signer.token(exp="never"),
    "not yet": lambda d: d.signer.token(nbf=4_000_000_000),
    "wrong audience": lambda d: d.signer.token(aud="another-app"),
    "no audience": lambda d: d.signer.token(aud=None),
    "wrong issuer": lambda d: d.signer.token(iss="https://api.botframework.us"),
    "no issuer": lambda d: d.signer.token(iss=None),
    "issuer like ours": lambda d: d.signer.token(iss=f"{ISSUER}.example"),
    "entra": entra,
    "entra v1": lambda d: d.signer.token(iss=f"https://sts.windows.net/{TENANT}/", tid=TENANT),
    "another service": lambda d: d.signer.token(serviceurl="http://127.0.0.1:1/teams"),
    "no service": lambda d: d.signer.token(serviceurl=None),
    "nested": lambda d: base64.urlsafe_b64encode(b"[" * 18_000).decode() + ".e30.e30",
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_is_not_good_is_401(door: Gateway, written: io.StringIO, name: str) -> None:
    for body in (door.message(CANARY), door.press(), {**door.message(), "type": "unknown"}):
        assert door.send(body, TOKENS[name](door)).status == 401
    assert door.heard == [] and silent(written)


def test_only_a_bearer_is_taken(door: Gateway) -> None:
    token = door.signer.token()
    for said in (token, f"bearer {token}", f"Basic {token}", f"Bearer  {token}", f"Bearer {token}, Bearer {token}"):
        assert door.send(door.message(), "", Authorization=said).status == 401, said[:10]
    assert door.send(door.message(), "", authorization=f"Bearer {token}").status == 200


def without(body: dict[str, Any], *path: str) -> dict[str, Any]:
    """The same body but for what stands at the end of a path."""
    told = copy.deepcopy(body)
    within = told
    for step in path[:-1]:
        within = within[step]
    del within[path[-1]]
    return told


def instead(body: dict[str, Any], value: Any, *path: str) -> dict[str, Any]:
    told = copy.deepcopy(body)
    within = told
    for step in path[:-1]:
        within = within[step]
    within[path[-1]] = value
    return told


@pytest.mark.parametrize(
    "path",
    [
        *(("type",), ("id",), ("serviceUrl",), ("from",), ("from", "id"), ("recipient",)),
        *(("conversation",), ("conversation", "id")),
    ],
)
def test_a_body_that_lacks_what_teams_always_sends_is_400(
    door: Gateway, written: io.StringIO, path: tuple[str, ...]
) -> None:
    for body in (door.message(CANARY), door.press()):
        assert door.send(without(body, *path)).status == 400
        for value in (None, "", 5, [], [CANARY], {}, {"id": [CANARY]}):
            assert door.send(instead(body, value, *path)).status == 400, value
    assert door.heard == [] and silent(written)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("text",), {"canary": 1}),
        (("text",), 5),
        (("entities",), {}),
        (("entities",), [CANARY]),
        (("entities",), [{"type": "mention", "mentioned": [CANARY]}]),
        (("attachments",), [[CANARY]]),
        (("channelData",), []),
        (("channelData",), CANARY),
        (("channelData", "tenant"), [TENANT]),
        (("channelData", "team"), CANARY),
        (("channelData", "tenant", "id"), [TENANT]),
        (("conversation", "tenantId"), 5),
        (("conversation", "conversationType"), []),
        (("conversation", "id"), "19:x/../../y"),
        (("conversation", "id"), "19:x?a=b"),
        (("conversation", "id"), "19:x%2f.."),
        (("from", "id"), "29:x y"),
        (("id",), "1\n2"),
        (("from", "aadObjectId"), {}),
        (("from", "name"), [CANARY]),
        (("replyToId",), 5),
        (("name",), []),
        (("service_url",), []),
        (("membersAdded",), "x"),
    ],
)
def test_a_part_that_is_of_another_kind_with_teams_is_400(
    door: Gateway, written: io.StringIO, path: tuple[str, ...], value: Any
) -> None:
    assert door.send(instead(door.message(CANARY), value, *path)).status == 400
    assert door.heard == [] and silent(written)


@pytest.mark.parametrize(
    "value",
    [
        *(None, [], CANARY, {}, {"action": None}, {"action": []}, {"action": {"type": "Action.Execute"}}),
        *({"action": {"verb": ""}}, {"action": {"verb": ["say"]}}, {"action": {"verb": "say", "data": [CANARY]}}),
    ],
)
def test_a_press_that_does_not_say_what_was_pressed_is_400(door: Gateway, value: Any) -> None:
    assert door.send(door.press(value=value)).status == 400
    assert door.heard == []


def test_an_invoke_of_another_name_is_501_and_of_none_400(door: Gateway, written: io.StringIO) -> None:
    for name in (CANARY, "task/fetch", "signin/verifyState", "composeExtension/query"):
        assert door.send(door.press(name=name)).status == 501
    assert door.send(door.press(name=None)).status == 400
    assert door.heard == [] and silent(written)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": CANARY},
        {"type": "typing"},
        {"type": "messageReaction", "reactionsAdded": [{"type": "like"}]},
        {"type": "messageUpdate"},
        {"type": "messageDelete"},
        {"type": "event", "name": "application/vnd.microsoft.readReceipt"},
    ],
)
def test_what_is_not_for_the_core_is_200_and_nothing(
    door: Gateway, written: io.StringIO, changes: dict[str, Any]
) -> None:
    told = door.send(door.message(CANARY, **changes))
    assert (told.status, told.body) == (200, b"")
    assert door.heard == [] and silent(written)


@pytest.mark.parametrize("action", ["add", "remove", "add-upgrade", "remove-upgrade", "new-in-2027"])
def test_an_installation_of_any_kind_is_taken(door: Gateway, action: str) -> None:
    assert door.send(door.message(type="installationUpdate", action=action)).status == 200
    assert [body["action"] for body in door.heard] == [action]


@pytest.mark.parametrize("channel", ["directline", "webchat", "emulator", "", None])
def test_another_channel_of_the_same_app_is_403(door: Gateway, written: io.StringIO, channel: str | None) -> None:
    for body in (door.message(CANARY, channelId=channel), door.press(channelId=channel)):
        assert door.send(body).status == 403
    assert door.heard == [] and silent(written)


TENANTS: list[dict[str, Any]] = [
    {"channelData": {"tenant": {"id": OTHER}}},
    {"conversation": {"id": "a:1", "tenantId": OTHER}},
    {"channelData": {"tenant": {"id": OTHER}}, "conversation": {"id": "a:1", "tenantId": OTHER}},
    {"channelData": {}, "conversation": {"id": "a:1"}},
    {"channelData": None, "conversation": {"id": "a:1"}},
    {"channelData": {"tenant": {"id": ""}}, "conversation": {"id": "a:1"}},
]


@pytest.mark.parametrize("changes", TENANTS)
def test_another_tenant_is_403(door: Gateway, written: io.StringIO, changes: dict[str, Any]) -> None:
    assert door.send(door.message(CANARY, **changes)).status == 403
    assert door.send(door.press(**changes)).status == 403
    assert door.heard == [] and silent(written)


def test_without_our_check_another_tenant_would_get_in(door: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK looks at no tenant: the broken variant shows that the test above fails without the gate's check."""
    monkeypatch.setattr(Gate, "check", lambda gate, body: None)
    assert door.send(door.message(**TENANTS[2])).status == 200
    assert len(door.heard) == 1


def test_our_tenant_may_be_said_in_capitals_and_once(door: Gateway) -> None:
    assert door.send(door.message(channelData={"tenant": {"id": TENANT.upper()}})).status == 200
    assert door.send(door.message(channelData=None)).status == 200


SERVICES = [
    "http://example.org/teams",
    "https://example.org/teams",
    "ftp://127.0.0.1/teams",
    "127.0.0.1/teams",
    "https://",
    "http://[::1",
    "http://127.0.0.1.example.org/",
    "http://user@example.org#127.0.0.1",
]


@pytest.mark.parametrize("url", SERVICES)
def test_a_service_beyond_this_machine_is_400_where_all_is_local(door: Gateway, url: str) -> None:
    assert door.send(door.message(serviceUrl=url), door.signer.token(serviceurl=url)).status == 400
    assert door.heard == []


def test_a_service_is_https_where_teams_is_the_real_one() -> None:
    with gateway(local=False, secret="shh") as real:
        for url, status in (
            ("https://smba.trafficmanager.net/uk/", 200),
            (real.connector.service_url, 400),
            ("http://smba.trafficmanager.net/uk/", 400),
            ("https://", 400),
            ("https://[", 400),
        ):
            assert real.send(real.message(serviceUrl=url), real.signer.token(serviceurl=url)).status == status, url
        assert [body["serviceUrl"] for body in real.heard] == ["https://smba.trafficmanager.net/uk/"]


def test_a_service_that_the_token_does_not_claim_is_401(door: Gateway) -> None:
    assert door.send(door.message(serviceUrl=f"{door.connector.base}/elsewhere")).status == 401


BAD_BODIES = {
    "nothing": b"",
    "no JSON": CANARY.encode(),
    "half": json.dumps({"text": CANARY}).encode()[:-3],
    "not UTF-8": b'{"text": "\xff\xfe"}',
    "UTF-16": json.dumps({"text": CANARY}).encode("utf-16"),
    "a list": json.dumps([{"text": CANARY}]).encode(),
    "a text": json.dumps(CANARY).encode(),
    "a number": b"5",
    "null": b"null",
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    "a huge number": b'{"id": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_body_that_cannot_be_read_is_400(door: Gateway, written: io.StringIO, name: str) -> None:
    assert door.send(BAD_BODIES[name]).status == 400
    assert door.heard == [] and silent(written)


def test_a_body_nested_too_deep_or_with_half_a_character_is_400(door: Gateway) -> None:
    nested: Any = 1
    for _ in range(DEEPEST):
        nested = [nested]
    assert door.send(door.message(value=nested)).status == 400
    assert door.send(door.message(value=nested[0][0])).status == 200
    for half in ("\\ud83d", "\\uDe00"):
        assert door.send(json.dumps(door.message("HALF")).replace("HALF", half).encode()).status == 400
    assert door.send(door.message("\U0001f6a8")).status == 200


def test_another_type_of_content_is_400(door: Gateway) -> None:
    for said in ("text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data; boundary=x", "json"):
        assert door.send(door.message(), Content_Type=said).status == 400, said
    assert door.send(door.message(), Content_Type="Application/JSON; charset=utf-8").status == 200


def test_another_method_is_405_and_another_path_404(door: Gateway) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
        assert door.ask(method, PATH).status == 405
    assert door.ask("POST", f"{PATH}/x", b"{}").status == 404
    assert door.heard == []


def raw(door: Gateway, head: str, body: bytes) -> int:
    """The status of a request that is written by hand; the server may hang up before it has read all."""
    with socket.create_connection(("127.0.0.1", door.web.port), timeout=30) as line:
        line.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        with contextlib.suppress(OSError):
            line.sendall(body)
        return int(line.makefile("rb").readline().split()[1])


def test_30_megabytes_are_413_whether_or_not_their_length_is_said(door: Gateway) -> None:
    about = f"Authorization: Bearer {door.signer.token()}\r\nContent-Type: application/json\r\n"
    size = 30 * 1024 * 1024
    assert raw(door, f"{about}Content-Length: {size}", b"x") == 413
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert raw(door, f"{about}Transfer-Encoding: chunked", chunk * (size // 0x10000) + b"0\r\n\r\n") == 413
    just = json.dumps(door.message("x" * MOST_BYTES)).encode()
    assert door.send(just).status == 413
    assert door.heard == []


def test_a_body_in_chunks_is_taken_and_one_cut_short_is_not(door: Gateway) -> None:
    about = f"Authorization: Bearer {door.signer.token()}\r\nContent-Type: application/json\r\n"
    body = json.dumps(door.message()).encode()
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert raw(door, f"{about}Transfer-Encoding: chunked", chunks) == 200
    assert raw(door, f"{about}Content-Length: many", body) == 400
    assert len(door.heard) == 1


def fails(body: dict[str, Any]) -> dict[str, Any]:
    raise ValueError(f"{CANARY}: {body['from']}")


def test_a_core_that_fails_is_said_to_who_pressed_and_nothing_of_it_logged(door: Gateway, written: io.StringIO) -> None:
    door.answer = fails
    told = door.send(door.press())
    assert told.status == 200
    assert told.json == {
        "statusCode": 200,
        "type": "application/vnd.microsoft.activity.message",
        "value": "Something went wrong on our side. Please look whether it was saved before you do it again.",
    }
    assert door.send(door.message(CANARY)) == Told(200, b"")
    said = written.getvalue()
    assert "unexpected ValueError in invoke" in said and CANARY not in said and "29:priya" not in said


def test_a_core_that_takes_too_long_does_not_hold_teams(door: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer does not claim that nothing was saved: that goes on."""
    go, done = threading.Event(), threading.Event()

    def slow(body: dict[str, Any]) -> None:
        go.wait(30)
        done.set()

    monkeypatch.setattr(sdk, "ANSWER_SECONDS", 0.05)
    door.answer = slow
    told = door.send(door.press())
    assert told.status == 200 and "look whether it was saved" in told.json["value"]
    go.set()
    assert done.wait(30)


def test_a_slow_key_server_stalls_nothing_else(written: io.StringIO) -> None:
    """While the keys do not come: the rest of the port answers, what goes out goes, and nobody is answered with 5xx."""
    with gateway() as door:
        door.signer.held.clear()
        statuses: list[int] = []
        askers = [threading.Thread(target=lambda: statuses.append(door.send(door.message()).status)) for _ in range(30)]
        for asker in askers:
            asker.start()
        assert door.signer.waiting.wait(30)
        assert door.ask("GET", "/healthz").status == 200
        assert door.ask("GET", "/elsewhere").status == 404
        api = door.line.api(door.connector.service_url)
        door.line.call(api.conversations.delete_activity("a:1", "1"), 5)  # the loop itself waits for nobody
        door.signer.held.set()
        for asker in askers:
            asker.join(30)
        assert set(statuses) <= {200, 429} and statuses.count(200) >= MOST_AT_ONCE
        assert door.signer.asked == 1
        assert door.send(door.message()).status == 200
    assert silent(written)


def test_keys_that_are_not_there_hold_few_of_the_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may name a key: while the key server is slow, whoever bears a known one is answered all the same."""
    monkeypatch.setattr(keys, "AGAIN", -1)
    with gateway() as door:
        assert door.send(door.message()).status == 200
        door.signer.held.clear()
        door.signer.waiting.clear()
        statuses: Queue[int] = Queue()

        def ask(kid: str) -> None:
            token = door.signer.signed(door.signer.claims(), key="forger", kid=kid)
            statuses.put(door.send(door.message(), token).status)

        askers = [threading.Thread(target=ask, args=(f"forger-{number}",)) for number in range(MOST_AT_ONCE)]
        for asker in askers:
            asker.start()
        assert door.signer.waiting.wait(30)
        turned_away = [statuses.get(timeout=30) for _ in range(MOST_AT_ONCE - MOST_WAITING)]
        assert turned_away == [429] * len(turned_away) and statuses.empty()
        assert door.send(door.message()).status == 200
        door.signer.held.set()
        for asker in askers:
            asker.join(30)
        assert [statuses.get(timeout=30) for _ in range(MOST_WAITING)] == [401] * MOST_WAITING


@pytest.mark.parametrize(
    ("more", "status"),
    [({"endorsements": ["webchat", "directline"]}, 401), ({"endorsements": ["webchat", "msteams"]}, 200), ({}, 200)],
)
def test_a_key_that_names_its_channels_signs_for_those_alone(
    monkeypatch: pytest.MonkeyPatch, door: Gateway, more: dict[str, Any], status: int
) -> None:
    monkeypatch.setattr(keys, "FRESH", 0)
    monkeypatch.setattr(keys, "AGAIN", -1)
    monkeypatch.setattr(door.signer, "more", more)
    assert door.send(door.message()).status == status
    assert len(door.heard) == (status == 200)


def test_a_key_server_that_is_down_is_401_and_is_left_alone_for_a_while(written: io.StringIO) -> None:
    with gateway() as door:
        door.signer.down = True
        assert [door.send(door.message()).status for _ in range(5)] == [401] * 5
        assert door.signer.asked == 1 and door.heard == []
    assert "the key server of Teams gave no keys" in written.getvalue() and silent(written)


def test_unknown_keys_do_not_make_us_ask_again_and_again(door: Gateway) -> None:
    door.send(door.message())
    before = door.signer.asked
    for number in range(20):
        token = door.signer.signed(door.signer.claims(), key="forger", kid=f"forger-{number}")
        assert door.send(door.message(), token).status == 401
    assert door.signer.asked - before <= 1


def test_a_new_key_of_microsofts_is_fetched_and_the_old_ones_last_while_the_server_is_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "FRESH", 0)
    monkeypatch.setattr(keys, "AGAIN", -1)
    with gateway() as door:
        assert door.send(door.message()).status == 200
        door.signer.kid = "next"
        new = door.signer.signed(door.signer.claims(), "next", "next")
        assert door.send(door.message(), new).status == 200
        assert door.send(door.message()).status == 401  # the old one is withdrawn
        door.signer.down = True
        assert door.send(door.message(), new).status == 200
        monkeypatch.setattr(keys, "KEPT", 0)
        assert door.send(door.message(), new).status == 401


@pytest.mark.parametrize("name", ["without exp", "no service"])
def test_without_our_look_the_sdk_alone_decides(door: Gateway, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The broken variant: the SDK takes a token without an end; one that claims no service it refuses by itself."""
    door.send(door.message())
    monkeypatch.setattr(sdk, "key_of", lambda authorization, issuer: "microsoft")
    status = door.send(door.message(), TOKENS[name](door)).status
    assert status == (200 if name == "without exp" else 401)


def test_what_the_sdk_says_of_its_faults_is_not_in_our_log(
    door: Gateway, written: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    """It repeats the body, as an error: it is offered to our log, and kept out. The caller is not told 5xx."""
    body, bearer = door.press(service_url=[CANARY]), {"authorization": f"Bearer {door.signer.token()}"}
    assert door.line.handle(body, bearer) == (200, sdk.said(FAILED))
    assert any(CANARY in line.getMessage() and line.levelno == logging.ERROR for line in caplog.records)
    assert silent(written) and "was not answered" in written.getvalue()


def test_a_token_is_hidden_wherever_it_is_logged(door: Gateway, written: io.StringIO) -> None:
    logging.getLogger("handlers.teams").warning("Bearer %s", door.signer.token())
    assert "Bearer hidden" in written.getvalue() and silent(written)


PIECES: list[Any] = [
    *(None, True, 0, -1, 1e308, "", " ", "x" * 5000, "\x00", "{{DATE(x)}}", "<at>Chief</at>", "é\u202e", [], {}, [[]]),
    *([{}], {"id": None}, {"id": "29:x"}, [None], {"": ""}, "adaptiveCard/action", "invoke", "message", CANARY),
]


def paths(thing: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    for step, part in steps:
        yield (*here, step)
        yield from paths(part, (*here, step))


def mutated(body: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """The same body with one to three parts taken out, doubled, moved or put in another's place."""
    told = copy.deepcopy(body)
    for _ in range(dice.randint(1, 3)):
        path = dice.choice([*paths(told)] or [("type",)])
        within = told
        for step in path[:-1]:
            within = within[step]
        if dice.random() < 0.3:
            within.pop(path[-1])
        elif dice.random() < 0.2 and isinstance(within, dict):
            within[dice.choice(["id", "tenant", "service_url", "action", "verb", "from"])] = dice.choice(PIECES)
        else:
            within[path[-1]] = dice.choice(PIECES)
    return told


@pytest.mark.parametrize("seed", range(3))
def test_no_mutated_body_is_answered_with_5xx(door: Gateway, written: io.StringIO, seed: int) -> None:
    """What gets through to the core has all that the core relies on."""
    dice, statuses, token = random.Random(seed), [], door.signer.token()
    mention = {"type": "mention", "text": "<at>Lightkeeper</at>", "mentioned": {"id": "28:lightkeeper"}}
    whole = [
        door.message(CANARY, entities=[mention], attachments=[{"contentType": "text/html"}]),
        door.press(),
        door.message(type="installationUpdate", action="add"),
        door.message(type="conversationUpdate", membersAdded=[{"id": "29:x"}]),
    ]
    for _ in range(150):
        statuses.append(door.send(mutated(dice.choice(whole), dice), token).status)
    assert set(statuses) <= {200, 400, 401, 403, 501} and {200, 400, 403} <= set(statuses)
    for body in door.heard:
        assert all(isinstance(body[part]["id"], str) for part in ("from", "recipient", "conversation"))
        assert isinstance(body.get("text", ""), str | None) and isinstance(body["id"], str)
        assert body["type"] != "invoke" or isinstance(body["value"]["action"]["verb"], str)
    assert silent(written)
