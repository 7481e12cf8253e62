"""Stands between Microsoft's local client and the bot: the client proves nothing, so each call gets a real token here.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

ISSUER = "https://api.botframework.com"
MESSAGES = "/api/messages"
METADATA = "/v1/.well-known/openidconfiguration"
KEYS = "/v1/.well-known/keys"
KEY_ID = "practice"
TOKEN_SECONDS = 3600
WITHIN = 20  # seconds in which the bot must have answered; Teams waits for about 15


class Signer:
    """Listens on 127.0.0.1 while it is open, signs what is posted to `url` and passes it on to the bot.

    `metadata_url` describes the keys that it signs with, as Microsoft's own page does.
    """

    def __init__(self, bot_url: str, app_id: str) -> None:
        from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

        self._key = generate_private_key(public_exponent=65537, key_size=2048)
        self._bot_url, self._app_id = bot_url, app_id
        self._server = _Server(("127.0.0.1", 0), _Door)
        self._server.signer = self
        root = f"http://127.0.0.1:{self._server.server_port}"
        self.url, self.metadata_url, self._keys_url = root + MESSAGES, root + METADATA, root + KEYS
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="signer", daemon=True)

    def __enter__(self) -> Signer:
        self._thread.start()
        return self

    def __exit__(self, _1: type[BaseException] | None, _2: BaseException | None, _3: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, service_url: str) -> str:
        """A bearer token as the Bot Framework gives for an activity that came by this service's address."""
        import jwt

        now = int(time.time())
        claims = {"iss": ISSUER, "aud": self._app_id, "serviceurl": service_url}
        times = {"iat": now, "nbf": now, "exp": now + TOKEN_SECONDS}
        return jwt.encode({**claims, **times}, self._key, algorithm="RS256", headers={"kid": KEY_ID})

    def described(self, path: str) -> dict[str, Any] | None:
        """What stands at one of the two public addresses, else None."""
        if path == METADATA:
            return {
                "issuer": ISSUER,
                "jwks_uri": self._keys_url,
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            }
        return {"keys": [self._public_key()]} if path == KEYS else None

    def _public_key(self) -> dict[str, Any]:
        from jwt.algorithms import RSAAlgorithm

        public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {**public, "kid": KEY_ID, "use": "sig", "alg": "RS256", "endorsements": ["msteams"]}

    def passed_on(self, body: bytes) -> tuple[int, bytes]:
        """The bot's answer to a signed body; 502 while there is no bot."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token(_service_url(body))}"}
        request = urllib.request.Request(self._bot_url, body, headers)
        try:
            with _direct().open(request, timeout=WITHIN) as answer:
                return int(answer.status), answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()
        except (OSError, http.client.HTTPException):
            return int(HTTPStatus.BAD_GATEWAY), b"The bot does not answer."


def _direct() -> urllib.request.OpenerDirector:
    """Past any proxy: both ends are on this machine."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _service_url(body: bytes) -> str:
    try:
        activity = json.loads(body)
    except ValueError:
        return ""
    return str(activity.get("serviceUrl", "")) if isinstance(activity, dict) else ""


class _Server(ThreadingHTTPServer):
    signer: Signer


class _Door(BaseHTTPRequestHandler):
    """One connection to the signer."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != MESSAGES:
            return self._answer(int(HTTPStatus.NOT_FOUND), b"")
        return self._answer(*self.server.signer.passed_on(body))

    def do_GET(self) -> None:
        described = self.server.signer.described(self.path)
        if described is None:
            return self._answer(int(HTTPStatus.NOT_FOUND), b"")
        return self._answer(int(HTTPStatus.OK), json.dumps(described).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if body[:1] in b"{[" else "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, _form: str, *_given: Any) -> None:
        """Nothing is logged: a body may hold an item's text."""
