"""What counts as evidence: a web link, or a file that is not too large and that nobody could run."""

from collections.abc import Sequence

MOST_BYTES = 10 * 1024 * 1024
MOST_FILES = 10
MOST_LINKS = 20
LINK_MOST = 2000
NAME_MOST = 150
# programs, scripts, pages that run scripts, and documents with macros
_RUN_BY_THEMSELVES = (
    "ade adp app bat cab cmd com cpl dll docm dotm exe hta htm html iso jar js jse lnk mht msc msi msp potm ppam ppsm "
    "pptm ps1 psm1 py reg scr sh svg swf vb vbe vbs wsf wsh xhtml xlam xlsm xltm"
)
FORBIDDEN = frozenset(_RUN_BY_THEMSELVES.split())
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"#!")

GIVE = "Give a link to what shows that it was done, beginning with https://, or a file."


def is_link(text: str) -> bool:
    """A web address that may be kept and shown as a link."""
    scheme, found, rest = text.partition("://")
    plain = not any(c.isspace() or c in '<>|"' for c in text)
    sound = scheme.lower() in {"http", "https"} and bool(rest.strip("/")) and plain
    return bool(found) and sound and len(text) <= LINK_MOST


def faults(links: Sequence[str], files: Sequence[tuple[str, int, bytes]]) -> str:
    """What is wrong with the evidence, in one sentence; "" when it will do.

    A file is its name, its size in bytes and its first bytes.
    """
    if not links and not files:
        return GIVE
    if not all(is_link(link) for link in links):
        return "That is not a link. Copy it from the browser's address line; it begins with https://"
    if len(links) > MOST_LINKS or len(files) > MOST_FILES:
        return f"At most {MOST_LINKS} links and {MOST_FILES} files. Give those that show it best."
    return next((wrong for wrong in (of_file(*file) for file in files) if wrong), "")


def of_file(name: str, size: int, first: bytes = b"") -> str:
    """What is wrong with a file; "" when it may be kept. Without its first bytes, as far as name and size tell."""
    shown = name if len(name) <= 60 else name[:59] + "…"
    if not name or len(name) > NAME_MOST:
        return f"A file needs a name of at most {NAME_MOST} characters."
    if size == 0:
        return f"{shown} is empty. Choose a file with something in it."
    if size > MOST_BYTES:
        return f"{shown} has {size / 1048576:.1f} MB; 10 MB fit. Give a smaller one, or a link to it."
    if name.rsplit(".", 1)[-1].lower() in FORBIDDEN or first.startswith(_PROGRAMS):
        return f"{shown} is of a kind that can run by itself and is not kept. Give a PDF, a picture or a document."
    return ""
