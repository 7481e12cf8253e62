"""What was written to the bot, as words: our own mention cut, others named by address, Teams' markup undone once."""

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

Json = Mapping[str, Any]
Named = Callable[[str], str]
_KEPT = re.compile(r":\s")  # what follows is somebody's text, in which a person is a name
_TAG = re.compile(r"</?at(?:\s[^<>]*)?>")
_NBSP = str.maketrans("\u00a0", " ")


def words_of(activity: Json, slash: str, named: Named) -> str:
    """The words of a message. `named` gives for the id of an account how to name it in a command, "" for not known.

    https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations
    """
    text = str(activity.get("text") or "")
    us = str((activity.get("recipient") or {}).get("id") or "")
    for mention in activity.get("entities") or []:
        text = _without(text, mention, us, named) if _is_mention(mention) else text
    words = html.unescape(_TAG.sub("", text)).translate(_NBSP).strip()
    return _without_slash(words, slash)


def _is_mention(entity: Any) -> bool:
    return isinstance(entity, dict) and entity.get("type") == "mention" and isinstance(entity.get("mentioned"), dict)


def _without(text: str, mention: Json, us: str, named: Named) -> str:
    """The text with one mention taken apart: ours is nothing, of somebody else who is meant."""
    mark, who = str(mention.get("text") or ""), mention["mentioned"]
    head, found, rest = text.partition(mark) if mark else (text, "", "")
    if not found:
        return text
    if str(who.get("id")) == us:
        return head + rest
    name = html.escape(str(who.get("name") or "") or html.unescape(_TAG.sub("", mark)), quote=False)
    told = _KEPT.search(_TAG.sub("", head))
    in_text = told is not None and bool(head[told.end() :].strip())
    meant = "" if in_text else named(str(who.get("id") or ""))
    return f"{head.removesuffix('@')}{meant or name}{rest}"


def _without_slash(words: str, slash: str) -> str:
    """A slash command of ours is forgiven, with its slash or without the command."""
    lowered = words.lower()
    for mark in (slash.lower(), slash.lstrip("/").lower()):
        if mark and (lowered == mark or lowered.startswith(f"{mark} ")):
            return words[len(mark) :].strip()
    return words[1:].strip() if words.startswith("/") else words
