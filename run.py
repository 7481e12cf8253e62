"""The one way in: makes `.venv`, installs what is locked, and runs a verb. Needs nothing but Python 3.11 or newer."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
LOCK = HERE / "requirements.lock"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
OWN_VERBS = {
    "test": [["-m", "pytest"]],
    "check": [
        ["-m", "ruff", "format", "--check", "."],
        ["-m", "ruff", "check", "."],
        ["-m", "mypy"],
        ["-c", "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"],
    ],
    "bench": [["-m", "bench"]],
    "soak": [["-m", "pytest", "tests/campaigns", "tests/storage", "tests/bot", "-s"]],
}
TOO_OLD = "Lightkeeper needs Python 3.11 or newer; this is {}.{}. Install a newer Python and use that one."
NO_PIP = (
    "This Python cannot make a virtual environment (its ensurepip is missing). "
    "On Debian or Ubuntu install the package python3-venv, then try again."
)


def main(arguments: list[str]) -> int:
    """Run one verb with the project's own Python; gives its exit status."""
    if sys.version_info < (3, 11):
        return fail(TOO_OLD.format(*sys.version_info[:2]))
    if not arguments:
        print("python3 run.py demo    try it in a browser\npython3 run.py test    run the tests")
        print("python3 run.py --help  every other verb")
        return 2
    fault = set_up()
    if fault:
        return fail(fault)
    return verb(arguments[0], arguments[1:])


def fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def set_up() -> str:
    """Make the environment once for each lock file; gives a sentence when that fails."""
    mark = VENV / "installed"
    wanted = hashlib.sha256(LOCK.read_bytes() + (HERE / "pyproject.toml").read_bytes()).hexdigest()
    if mark.exists() and mark.read_text(encoding="utf-8") == wanted:
        return ""
    print("Setting up, once. This takes about half a minute.", file=sys.stderr, flush=True)
    if not python().exists():
        try:
            import ensurepip  # noqa: F401
        except ImportError:
            return NO_PIP
        if subprocess.call([sys.executable, "-m", "venv", str(VENV)]):
            return "The environment .venv could not be made. Check that this folder can be written to."
    pip = [str(python()), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if subprocess.call([*pip, "--require-hashes", "-r", str(LOCK)]):
        return "The packages could not be installed. Check the network, then run the same command again."
    if subprocess.call([*pip, "--no-build-isolation", "--no-index", "--no-deps", "-e", str(HERE)]):
        return "Lightkeeper itself could not be installed. Remove the folder .venv and try again."
    mark.write_text(wanted, encoding="utf-8")
    return ""


def python() -> Path:
    return BIN / ("python.exe" if os.name == "nt" else "python")


def verb(name: str, rest: list[str]) -> int:
    """Our own verbs are tools of the project; every other is the program's."""
    if name not in OWN_VERBS:
        return follow([str(python()), "-m", "bot", name, *rest])
    environment = {k: v for k, v in os.environ.items() if k not in SETTINGS}
    if name == "soak":
        environment = {**LONG, **environment}
    for command in OWN_VERBS[name]:
        status = follow([str(python()), *command, *rest], cwd=HERE, env=environment)
        if status:
            return status
    return 0


# how much more of a campaign `soak` runs; what the environment says counts before it
LONG = {
    "LIGHTKEEPER_C2_CHANNELS": "25",
    "LIGHTKEEPER_C2_WEEKS": "60",
    "LIGHTKEEPER_TWO_BOTS": "1000",
    "LIGHTKEEPER_C3_ALL": "1",
    "LIGHTKEEPER_LIVES": "12",
    "TRIALS": "40",
}
# the tests set what they need themselves
SETTINGS = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_API_URL",
    "TEAMS_APP_ID",
    "TEAMS_APP_SECRET",
    "TEAMS_TENANT_ID",
    "TEAMS_LOCAL",
    "TEAMS_METADATA_URL",
    "HEARTBEAT_URL",
    "HTTP_HOST",
    "HTTP_PORT",
    "DATABASE_URL",
    "DCC_CHANNEL",
    "DIGEST_DAY",
    "DIGEST_TIME",
    "DIGEST_HOLIDAYS",
    "TIMEZONE",
    "DUE_SOON_DAYS",
    "STALE_DAYS",
    "FORCE_NAME",
    "SLASH_COMMAND",
    "LIAISON_USERS",
    "DCC_USERS",
    "MEMBER_ROLE",
    "SENSITIVE_CHANNELS",
    "ALERT_USER",
    "AUDIT_KEY",
    "BACKUP_DIR",
    "BANK_HOLIDAYS_FILE",
    "LIGHTKEEPER_NOW",
)


def follow(command: list[str], **options: Any) -> int:
    """Run a command to its end; Ctrl-C and SIGTERM reach it, and it decides how to end."""
    process = subprocess.Popen(command, **options)

    def hand_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    signal.signal(signal.SIGTERM, hand_on)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
