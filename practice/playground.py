"""Microsoft's own local client for Teams: installed where git does not look, given our people, started and stopped.

Its licence is for evaluation: it is fetched by npm as published, never committed and never changed.
https://learn.microsoft.com/en-us/microsoft-365/agents-sdk/test-with-toolkit-project
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.request
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

PACKAGE = "@microsoft/m365agentsplayground"
HERE = Path(__file__).parent / "client"
CACHE = Path(__file__).parent.parent / ".cache" / "teams-client"
OLDEST_NODE = 18
START_WITHIN = 30.0
NO_NODE = (
    f"Microsoft's client for Teams needs Node.js {OLDEST_NODE} or newer with npm, and this machine has {{}}. "
    "Install them (on Debian or Ubuntu the packages nodejs and npm), then try again."
)
NOT_INSTALLED = (
    "Microsoft's client for Teams could not be installed. Check the network, then run the same command again."
)

FORCE = uuid.uuid5(uuid.NAMESPACE_DNS, "trentshire.example")
TENANT = str(uuid.uuid5(FORCE, "tenant"))
APP = str(uuid.uuid5(FORCE, "app"))
BOT = f"28:{APP}"
PERSONAL = "a:practice-chat"
GROUP = "19:practice-custody@thread.v2"
TEAM = "19:practice-general@thread.tacv2"  # its first channel, General, bears the team's id
DCC = "19:practice-dcc-weekly@thread.tacv2"
PLACES = (PERSONAL, GROUP, TEAM, DCC)


class Unavailable(Exception):
    """The client cannot be had on this machine; one sentence."""


# --- Node, and the package ---


def node() -> str:
    """Node's own path. Raises Unavailable where there is none, or too old a one, or no npm."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None:
        raise Unavailable(NO_NODE.format("none"))
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = told.removeprefix("v").split(".")[0]
    if not major.isdecimal() or int(major) < OLDEST_NODE:
        raise Unavailable(NO_NODE.format(f"Node.js {told.removeprefix('v')}" if told else "none that runs"))
    if npm is None:
        raise Unavailable(NO_NODE.format("no npm"))
    return found


def installed() -> Path:
    """The client's program, fetched once for each lock file. Raises Unavailable."""
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    version = str(json.loads(lock)["packages"][f"node_modules/{PACKAGE}"]["version"])
    home = CACHE / version
    program = home / "node_modules" / PACKAGE / "cli.js"
    if not program.exists():
        _install(home)
    return program


def _install(home: Path) -> None:
    """Into a folder beside, then renamed: somebody else may be installing at the same moment."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix="new-") as folder:
        new = Path(folder) / "client"
        new.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, new)
        command = [
            shutil.which("npm") or "npm",
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]
        if subprocess.run(
            command, cwd=new, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        ).returncode:
            raise Unavailable(NOT_INSTALLED)
        try:
            new.rename(home)
        except OSError:  # the other one was quicker
            if not home.exists():
                raise Unavailable(NOT_INSTALLED) from None


# --- who and where ---


def configuration(workspace: Mapping[str, Any], address: str) -> dict[str, Any]:
    """The client's own description of tenant, bot, people and places; `address` is whoever types.

    It takes six people and, beside General, one channel. Guests stay out: it would show them as members of the force.
    Raises Unavailable where nobody has that address.
    """
    people = [_person(one) for one in workspace["people"] if one.get("switcher") and not one.get("is_restricted")]
    if address not in [one["email"] for one in people]:
        raise Unavailable(f"Nobody in the client is {address}. There are {', '.join(one['email'] for one in people)}.")
    return {
        "version": "0.1.1",
        "tenantId": TENANT,
        "bot": {"id": BOT, "name": workspace["app"]["name"]},
        "currentUser": next(one for one in people if one["email"] == address),
        "users": [one for one in people if one["email"] != address],
        "personalChat": {"id": PERSONAL},
        "groupChat": {"id": GROUP, "name": "Custody"},
        "team": {
            "id": TEAM,
            "name": workspace["team"]["short_name"],
            "aadGroupId": str(uuid.uuid5(FORCE, "team")),
            "channels": [{"id": DCC, "name": "dcc-weekly"}],
        },
    }


def _person(one: Mapping[str, Any]) -> dict[str, str]:
    """The client's word for the account's name is spelt as here."""
    return {
        "id": f"29:{one['handle']}",
        "name": one["name"],
        "userPrincipleName": one["email"],
        "aadObjectId": str(uuid.uuid5(FORCE, one["email"])),
        "givenName": one["handle"].split(".")[0].capitalize(),
        "surname": one["handle"].split(".")[-1].capitalize(),
        "email": one["email"],
    }


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# --- the client itself ---


class Playground:
    """The client while it is open, at `url`, on 127.0.0.1 alone, with its telemetry off and no browser opened."""

    def __init__(self, configuration: Mapping[str, Any], bot_url: str, port: int = 0) -> None:
        self._configuration, self._bot_url = configuration, bot_url
        self._port = port or free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.service_url = f"{self.url}/_connector"
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Playground:
        """Raises Unavailable where it cannot be had, or does not start."""
        program, runs = node(), installed()
        self._folder = tempfile.TemporaryDirectory(prefix="lightkeeper-teams-")
        described = json.dumps(self._configuration, ensure_ascii=False)  # JSON is YAML
        Path(self._folder.name, ".m365agentsplayground.yml").write_text(described, encoding="utf-8")
        command = [program, "--require", str(HERE / "quiet.cjs"), str(runs), "start", *self._options()]
        self._process = subprocess.Popen(
            command,
            cwd=self._folder.name,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._until_open(self._process)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, _1: type[BaseException] | None, _2: BaseException | None, _3: TracebackType | None) -> None:
        self.close()

    def _options(self) -> list[str]:
        bot = ["--app-endpoint", self._bot_url, "--channel-id", "msteams"]
        return [*bot, "--port", str(self._port), "--service-url", self.service_url, "--disable-telemetry"]

    def _environment(self) -> dict[str, str]:
        """No PATH: it has nothing else to run."""
        kept = {name: os.environ[name] for name in ("HOME", "TMPDIR", "TEMP", "SYSTEMROOT") if name in os.environ}
        return {**kept, "PATH": "", "APPLICATION_INSIGHTS_NO_STATSBEAT": "1"}

    def _until_open(self, process: subprocess.Popen[bytes]) -> None:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        tries = int(START_WITHIN / 0.1)
        for _ in range(tries):
            try:
                with direct.open(f"{self.url}/_internal/v1/config", timeout=START_WITHIN):
                    return
            except OSError:
                pass
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            break
        raise Unavailable(f"Microsoft's client for Teams did not start. {self._reason()}".strip())

    def _reason(self) -> str:
        """What it has written about it into a log of its own."""
        log = Path(self._folder.name if self._folder else "", "devTools", "m365agentsplayground.log")
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
        return next((line for line in lines if line.startswith("error Reason:")), "")

    def install_bot(self) -> None:
        """Install the bot in the chat, the group and the channels, as an administrator would."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for place in PLACES:
            path = f"{self.url}/_debug/conversation/{place}/installation"
            headers = {"Content-Type": "application/json"}
            with direct.open(urllib.request.Request(path, b"{}", headers), timeout=START_WITHIN):
                pass

    def close(self) -> None:
        """End the process; does nothing when there is none."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._folder is not None:
            self._folder.cleanup()
