"""The way in and out of the Teams door in a test: what Teams would send goes over HTTP, with a token of ours."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from bot.web import Route, Web, healthz
from handlers.teams.gate import Gate
from handlers.teams.sdk import PATH, Line, TeamsSettings
from tests.teams.stand_ins import APP, BOT, TENANT, Connector, Signer

PRIYA = "29:priya"
CHAT, CHANNEL = "a:chat-of-priya", "19:governance@thread.tacv2"


class Told(NamedTuple):
    """What was answered."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Gateway:
    """A line, the gate on a free port, and what stands in for Microsoft."""

    def __init__(self, line: Line, web: Web, signer: Signer, connector: Connector) -> None:
        self.line, self.web, self.signer, self.connector = line, web, signer, connector
        self.heard: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda body: None

    def fresh(self) -> None:
        self.heard.clear()
        self.connector.clear()
        self.answer = lambda body: None

    def core(self, body: dict[str, Any]) -> dict[str, Any] | None:
        self.heard.append(body)
        return self.answer(body)

    def message(self, text: str = "mine", **changes: Any) -> dict[str, Any]:
        """A message to the bot in the 1:1 chat, as Teams sends it; a part that is changed to None is left out."""
        told = {
            "type": "message",
            "id": "1780000000001",
            "timestamp": "2026-11-27T09:00:00.000Z",
            "channelId": "msteams",
            "serviceUrl": self.connector.service_url,
            "from": {"id": PRIYA, "name": "Priya", "aadObjectId": "0b7e1c1e-0000-4000-8000-000000000001"},
            "recipient": {"id": BOT, "name": "Lightkeeper"},
            "conversation": {"id": CHAT, "conversationType": "personal", "tenantId": TENANT},
            "channelData": {"tenant": {"id": TENANT}},
            "text": text,
            **changes,
        }
        return {name: value for name, value in told.items() if value is not None}

    def press(self, **changes: Any) -> dict[str, Any]:
        """A press on a button of a card."""
        action = {"type": "Action.Execute", "verb": "say", "data": {"say": "mine", "nonce": "0a1b2c"}}
        told = {
            **self.message(text=""),
            "type": "invoke",
            "name": "adaptiveCard/action",
            "replyToId": "1780000000000",
            "value": {"action": action, "trigger": "manual"},
            **changes,
        }
        return {name: value for name, value in told.items() if value is not None and name != "text"}

    def send(self, body: Any, token: str | None = None, **headers: str) -> Told:
        """POST a body as Teams does: JSON, with a good token where none is given ("" for none at all)."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        bearer = self.signer.token() if token is None else token
        about = {"Content-Type": "application/json", **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
        return self.ask(
            "POST", PATH, raw, {**about, **{name.replace("_", "-"): said for name, said in headers.items()}}
        )

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Told:
        line = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=30)
        try:
            line.request(method, path, body, dict(headers or {}))
            told = line.getresponse()
            return Told(told.status, told.read())
        finally:
            line.close()


@contextmanager
def gateway(**settings: Any) -> Iterator[Gateway]:
    """A whole door with stand-ins of its own, open while this lasts."""
    with ExitStack() as stack:
        connector = stack.enter_context(Connector())
        signer = stack.enter_context(Signer(connector.service_url))
        told = {"app_id": APP, "secret": "", "tenant": TENANT, "local": True, "metadata_url": signer.metadata_url}
        line = Line(TeamsSettings(**{**told, **settings}))
        stack.callback(line.close)
        web = Web({PATH: Route("POST", Gate(line)), "/healthz": healthz(lambda: (True, "{}"))}, "127.0.0.1", 0)
        opened = Gateway(line, web, signer, connector)
        line.start(opened.core)
        web.start()
        stack.callback(web.close)
        yield opened
