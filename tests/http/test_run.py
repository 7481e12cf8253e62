"""`run` as a process: over HTTP, with a health page, with a port that is taken, and without one in Socket Mode."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import vitals
from bot.clock import instant
from bot.health import Check
from bot.pulse import LATE_SECONDS, Pulse
from bot.settings import Settings, SettingsFault, problems_to_run, read
from bot.web import PortTaken, Web, healthz
from practice.stand_in import StandInThread
from storage.store import open_store
from tests.databases import Database
from tests.http.post import SECRET, Post, until
from tests.process import OPENER, Process, free_port, health, running
from tests.wire.office import FRIDAY, STORY, WORKSPACE, settings


@pytest.fixture
def slack() -> Iterator[StandInThread]:
    with StandInThread(WORKSPACE, now=instant(FRIDAY)) as stand_in:
        yield stand_in


def environment(slack: StandInThread, url: str, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "SYSTEMROOT"}}
    address = {"SLACK_API_URL": slack.api_url, "DATABASE_URL": url, "LIGHTKEEPER_NOW": FRIDAY}
    return {**kept, **STORY["settings"], "SLACK_BOT_TOKEN": slack.bot_token, **address, **more}


def settings_of(url: str) -> Settings:
    return settings(database_url=url, lightkeeper_now=instant(FRIDAY))


def beating(url: str) -> list[Check]:
    """What `health` says beside a running bot; nothing before its first sign of life."""
    found = vitals.checks(lambda: settings_of(url))
    return found if all(check.ok for check in found if check.name == "bot") else []


def listens(process: Process) -> set[str]:
    """The ports that a process listens on, as the system sees it."""
    inodes = {
        os.readlink(fd)
        for fd in Path(f"/proc/{process.process.pid}/fd").iterdir()
        if os.path.islink(fd) and fd.exists()
    }
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[1].split(":")[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes}


def test_over_http_slack_is_answered_and_the_health_page_tells(slack: StandInThread, register_url: str) -> None:
    port = free_port()
    with running(environment(slack, register_url, SLACK_SIGNING_SECRET=SECRET, HTTP_PORT=str(port))) as process:
        until(lambda: health(port)[0] == 200, "health", within=20)
        post = Post(port)
        told = post.events(post.command("CUST26-R2"))
        assert (told.status, "CUST26-R2" in told.json["text"]) == (200, True)
        assert post.events(post.command("mine"), {"X-Slack-Signature": "v0=" + "0" * 64}).status == 401
        status, said = health(port)
        assert status == 200
        assert set(said) == {"ok", "register", "ticker", "ticked_seconds_ago", "slack", "answered", "troubles"}
        assert (said["slack"], said["answered"], said["troubles"]) == ("calls over HTTP", 1, [])
        with OPENER.open(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
            assert "lightkeeper_answers_total 1.0" in page.read().decode().splitlines()
        checks = until(lambda: beating(register_url), "a sign of life", within=20)
        assert all(check.ok for check in checks), checks
        assert process.end() == 0
    assert [check.name for check in vitals.checks(lambda: settings_of(register_url)) if not check.ok] == ["bot"]
    assert "Traceback" not in process.log, process.log
    assert SECRET not in process.log


def test_a_port_that_is_taken_is_one_plain_sentence(slack: StandInThread, register_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with running(environment(slack, register_url, SLACK_SIGNING_SECRET=SECRET, HTTP_PORT=port)) as process:
            assert process.process.wait(20) == 1
            assert process.end() == 1
    assert process.said == [
        f"Port {port} of 127.0.0.1 is taken by another program. Stop that one, or set HTTP_PORT to another.\n"
    ]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_name_and_an_address_can_be_listened_on(host: str) -> None:
    web = Web({"/healthz": healthz(lambda: (True, "{}"))}, host, 0)
    web.start()
    assert health(web.port) == (200, {})
    web.close()
    assert health(web.port) == (0, {})


def test_a_request_that_ends_while_the_server_does_is_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web({"/healthz": healthz(lambda: (True, "{}"))}, "127.0.0.1", 0)
    web.start()
    trigger, wake = web._server.trigger, web._server.trigger._physical_pull

    def woken_before() -> None:
        wake()  # as a request does at its end
        web._thread.join(10)
        wake()

    monkeypatch.setattr(trigger, "_physical_pull", woken_before)
    web.close()
    assert not web._thread.is_alive()
    assert health(web.port) == (0, {})


def test_a_request_that_does_not_end_does_not_keep_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.END_WITHIN", 0.2)
    asked, go_on = threading.Event(), threading.Event()

    def endless() -> tuple[bool, str]:
        asked.set()
        go_on.wait(10)
        return True, "{}"

    web = Web({"/healthz": healthz(endless)}, "127.0.0.1", 0)
    web.start()
    with socket.create_connection(("127.0.0.1", web.port), 10) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert asked.wait(10)
        web.close()
        assert line.recv(99) == b""
    assert health(web.port) == (0, {})
    web._server.pull_trigger()  # as the request may, and then is in nobody's way either
    go_on.set()


def test_an_address_that_is_not_this_machines_is_one_plain_sentence() -> None:
    for host in ("192.0.2.1", "no.such.host.invalid"):
        with pytest.raises(
            PortTaken, match=r"^Nothing can listen on .* Set HTTP_HOST to an address of this machine\.$"
        ):
            Web({}, host, 3000)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the system does not list its ports in /proc")
def test_in_socket_mode_no_port_is_open_unless_it_is_asked_for(slack: StandInThread, register_url: str) -> None:
    with running(environment(slack, register_url, SLACK_APP_TOKEN=slack.app_token)) as process:
        until(lambda: "connected to" in process.log, "the socket", within=20)
        assert listens(process) == set()
        assert process.end() == 0
    port = free_port()
    more = {"SLACK_APP_TOKEN": slack.app_token, "SLACK_SIGNING_SECRET": SECRET, "HTTP_PORT": str(port)}
    with running(environment(slack, register_url, **more)) as process:
        until(lambda: health(port)[0] == 200, "health", within=20)
        assert listens(process) == {f"{port:04X}"}
        until(lambda: health(port)[1]["slack"] == "connected", "the socket", within=20)
        assert Post(port).raw("POST", "/slack/events", b"x").status == 404  # Slack speaks by the socket, and only by it
        assert process.end() == 0


def test_health_is_503_when_the_register_does_not_answer_or_the_ticker_stands(
    database: Database, register_url: str
) -> None:
    now = [0.0]
    store = open_store(register_url, lambda: instant(FRIDAY))
    pulse = Pulse(store, lambda: now[0])
    assert pulse.told()[0]
    now[0] = LATE_SECONDS
    ok, told = pulse.told()
    assert (ok, json.loads(told)["ticker"]) == (False, False)
    pulse.ticked()
    assert pulse.told()[0]
    store.close()
    database.ruin(register_url)
    ok, told = pulse.told()
    assert (ok, json.loads(told)["register"]) == (False, False)


# --- the settings ---------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "HTTP_PORT", "HTTP_HOST"):
        monkeypatch.delenv(name, raising=False)


def test_either_an_app_token_or_a_signing_secret_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    assert [p.split()[0] for p in problems_to_run(read(None))] == ["SLACK_APP_TOKEN"]
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SECRET)
    assert problems_to_run(read(None)) == []
    assert read(None).http_mode
    assert read(None).port_wanted
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    assert not read(None).http_mode
    assert not read(None).port_wanted
    monkeypatch.setenv("HTTP_PORT", "3000")
    assert read(None).port_wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PORT", "0"),
        ("HTTP_PORT", "65536"),
        ("HTTP_PORT", "http"),
        ("HTTP_PORT", "3000.5"),
        ("HTTP_HOST", "http://127.0.0.1"),
        ("HTTP_HOST", "a b"),
        ("SLACK_SIGNING_SECRET", "xoxb-not-this"),
        ("SLACK_SIGNING_SECRET", "ein Geheimnis"),
    ],
)
def test_a_wrong_value_is_a_sentence_that_does_not_repeat_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsFault) as refused:
        read(None)
    (sentence,) = refused.value.faults
    assert sentence.startswith(f"{name} is ")
    assert sentence.endswith(".")
    if name == "SLACK_SIGNING_SECRET":
        assert value not in sentence
