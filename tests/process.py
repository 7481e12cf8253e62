"""`lightkeeper run` as a process of its own, what it says, and what its health page tells."""

import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent.parent
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Process:
    """`lightkeeper run`, and what it has said so far."""

    def __init__(self, env: Mapping[str, str]) -> None:
        argv = [sys.executable, "-m", "bot", "--env-file", "", "run"]
        self.process = subprocess.Popen(argv, cwd=HERE, env=dict(env), stderr=subprocess.PIPE, text=True)
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.said.extend(iter(self.process.stderr.readline, ""))

    @property
    def log(self) -> str:
        return "".join(self.said)

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(20)
        self._reader.join(5)
        return status


@contextmanager
def running(env: Mapping[str, str]) -> Iterator[Process]:
    process = Process(env)
    try:
        yield process
    finally:
        process.end(signal.SIGKILL)


def health(port: int) -> tuple[int, dict[str, object]]:
    """Status and answer; 0 while nothing listens."""
    try:
        with OPENER.open(f"http://127.0.0.1:{port}/healthz", timeout=5) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())
    except OSError:
        return 0, {}
