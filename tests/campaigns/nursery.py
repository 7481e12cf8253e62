"""Processes that a campaign may kill: a nursery imports the product once and forks them, one by one."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.conftest import PRACTICE


class Birth(NamedTuple):
    """What a new worker is told: its pipes, the register, its status file, and what is broken in it ("": nothing)."""

    reads: str
    writes: str
    url: str
    status: str
    broken: str


class Child(NamedTuple):
    """A worker and our ends of its pipes."""

    pid: int
    writes: int
    reads: int


class Nursery:
    """Where workers of one program come from; all that still live are killed at the end."""

    def __init__(self, folder: Path, births: "subprocess.Popen[str]") -> None:
        self.folder, self.births, self.children = folder, births, list[int]()

    def bear(self, url: str, status: Path, broken: str) -> Child:
        """A new worker over two new pipes."""
        ends = [self.folder / f"{way}{len(self.children)}" for way in ("in", "out")]
        for end in ends:
            os.mkfifo(end)
        birth = Birth(str(ends[0]), str(ends[1]), url, str(status), broken)
        assert self.births.stdin and self.births.stdout
        self.births.stdin.write(json.dumps(birth._asdict()) + "\n")
        self.births.stdin.flush()
        self.children.append(int(self.births.stdout.readline()))
        return Child(self.children[-1], os.open(ends[0], os.O_WRONLY), os.open(ends[1], os.O_RDONLY))

    def close(self) -> None:
        for pid in self.children[-9:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self.births.stdin
        self.births.stdin.close()


@contextmanager
def nursery(program: str, folder: Path, environment: Mapping[str, str]) -> Iterator[Nursery]:
    """The nursery of a program like `tests.campaigns.worker`."""
    pipe, env = subprocess.PIPE, {**os.environ, **environment}
    command = [sys.executable, "-m", program]
    with subprocess.Popen(command, cwd=PRACTICE.parent, env=env, stdin=pipe, stdout=pipe, text=True) as births:
        made = Nursery(folder, births)
        try:
            yield made
        finally:
            made.close()


def fork_for_each(work: Callable[[Birth], object]) -> None:
    """Fork a worker for each line, and print its process id; the dead are forgotten."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        birth = Birth(**json.loads(line))
        child = os.fork()
        if child == 0:
            os.dup2(os.open(birth.reads, os.O_RDONLY), 0)
            os.dup2(os.open(birth.writes, os.O_WRONLY), 1)
            sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
            work(birth)
            os._exit(0)
        print(child, flush=True)
