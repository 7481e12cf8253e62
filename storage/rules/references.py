"""A reference as people type it and as the register keeps it; natural order; text folded for search."""

import re
import unicodedata
from functools import lru_cache

MOST = 32
_KEPT = re.compile(r"[A-Za-z0-9.\-]{1,32}\Z", re.ASCII)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣-\u2043"), "-")


def is_reference(text: str) -> bool:
    """At most 32 letters, digits, dots and hyphens, with a digit among them."""
    return bool(_KEPT.match(text)) and any(c.isdigit() for c in text)


def is_code(text: str) -> bool:
    """A report's code: the same letters as a reference, a digit not required."""
    return bool(_KEPT.match(text))


def tidied(typed: str) -> str:
    """What was meant: dash look-alikes become hyphens, what is invisible goes, punctuation at the ends goes."""
    return _plain(typed).strip().strip(".,;:!?'\"()[]{}<>*_~`“”‘’-")


def _plain(typed: str) -> str:
    if typed.isascii() and typed.isprintable():
        return typed  # as nearly all are: nothing in it looks like a hyphen, and nothing is invisible
    text = unicodedata.normalize("NFKC", typed.translate(_DASHES)).translate(_DASHES)
    return "".join(c for c in text if unicodedata.category(c) not in {"Cf", "Cc", "Mn"})


@lru_cache(maxsize=4096)
def key(typed: str) -> str:
    """The form by which references are compared: tidied, in capitals."""
    return tidied(typed).upper()


def natural(reference: str) -> str:
    """A key that sorts 3.2 before 3.10: each number carries its length, so that text order is number order."""

    def number(found: re.Match[str]) -> str:
        digits = found.group().lstrip("0") or "0"
        return f"{len(digits):02d}{digits}"

    return re.sub(r"[0-9]+", number, reference.upper())


def folded(text: str) -> str:
    """Letter case and accents taken away, for comparison only; what is shown is the text itself."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c)).casefold()
