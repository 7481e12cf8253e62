"""Hosts that misbehave when a file is fetched: too much, too slow, too little, elsewhere, or a page to sign in."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from slack_sdk import WebClient

from handlers.slack.files import Chosen, NotHandedOver, SlackFiles
from storage.rules import evidence

TOKEN = "xoxb-of-the-tests"
GONE = (BrokenPipeError, ConnectionResetError)


class Host(BaseHTTPRequestHandler):
    """Does to whoever asks what the path says, and remembers how much it could send."""

    sent = 0
    asked: list[tuple[str, str]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        try:
            WAYS[self.path.rsplit("/", 1)[-1]](self)
        except GONE:
            self.close_connection = True

    def head(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def endless(host: Host) -> None:
    """Says that it is small, by saying nothing, and never ends."""
    host.head(Content_Type="application/pdf")
    for _ in range(600):
        host.wfile.write(bytes(100_000))
        type(host).sent += 100_000


def declared(host: Host) -> None:
    host.head(Content_Type="application/pdf", Content_Length=str(evidence.MOST_BYTES + 1))
    host.wfile.write(bytes(evidence.MOST_BYTES + 1))


def exact(host: Host) -> None:
    host.head(Content_Type="application/pdf", Content_Length=str(evidence.MOST_BYTES))
    host.wfile.write(b"x" * evidence.MOST_BYTES)


def trickle(host: Host) -> None:
    """Never silent for long, and never done."""
    host.head(Content_Type="application/pdf", Content_Length="1000")
    for _ in range(100):
        host.wfile.write(b"x")
        host.wfile.flush()
        time.sleep(0.05)


def silent(host: Host) -> None:
    time.sleep(1.5)


def half(host: Host) -> None:
    host.head(Content_Type="application/pdf", Content_Length="1000")
    host.wfile.write(b"half")


def moved(host: Host) -> None:
    host.head(302, Location=f"http://{host.headers['Host']}/elsewhere")


def page(host: Host) -> None:
    host.head(Content_Type="text/html; charset=utf-8")
    host.wfile.write(b"<html>")


def untyped(host: Host) -> None:
    host.head()
    host.wfile.write(b"\n <!DOCTYPE HTML><html><title>Sign in</title>")


def forbidden(host: Host) -> None:
    host.head(403)


def missing(host: Host) -> None:
    host.head(404)


def nonsense(host: Host) -> None:
    host.wfile.write(b"no such protocol\r\n\r\n")
    host.close_connection = True


def text_of_a_page(host: Host) -> None:
    """A text that happens to begin as a page does, and says that it is a text."""
    host.head(Content_Type="text/plain")
    host.wfile.write(b"<html> is how a page begins")


WAYS: dict[str, Callable[[Host], None]] = {
    way.__name__: way
    for way in (
        *(endless, declared, exact, trickle, silent, half, moved, page, untyped, forbidden, missing, nonsense),
        text_of_a_page,
    )
}
WAYS["elsewhere"] = exact


@pytest.fixture
def host() -> Iterator[type[Host]]:
    class Fresh(Host):
        asked: list[tuple[str, str]] = []  # noqa: RUF012
        address = ""

    with ThreadingHTTPServer(("127.0.0.1", 0), Fresh) as server:
        Fresh.address = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Fresh
        server.shutdown()


def files(host: Any) -> SlackFiles:
    return SlackFiles(WebClient(TOKEN, base_url=f"{host.address}/api/"), silent=0.4, whole=0.8)


def wrong(host: Any, way: str) -> str:
    with pytest.raises(NotHandedOver) as refused:
        files(host).fetch([Chosen("audit.pdf", 10, f"{host.address}/files-pri/T-F/download/{way}")])
    return str(refused.value)


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("endless", "audit.pdf is larger than 10 MB."),
        ("declared", "audit.pdf is larger than 10 MB."),
        ("trickle", "Slack did not hand over audit.pdf in time."),
        ("silent", "Slack did not hand over audit.pdf in time."),
        ("half", "Slack did not hand over audit.pdf whole."),
        ("nonsense", "Slack did not hand over audit.pdf whole."),
        ("missing", "Slack did not hand over audit.pdf (status 404)."),
        ("moved", "the app lacks the scope files:read"),
        ("page", "the app lacks the scope files:read"),
        ("untyped", "the app lacks the scope files:read"),
        ("forbidden", "the app lacks the scope files:read"),
    ],
)
def test_each_misbehaviour_has_its_sentence_and_an_end(host: type[Host], way: str, sentence: str) -> None:
    begun = time.monotonic()
    assert sentence in wrong(host, way)
    assert time.monotonic() - begun < 3
    assert [path.rsplit("/", 1)[-1] for path, _ in host.asked] == [way]  # no redirect was followed, nothing tried twice
    assert host.sent <= evidence.MOST_BYTES + 20_000_000  # what stood in buffers


def test_ten_megabytes_come_whole_and_a_text_is_no_page(host: type[Host]) -> None:
    fetched = files(host).fetch(
        [
            Chosen("C:\\rota\\audit.pdf", 10, f"{host.address}/files-pri/exact"),  # type: ignore[attr-defined]
            Chosen("page.txt", 10, f"{host.address}/files-pri/text_of_a_page"),  # type: ignore[attr-defined]
        ]
    )
    assert [(f.name, f.media_type, len(f.content)) for f in fetched] == [
        ("audit.pdf", "application/pdf", evidence.MOST_BYTES),
        ("page.txt", "text/plain", 27),
    ]
    assert {token for _, token in host.asked} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("api", "url", "ours"),
    [
        ("https://slack.com/api/", "https://files.slack.com/files-pri/T-F/download/a.pdf", True),
        ("https://www.slack.com/api/", "https://files.slack.com/files-pri/T-F/a.pdf", True),
        ("https://slack-gov.com/api/", "https://files.slack-gov.com/files-pri/T-F/a.pdf", True),
        ("https://slack.com/api/", "https://slack.com/files-pri/a.pdf", True),
        ("https://slack.com/api/", "http://files.slack.com/files-pri/a.pdf", False),
        ("https://slack.com/api/", "https://files.slack.com:8443/a.pdf", False),
        ("https://slack.com/api/", "https://files.slack.com.evil.example/a.pdf", False),
        ("https://slack.com/api/", "https://files.slack.com@evil.example/a.pdf", False),
        ("https://slack.com/api/", "https://evil.example\\@files.slack.com/a.pdf", False),
        ("https://slack.com/api/", "https://evilslack.com/a.pdf", False),
        ("https://slack.com/api/", "https://[files.slack.com/a.pdf", False),
        ("https://slack.com/api/", "https://files.slack.com:x/a.pdf", False),
        ("https://slack.com/api/", "//files.slack.com/a.pdf", False),
        ("https://slack.com/api/", "", False),
    ],
)
def test_whose_host_it_is(api: str, url: str, ours: bool) -> None:
    assert SlackFiles(WebClient(TOKEN, base_url=api)).ours(url) is ours
