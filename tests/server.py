"""A PostgreSQL server of the tests' own, in a folder that goes with it: never run as root, its disk not waited for."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

ACCOUNT, PASSWORD = "lightkeeper", "c4nary-of-the-server"
# a database whose own language sorts otherwise than by bytes, so that whoever relies on it is found out
LANGUAGE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-GB")
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}
# the socket for the tests; with a password, as a real one, by the port
WHO_MAY = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


def programs() -> Path | None:
    """Where the newest server's programs lie, as Debian and others put them; None where there is none."""
    found = [p for p in Path("/usr/lib/postgresql").glob("*/bin/postgres") if p.parent.parent.name.isdecimal()]
    if found:
        return max(found, key=lambda p: int(p.parent.parent.name)).parent
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


class Server:
    """A running server; databases are made from one another's copies."""

    def __init__(self, bin_: Path) -> None:
        self.bin = bin_
        self.folder = Path(tempfile.mkdtemp(prefix="lightkeeper-pg-"))
        self.owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self.owner:
            os.chown(self.folder, self.owner.pw_uid, self.owner.pw_gid)
        self.port = _free_port()
        self._run("initdb", "--no-sync", "--auth=trust", "--username=postgres", *LANGUAGE, "-D", self.data)
        (self.data / "pg_hba.conf").write_text(WHO_MAY)
        self.start()
        self.line = psycopg.connect(self.conninfo("postgres"), autocommit=True)
        self.line.execute(f"CREATE ROLE {ACCOUNT} LOGIN PASSWORD '{PASSWORD}'")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *arguments: object) -> None:
        who: dict[str, Any] = {}
        if self.owner:
            who = {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        command = [str(self.bin / program), *map(str, arguments)]
        with (self.folder / "log").open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", **who)

    def start(self) -> None:
        options = {**FAST, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        words = " ".join(f"-c {name}={value}" for name, value in options.items())
        self._run("pg_ctl", "start", "-w", "-D", self.data, "-l", self.folder / "server.log", "-o", words)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate", "-D", self.data)

    def close(self) -> None:
        self.line.close()
        self.stop()
        shutil.rmtree(self.folder)

    # --- databases --------------------------------------------------------------------------------------------------

    def conninfo(self, name: str, user: str = "postgres") -> str:
        return f"host={self.folder} port={self.port} dbname={name} user={user}"

    def url(self, name: str) -> str:
        """As the program's own account, by the socket."""
        return f"postgresql+psycopg://{ACCOUNT}@/{name}?host={self.folder}&port={self.port}"

    def url_with_password(self, name: str, password: str = PASSWORD, account: str = ACCOUNT) -> str:
        return f"postgresql+psycopg://{account}:{password}@127.0.0.1:{self.port}/{name}"

    def make(self, name: str, template: str = "template0") -> str:
        """A database of the program's account, empty or a copy; gives its address."""
        how = " STRATEGY file_copy" if self.line.info.server_version >= 150000 else ""
        self.line.execute(f"CREATE DATABASE {name} OWNER {ACCOUNT} TEMPLATE {template}{how}")
        return self.url(name)

    def drop(self, name: str) -> None:
        """Whoever still has it open loses it."""
        self.line.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def server(bin_: Path) -> Iterator[Server]:
    running = Server(bin_)
    try:
        yield running
    finally:
        running.close()
