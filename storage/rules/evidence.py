"""What counts as evidence: a web link, or a file that is not too large and that nobody could run."""

import unicodedata
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
# what a file is shown as; nothing that came with it from outside is believed
MEDIA_TYPES = {
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "eml": "message/rfc822",
    "gif": "image/gif",
    "heic": "image/heic",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "md": "text/markdown",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "rtf": "application/rtf",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "txt": "text/plain",
    "webp": "image/webp",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
UNKNOWN_TYPE = "application/octet-stream"

GIVE = "Give a link to what shows that it was done, beginning with https://, or a file."


def is_link(text: str) -> bool:
    """A web address that may be kept and shown as a link."""
    scheme, found, rest = text.partition("://")
    plain = not any(c.isspace() or c in '<>|"' for c in text)
    sound = scheme.lower() in {"http", "https"} and bool(rest.strip("/")) and plain
    return bool(found) and sound and len(text) <= LINK_MOST


def named(name: str) -> str:
    """A file's name as it is kept: composed (NFC), without a path, and without what cannot be seen or misleads."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(" " if c.isspace() else c for c in last if c.isspace() or _visible(c))
    return " ".join(seen.split()).rstrip(". ")


def _visible(character: str) -> bool:
    """Not a control, a mark of direction or joining, half a character, or one that no standard gives a meaning."""
    return not unicodedata.category(character).startswith("C")


def ending(name: str) -> str:
    """What stands after the last dot, in small letters; "" when nothing does."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def media_type(name: str) -> str:
    """By the ending of its name, from our own table."""
    return MEDIA_TYPES.get(ending(name), UNKNOWN_TYPE)


def faults(links: Sequence[str], files: Sequence[tuple[str, int, bytes]]) -> str:
    """What is wrong with the evidence, in one sentence; "" when it will do.

    A file is its name, its size in bytes and its first bytes.
    """
    return of_links(links) or of_files(files) if links or files else GIVE


def of_links(links: Sequence[str]) -> str:
    """What is wrong with the links; "" when they will do, or there are none."""
    if not all(is_link(link) for link in links):
        return "That is not a link. Copy it from the browser's address line; it begins with https://"
    return f"At most {MOST_LINKS} links. Give those that show it best." if len(links) > MOST_LINKS else ""


def of_files(files: Sequence[tuple[str, int, bytes]]) -> str:
    """What is wrong with the files, the first fault; "" when they will do, or there are none."""
    if len(files) > MOST_FILES:
        return f"At most {MOST_FILES} files. Give those that show it best."
    return next((wrong for wrong in (of_file(*file) for file in files) if wrong), "")


def of_file(name: str, size: int, first: bytes = b"") -> str:
    """What is wrong with a file; "" when it may be kept. Without its first bytes, as far as name and size tell."""
    shown = name if len(name) <= 60 else name[:59] + "…"
    if not name or len(name) > NAME_MOST:
        return f"A file needs a name of at most {NAME_MOST} characters."
    if size <= 0:
        return f"{shown} is empty. Choose a file with something in it."
    if size > MOST_BYTES:
        return f"{shown} is larger than 10 MB. Give a smaller one, or a link to it."
    if ending(name) in FORBIDDEN or first.startswith(_PROGRAMS):
        return f"{shown} is of a kind that can run by itself and is not kept. Give a PDF, a picture or a document."
    return ""
