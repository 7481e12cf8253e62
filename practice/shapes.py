"""The few type names that all of the practice workspace shares."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class SlackError(Exception):
    """A refusal in Slack's own words: the code, and whatever else the answer carries."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more

    def answer(self) -> Json:
        """The whole answer as Slack words it."""
        return {"ok": False, "error": self.code, **self.more}
