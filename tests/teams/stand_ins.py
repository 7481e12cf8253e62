"""What stands in for Microsoft: a key server whose keys are ours and that signs, and a connector that keeps posts."""

import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import unquote

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

APP, TENANT, BOT = "4c9e1b52-0a86-4f6e-9a35-6f3f0c1f7d10", "7a1c0de0-5b5e-4d6f-8a39-2f1e0c9b8a7d", "28:lightkeeper"
ISSUER = "https://api.botframework.com"
HELD_SECONDS = 30  # nothing waits so long: it ends a test that forgot to let go


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Made once for each name; it takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class _Server:
    """A small HTTP server on loopback."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.server.handle_error = self.hung_up  # type: ignore[method-assign,assignment]
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def hung_up(self, request: object, client: object) -> None:
        """Whoever asked did not wait for the answer."""

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, tb: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, asked: "_Asked") -> None:
        raise NotImplementedError

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(_Asked):
            def answer_all(self) -> None:
                outer.answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = answer_all

        return Handler


class _Asked(BaseHTTPRequestHandler):
    """One request, and how it is answered."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def body(self) -> Any:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = str(self.headers.get("Content-Type") or "application/json")
        return (json.loads(raw) if "json" in kind else raw) if raw else None

    def say(self, status: int, told: Any, headers: Mapping[str, str] | None = None) -> None:
        raw = told.encode() if isinstance(told, str) else json.dumps(told).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def cut(self) -> None:
        """Hang up without an answer."""
        self.close_connection = True
        self.connection.shutdown(2)

    def log_message(self, format: str, *args: object) -> None: ...


class Signer(_Server):
    """The key server, and who signs with its keys. While `held` is not set, the keys are not given."""

    def __init__(self, service_url: str) -> None:
        super().__init__()
        self.service_url, self.held, self.asked, self.down = service_url, threading.Event(), 0, False
        self.waiting, self.kid = threading.Event(), "microsoft"  # the one key that is given
        self.more: dict[str, Any] = {"endorsements": ["msteams"]}
        self.held.set()

    @property
    def metadata_url(self) -> str:
        return f"{self.base}/v1/.well-known/openidconfiguration"

    def answer(self, asked: _Asked) -> None:
        if asked.path.endswith("/openidconfiguration"):
            return asked.say(200, {"issuer": ISSUER, "jwks_uri": f"{self.base}/v1/.well-known/keys"})
        self.asked += 1
        self.waiting.set()
        self.held.wait(HELD_SECONDS)
        if self.down:
            return asked.say(503, {})
        public = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key(self.kid).public_key(), as_dict=True)
        return asked.say(200, {"keys": [{**public, "kid": self.kid, "use": "sig", **self.more}]})

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What Teams claims in a token; a claim that is changed to None is left out."""
        now = int(time.time())
        told = {
            "iss": ISSUER,
            "aud": APP,
            "nbf": now - 60,
            "exp": now + 3600,
            "serviceurl": self.service_url,
            **changes,
        }
        return {name: value for name, value in told.items() if value is not None}

    def token(self, **changes: Any) -> str:
        """A token as Teams sends it, but for some claims."""
        return self.signed(self.claims(**changes))

    def signed(self, claims: Mapping[str, Any], key: str = "microsoft", kid: str | None = "microsoft") -> str:
        headers = {"kid": kid} if kid else {}
        return jwt.encode(dict(claims), rsa_key(key), algorithm="RS256", headers=headers)


class Posted(NamedTuple):
    """What was asked of the connector."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


class Order(NamedTuple):
    """How the connector answers one request instead; `cut` hangs up once it has the request."""

    status: int = 200
    body: Any = ""
    headers: Mapping[str, str] = {}
    cut: bool = False


class Connector(_Server):
    """Teams' service for what goes out: keeps what is posted, answers with ids, and with what it was told to."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[Posted] = []
        self.orders: deque[Order] = deque()
        self.members: dict[str, dict[str, Any]] = {}  # id -> the member as Teams tells it
        self.free, self.busy = threading.Event(), threading.Event()
        self.free.set()

    @property
    def service_url(self) -> str:
        return f"{self.base}/teams"

    def refuse(self, status: int, code: str = "", headers: Mapping[str, str] | None = None) -> None:
        """Answer the next request with an error of Teams' kind."""
        self.orders.append(Order(status, {"error": {"code": code, "message": "canary-of-teams"}}, headers or {}))

    def cut(self) -> None:
        self.orders.append(Order(cut=True))

    def hold(self) -> None:
        """Answer nothing any more; `busy` is set when somebody waits."""
        self.free.clear()

    def clear(self) -> None:
        self.free.set()
        self.busy.clear()
        self.posted.clear()
        self.orders.clear()

    def answer(self, asked: _Asked) -> None:
        posted = Posted(asked.command, unquote(asked.path), dict(asked.headers), asked.body())
        self.posted.append(posted)
        self.busy.set()
        self.free.wait(HELD_SECONDS)
        if self.orders:
            order = self.orders.popleft()
            return asked.cut() if order.cut else asked.say(order.status, order.body, order.headers)
        return asked.say(*self._told(posted))

    def _told(self, posted: Posted) -> tuple[int, Any]:
        path, _, _ = posted.path.partition("?")
        if posted.method == "POST":
            return 201, {"id": f"{1_780_000_000_000 + len(self.posted)}"}
        if posted.method == "PUT":
            return 200, {"id": path.rpartition("/")[2]}
        if posted.method == "DELETE":
            return 200, ""
        if path.lower().endswith("/pagedmembers"):
            return 200, {"members": list({one["id"]: one for one in self.members.values()}.values())}
        member = self.members.get(path.rpartition("/")[2]) if "/members/" in path else None
        return (200, member) if member else (404, {"error": {"code": "MemberNotFoundInConversation", "message": ""}})


class Login(_Server):
    """A proxy behind which login.microsoftonline.com is ours: it gives tokens, or says that the app is not right."""

    HOST = "login.microsoftonline.com"

    def __init__(self, folder: Path, token: str) -> None:
        self.certificate, self.token, self.error = folder / "login.pem", token, ""
        self.asked: list[str] = []
        _certify(self.HOST, self.certificate)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.certificate)
        super().__init__()

    def answer(self, asked: _Asked) -> None:
        raw = asked.rfile.read(int(asked.headers.get("Content-Length") or 0)).decode()
        self.asked.append(f"{asked.path} {raw}")
        root = f"https://{self.HOST}/{TENANT}"
        if asked.path.endswith("/openid-configuration"):
            ends = {"authorization_endpoint": f"{root}/oauth2/v2.0/authorize", "issuer": f"{root}/v2.0"}
            return asked.say(200, {**ends, "token_endpoint": f"{root}/oauth2/v2.0/token"})
        if "/discovery/instance" in asked.path:
            return asked.say(200, {"metadata": []})
        if self.error:
            return asked.say(401, {"error": self.error, "error_description": "canary-of-microsoft"})
        return asked.say(200, {"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer, plainly = self, super()._handler()

        class Tunnel(plainly):  # type: ignore[valid-type,misc]
            def do_CONNECT(self) -> None:
                self.send_response(200)
                self.end_headers()
                line = outer.tls.wrap_socket(self.request, server_side=True)
                self.connection, self.rfile, self.wfile = line, line.makefile("rb"), line.makefile("wb", 0)
                self.close_connection = False

        return Tunnel


def _certify(host: str, path: Path) -> None:
    """A certificate for a host, that vouches for itself, and its key, in one file."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(rsa_key(host).public_key())
    built = built.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = built.sign(rsa_key(host), hashes.SHA256()).public_bytes(Encoding.PEM)
    path.write_bytes(signed + rsa_key(host).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
