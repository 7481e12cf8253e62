"""Runs the practice workspace with the small bot, for the tests of a whole demo."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path

import practice
from practice.demo import demo


def main() -> int:
    """Starts at any free port; words after the name are more of the bot's environment: KEY=value."""
    folder = Path(practice.__file__).parent
    given = json.loads((folder / "workspace.json").read_text(encoding="utf-8"))
    env = {"PATH": os.environ["PATH"], **dict(word.split("=", 1) for word in sys.argv[1:])}
    return demo(
        workspace=given,
        now=datetime.fromisoformat(given["starts"]),
        bot=[sys.executable, str(Path(__file__).with_name("fake_bot.py"))],
        bot_env=env,
        port=0,
        announce=lambda url: print(f"READY {url}", flush=True),
    )


if __name__ == "__main__":
    sys.exit(main())
