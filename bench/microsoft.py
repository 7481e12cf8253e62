"""What stands in for Microsoft: the keys that tokens are signed with, one member, and the activities of Teams."""

import json
import threading
import time
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

APP, TENANT = "4c9e1b52-0a86-4f6e-9a35-6f3f0c1f7d10", "7a1c0de0-5b5e-4d6f-8a39-2f1e0c9b8a7d"
ACCOUNT, USER, CHAT = "0b7e1c1e-0000-4000-8000-000000000001", "29:bench", "a:bench"
ASKER_NAME, KID = "Supt Owen Hale", "bench"
Json = dict[str, Any]


class Microsoft:
    """`with Microsoft(email) as microsoft:` gives keys and one member at `base`, and signs as Teams does."""

    def __init__(self, email: str) -> None:
        self.member = {"id": USER, "aadObjectId": ACCOUNT, "name": ASKER_NAME, "email": email}
        self.member |= {"userPrincipalName": email, "userRole": "user", "tenantId": TENANT}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.metadata_url, self.service_url = f"{self.base}/openidconfiguration", f"{self.base}/teams"

    def __enter__(self) -> "Microsoft":
        threading.Thread(target=self.server.serve_forever, args=(0.5,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()

    @cached_property
    def key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric import rsa

        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def told(self, path: str) -> Json:
        """The answer to whatever is asked."""
        import jwt

        if path.endswith("/openidconfiguration"):
            return {"issuer": "https://api.botframework.com", "jwks_uri": f"{self.base}/keys"}
        if path.endswith("/keys"):
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return {"keys": [{**public, "kid": KID, "use": "sig", "endorsements": ["msteams"]}]}
        return self.member if "/members/" in path else {"id": "1"}

    @cached_property
    def bearer(self) -> str:
        """https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication"""
        import jwt

        now = int(time.time())
        claims = {"iss": "https://api.botframework.com", "aud": APP, "nbf": now - 60, "exp": now + 86_400}
        claims["serviceurl"] = self.service_url
        return f"Bearer {jwt.encode(claims, self.key, algorithm='RS256', headers={'kid': KID})}"

    def message(self, words: str, number: int) -> Json:
        """Somebody writes to the bot in their own chat with it; `number` tells one message from the next.

        https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-activities
        """
        return {**self._activity("message", number), "text": words, "textFormat": "plain"}

    def press(self, words: str, number: int) -> Json:
        """Somebody presses a button: https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model"""
        data = {"say": words, "nonce": f"{number:012x}", "from": "help"}
        value = {"action": {"type": "Action.Execute", "verb": "say", "data": data}, "trigger": "manual"}
        about = {"name": "adaptiveCard/action", "value": value, "replyToId": "1780000000000"}
        return {**self._activity("invoke", number), **about}

    def _activity(self, kind: str, number: int) -> Json:
        return {
            "type": kind,
            "id": f"{1_780_000_000_000 + number}",
            "timestamp": "2026-11-23T09:00:00.000Z",
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "from": {"id": USER, "name": ASKER_NAME, "aadObjectId": ACCOUNT},
            "recipient": {"id": "28:bench", "name": "Lightkeeper"},
            "conversation": {"id": CHAT, "conversationType": "personal", "tenantId": TENANT},
            "channelData": {"tenant": {"id": TENANT}},
            "locale": "en-GB",
        }


def _handler(microsoft: Microsoft) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.dumps(microsoft.told(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    return Handler
