"""Coming into a conversation and leaving it: when that is, and the three lines that the bot says once it is there."""

from collections.abc import Mapping
from typing import Any

from handlers.ask import Desk
from handlers.card import Button, Buttons, Card, Line, Span, bold, code, say_lines

Json = Mapping[str, Any]
DIRECT = " for what you own, or a reference to open an item; help tells all that I understand."
SHARED = " for what you own; I answer you alone. help tells all that I understand."


def comes(activity: Json) -> bool:
    """Whether the bot was added: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/subscribe-to-conversation-events"""
    return activity.get("action") == "add" or _names_us(activity, "membersAdded")


def leaves(activity: Json) -> bool:
    """Whether the bot was taken out, or its team is gone; a newer version of the app is neither that nor a coming."""
    gone = (activity.get("channelData") or {}).get("eventType") == "teamDeleted"
    return gone or activity.get("action") == "remove" or _names_us(activity, "membersRemoved")


def left(activity: Json, place: str) -> list[str]:
    """The conversations that such an activity takes from us: its own, and of a team the channel that bears its id."""
    about = activity.get("channelData") or {}
    of_one = str(about.get("eventType") or "").startswith("channel")  # out of a shared channel is not out of its team
    team = "" if of_one else str((about.get("team") or {}).get("id") or "")
    return list(dict.fromkeys([place, team or place]))


def _names_us(activity: Json, which: str) -> bool:
    us, several = (activity.get("recipient") or {}).get("id"), activity.get(which)
    return isinstance(several, list) and any(isinstance(one, Mapping) and one.get("id") == us for one in several)


def card(desk: Desk, *, direct: bool) -> Card:
    """Three lines: what this is, how to ask, and what comes by itself."""
    ask: Line
    comes_: Line
    buttons: tuple[Button, ...]
    first = (bold("Hello. "), Span(f"I keep the register of inspection findings of {desk.force}."))
    if direct:
        ask = (Span("Write "), code("mine"), Span(DIRECT))
        comes_ = (Span("What needs you comes to this chat by itself."),)
        buttons = (Button("Mine", "mine", "What you own"), Button("Help", "help", "Help"))
    else:
        ask = (Span("Mention me with a word, such as "), code("mine"), Span(SHARED))
        comes_ = (Span("The DCC's digest comes here once the liaison says "), code("digest here"), Span("."))
        buttons = (Button("Help", "help", "Help"),)
    return Card("Lightkeeper is here", (say_lines(first, ask, comes_), Buttons(buttons)))
