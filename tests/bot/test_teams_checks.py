"""`doctor` on Microsoft Teams: settings, the endpoint as this machine sees it, conversations, digests, the token."""

import ast
import json
import platform
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from bot import wiring
from bot.settings import Settings, read
from bot.teams_checks import MESSAGES
from bot.web import Route, Web
from handlers.gate import MOST_BYTES
from handlers.teams import token
from handlers.teams.gate import Gate
from handlers.teams.sdk import Line, TeamsSettings
from storage import conversations, digests, signs
from storage.conversations import Conversation
from storage.store import Store
from tests.bot.conftest import Station

APP, TENANT = "8f1f6f3e-2b1a-4d9c-9d5e-5b6c7a8d9e0f", "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
SECRET = "canary~of~the~secret"
CHANNEL = "19:dcc@thread.tacv2"


@contextmanager
def answering(statuses: dict[str, tuple[int, Any]], asked: list[str] | None = None) -> Iterator[int]:
    """A server on this machine that gives each path its answer; yields the port."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            if asked is not None:
                asked.append(body)
            self.do_GET()

        def do_GET(self) -> None:
            status, told = statuses.get(self.path.partition("?")[0], (404, {}))
            data = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def nothing() -> int:
    """A port at which nothing listens."""
    with answering({}) as port:
        return port


@pytest.fixture
def teams(station: Station) -> Station:
    """Trentshire's register, and Teams alone set up."""
    station.terminal.set(TEAMS_APP_ID=APP, TEAMS_APP_SECRET=SECRET, TEAMS_TENANT_ID=TENANT, HTTP_PORT=str(nothing()))
    return station


def store_of(station: Station) -> Store:
    settings = read(None)
    return wiring.store_of(settings, lambda: settings.lightkeeper_now)  # type: ignore[arg-type,return-value]


def told(station: Station, *more: str) -> dict[str, tuple[bool, str]]:
    """What doctor says of Teams, by check; the last of each."""
    checks = station("doctor", "--json", *more).json["checks"]
    return {c["name"]: (c["ok"], c["sentence"]) for c in checks if c["name"].startswith("teams") or not c["ok"]}


# --- settings -------------------------------------------------------------------------------------------------------


def test_all_three_settings_or_none(station: Station) -> None:
    assert not [name for name in told(station) if name.startswith("teams")]
    station.terminal.set(TEAMS_APP_ID=APP)
    said = station("doctor")
    assert "TEAMS_APP_SECRET is missing." in said.err and "TEAMS_TENANT_ID is missing." in said.err
    assert "SLACK_BOT_TOKEN" not in said.err  # Teams alone is a whole set-up
    station.terminal.set(TEAMS_APP_SECRET=SECRET, TEAMS_TENANT_ID="trentshire.example")
    said = station("doctor")
    assert said.err.startswith("TEAMS_TENANT_ID is not an ID of Microsoft Entra") and len(said.faults) == 1
    station.terminal.set(TEAMS_TENANT_ID=TENANT, HTTP_PORT=str(nothing()))
    assert "TEAMS_" not in station("doctor").err


# --- the endpoint ---------------------------------------------------------------------------------------------------


def test_the_door_of_the_running_bot_turns_away_what_has_no_token(teams: Station) -> None:
    gate = Gate(Line(TeamsSettings(APP, SECRET, TENANT)))
    web = Web({"/api/messages": Route("POST", gate)}, "127.0.0.1", 0)
    web.start()
    try:
        teams.terminal.set(HTTP_PORT=str(web.port))
        ok, sentence = told(teams)["teams endpoint"]
    finally:
        web.close()
    assert ok and sentence == (
        f"Teams' requests are taken at 127.0.0.1, port {web.port}, path /api/messages, and none without "
        "Microsoft's token."
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "is not this bot's door to Teams: it answers 404. Start the bot again, or set HTTP_PORT"),
        (200, "was let in at 127.0.0.1, port"),
        (500, "it answers 500."),
    ],
)
def test_another_answer_than_401_is_a_fault(teams: Station, status: int, words: str) -> None:
    with answering({"/api/messages": (status, {})}) as port:
        teams.terminal.set(HTTP_PORT=str(port))
        ok, sentence = told(teams)["teams endpoint"]
    assert not ok and words in sentence


def test_nothing_listens_is_a_fault_only_while_a_bot_runs_here(teams: Station) -> None:
    ok, sentence = told(teams)["teams endpoint"]
    assert ok and sentence.startswith("No bot runs here now; Teams' requests will be taken at 127.0.0.1, port ")
    store = store_of(teams)
    for name in ("another-machine-1-a", f"{platform.node()}-1-a"):
        signs.beat(store, signs.Beat(name, store.clock(), store.clock(), "{}"))
        ok, sentence = told(teams)["teams endpoint"]
        assert ok is name.startswith("another")
    assert sentence.startswith("A bot runs on this machine, but nothing takes Teams' requests at")


# --- conversations and digests --------------------------------------------------------------------------------------


def heard(store: Store, place: str, kind: str) -> None:
    conversations.heard(store, Conversation(place, TENANT, kind, "28:bot", "https://smba.trafficmanager.net/uk/"))


def test_conversations_are_counted_and_those_that_were_left_named(teams: Station) -> None:
    none = "Nobody in Teams is known to the bot yet. Install the app, write hello to it, and add it to the team."
    assert told(teams)["teams conversations"] == (True, none)
    store = store_of(teams)
    for number in range(2):
        heard(store, f"a:{number}", conversations.PERSONAL)
    heard(store, CHANNEL, conversations.CHANNEL)
    assert told(teams)["teams conversations"] == (
        True,
        "The bot is known in Teams in 2 chats with one person and 1 channel; the longest silent was heard on "
        "23 Nov 2026.",
    )
    conversations.left(store, "a:0")
    said = teams("doctor").out
    assert "in 1 chat with one person and 1 channel;" in said
    assert "Warning: the bot was taken out of 1 conversation, last on 23 Nov 2026." in said


def test_a_digest_to_a_place_without_a_way_to_it_is_a_fault(teams: Station) -> None:
    store = store_of(teams)
    digests.set_up(store, "teams", CHANNEL, "mon", "09:00")
    ok, sentence = told(teams)["teams digest"]
    assert not ok and sentence == (
        "The digest weekly goes to a channel of Teams where the bot was not heard yet, or is no longer. "
        "Add the app to that team, then say in the channel: @Lightkeeper digest here"
    )
    heard(store, CHANNEL, conversations.CHANNEL)
    assert "teams digest" not in told(teams)
    conversations.left(store, CHANNEL)
    assert told(teams)["teams digest"] == (False, sentence)


def test_a_digest_to_teams_while_only_slack_is_set_up_is_a_fault(station: Station) -> None:
    digests.set_up(store_of(station), "teams", CHANNEL, "mon", "09:00")
    ok, sentence = told(station)["teams digest"]
    assert not ok and sentence == (
        "The digest weekly goes to Microsoft Teams, and TEAMS_APP_ID is missing. Set it, or say in Slack: digest here"
    )


def test_without_a_digest_teams_alone_is_told_what_to_say(teams: Station) -> None:
    ok, sentence = told(teams)["schedule"]
    assert not ok
    assert sentence.endswith("Say in the DCC's channel: @Lightkeeper digest here")


# --- the token ------------------------------------------------------------------------------------------------------


class Beside(HTTPAdapter):
    """Brings what is meant for Microsoft to a server on this machine."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        assert request.url is not None
        request.url = request.url.replace(token.LOGIN, f"http://127.0.0.1:{self.port}")
        return super().send(request, *args, **more)


def asked_of(status: int, answer: dict[str, Any], asked: list[str] | None = None, described: int = 200) -> str:
    """What the bot says when Microsoft gives this answer to a request for a token."""
    begins = f"{token.LOGIN}/{TENANT}"
    about = {"authorization_endpoint": f"{begins}/authorize", "token_endpoint": f"{begins}/token", "issuer": begins}
    paths = {f"/{TENANT}/v2.0/.well-known/openid-configuration": (described, about)}
    with answering({**paths, f"/{TENANT}/token": (status, answer)}, asked) as port:
        session = requests.Session()
        session.trust_env = False
        session.mount(token.LOGIN, Beside(port))
        return token.trouble(APP, SECRET, TENANT, session)


def test_microsoft_gives_a_token() -> None:
    asked: list[str] = []
    given = {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 3600}
    assert asked_of(200, given, asked) == ""
    (body,) = asked
    assert f"client_id={APP}" in body and "scope=https%3A%2F%2Fapi.botframework.com%2F.default" in body


def refused(code: int, error: str) -> dict[str, Any]:
    return {"error": error, "error_description": f"AADSTS{code}: canary {SECRET}", "error_codes": [code]}


@pytest.mark.parametrize(
    ("status", "answer", "words"),
    [
        (401, refused(7000215, "invalid_client"), "Microsoft does not take TEAMS_APP_SECRET. Copy the secret's value"),
        (401, refused(7000222, "invalid_client"), "The client secret in TEAMS_APP_SECRET has expired."),
        (400, refused(700016, "unauthorized_client"), "Microsoft knows no app TEAMS_APP_ID in the tenant"),
        (400, refused(53003, "access_denied"), "Microsoft gives the bot no token (AADSTS53003)."),
        (400, {"error": "temporarily_unavailable"}, "Microsoft gives the bot no token (temporarily_unavailable)."),
    ],
)
def test_why_there_is_no_token_is_said_without_the_secret(status: int, answer: dict[str, Any], words: str) -> None:
    said = asked_of(status, answer)
    assert said.startswith(words) and "canary" not in said and APP not in said


def test_a_tenant_that_microsoft_does_not_know() -> None:
    assert asked_of(200, {}, described=400).startswith("Microsoft knows no tenant TEAMS_TENANT_ID.")


def test_microsoft_cannot_be_asked() -> None:
    session = requests.Session()
    session.trust_env = False
    session.mount(token.LOGIN, Beside(nothing()))
    assert token.trouble(APP, SECRET, TENANT, session) == token.AWAY


def test_a_client_on_this_machine_needs_no_token(teams: Station) -> None:
    teams.terminal.set(TEAMS_LOCAL="1")
    ok, sentence = told(teams, "--online")["teams token"]
    assert ok and sentence.startswith("Warning: TEAMS_LOCAL is set")


# --- the guide ------------------------------------------------------------------------------------------------------

HERE = Path(__file__).resolve().parents[2]
GUIDE = (HERE / "docs" / "guides" / "teams.md").read_text(encoding="utf-8")


def test_what_the_guide_says_doctor_says_is_in_the_code() -> None:
    sources = ("bot/teams_checks.py", "bot/settings.py", "handlers/teams/token.py")
    nodes = [node for name in sources for node in ast.walk(ast.parse((HERE / name).read_text(encoding="utf-8")))]
    said = " ".join(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    table = re.findall(r"^\| `([^`]+)` \| ", GUIDE.partition("| doctor says")[2], re.MULTILINE)
    assert len(table) > 12
    assert [words for words in table if words not in said] == []


def test_the_proxy_of_the_guide_passes_what_the_gate_takes_and_nothing_else() -> None:
    proxy = GUIDE.partition("```nginx")[2].partition("```")[0]
    fields = Settings.model_fields
    assert f"proxy_pass              http://{fields['http_host'].default}:{fields['http_port'].default};" in proxy
    assert re.findall(r"location (.+) \{", proxy) == [f"= {MESSAGES}", "/"]
    assert "limit_except POST { deny all; }" in proxy and "location / { return 404; }" in proxy
    assert (
        f"client_max_body_size  {MOST_BYTES // 1024}k;" in proxy and f"`maxAllowedContentLength` {MOST_BYTES}" in GUIDE
    )
