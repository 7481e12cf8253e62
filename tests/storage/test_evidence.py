"""Files as evidence: what may be kept, under which name and as what, and that it comes back as it was given."""

import hashlib
import unicodedata

import pytest
from sqlalchemy import func, select

from handlers.card import Attachment, Card, Span, say_lines, shown_in
from handlers.commands import answer
from storage import history, questions, record
from storage.questions import Proof, Reader
from storage.record import Attached
from storage.refusals import FieldFaults
from storage.rules import evidence
from storage.rules.evidence import MOST_BYTES, named, of_file
from storage.rules.marking import OFFICIAL, SENSITIVE
from storage.store import Store
from storage.tables import EVIDENCE
from tests.conftest import Say, Town, actor, person

PDF = b"%PDF-1.7 \x00\xff a rota"


def asked(town: Town, *files: Attached, links: tuple[str, ...] = (), item: str = "CUST26-R2") -> None:
    record.ask_sign_off(town.store, actor(town.store, "owen"), item, None, "All trained.", links, files)


def proofs(town: Town, item: str = "CUST26-R2") -> list[Proof]:
    reader = Reader(person(town.store, "ruth"), town.clock().date(), town.desk.limits)
    with town.store.read() as tx:
        found = questions.whole(tx, item, reader)
    assert found is not None
    return found.evidence


def rows(store: Store) -> int:
    with store.read() as tx:
        return int(tx.execute(select(func.count()).select_from(EVIDENCE)).scalar_one())


# --- what may be kept -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size", "first", "wrong"),
    [
        ("audit.pdf", 1, PDF, ""),
        ("audit.pdf", MOST_BYTES, PDF, ""),
        ("audit.pdf", MOST_BYTES + 1, PDF, "audit.pdf is larger than 10 MB. Give a smaller one, or a link to it."),
        ("audit.pdf", 0, b"", "audit.pdf is empty. Choose a file with something in it."),
        ("", 5, PDF, "A file needs a name of at most 150 characters."),
        ("x" * 151, 5, PDF, "A file needs a name of at most 150 characters."),
        ("x" * 150, 5, PDF, ""),
        ("setup.EXE", 5, PDF, "setup.EXE is of a kind that can run by itself and is not kept."),
        ("sheet.xlsm", 5, b"PK", "sheet.xlsm is of a kind that can run by itself and is not kept."),
        ("page.html", 5, b"<html>", "page.html is of a kind that can run by itself and is not kept."),
        ("audit.pdf", 5, b"MZ\x90\x00", "audit.pdf is of a kind that can run by itself and is not kept."),
        ("audit.pdf", 5, b"\x7fELF", "audit.pdf is of a kind that can run by itself and is not kept."),
        ("notes", 5, b"#!/bin/sh", "notes is of a kind that can run by itself and is not kept."),
        ("notes", 5, b"plain", ""),
    ],
)
def test_one_file(name: str, size: int, first: bytes, wrong: str) -> None:
    said = of_file(name, size, first)
    assert said.startswith(wrong) if wrong else said == ""


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("audit.pdf", "audit.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\owen\\rota.docx", "rota.docx"),
        ("\\\\server\\share\\", ""),
        ("..", ""),
        ("a/b/..", ""),
        (unicodedata.normalize("NFD", "Prüfung Århus.pdf"), "Prüfung Århus.pdf"),
        ("写真 १.jpg", "写真 १.jpg"),
        ("audit\u202efdp.exe", "auditfdp.exe"),
        ("au\x00dit\x07\u200b\ufeff.pdf", "audit.pdf"),
        ("two\nlines\t and  blanks .pdf", "two lines and blanks .pdf"),
        ("setup.exe. .", "setup.exe"),
        ("setup.exe\u00a0", "setup.exe"),
        ("half \ud83d.pdf", "half .pdf"),
        ("*bold* <b>&amp; \"x\".pdf", "*bold* <b>&amp; \"x\".pdf"),
    ],
)  # fmt: skip
def test_the_name_that_is_kept(given: str, kept: str) -> None:
    assert named(given) == kept
    assert named(kept) == kept


def test_the_type_is_by_our_own_table() -> None:
    assert [evidence.media_type(n) for n in ("a.PDF", "a.docx", "a.unheard", "pdf", "")] == [
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        *["application/octet-stream"] * 3,
    ]
    assert not set(evidence.MEDIA_TYPES) & evidence.FORBIDDEN
    assert not [kind for kind in evidence.MEDIA_TYPES.values() if " " in kind]


# --- in the register ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "field", "wrong"),
    [
        ([], "evidence", "Give a link to what shows that it was done"),
        ([Attached.of("a.pdf", b"")], "files", "a.pdf is empty."),
        ([Attached.of("a.pdf", bytes(MOST_BYTES + 1))], "files", "a.pdf is larger than 10 MB."),
        ([Attached.of("a.bat", PDF)], "files", "a.bat is of a kind that can run by itself"),
        ([Attached("a.pdf", "application/pdf", b"MZ\x90")], "files", "a.pdf is of a kind that can run by itself"),
        ([Attached.of(f"{n}.pdf", PDF) for n in range(11)], "files", "At most 10 files."),
        ([Attached.of("x" * 296 + ".pdf", PDF)], "files", "A file needs a name"),
        ([Attached("../..", "", PDF)], "files", "A file needs a name"),
        ([Attached.of("good.pdf", PDF), Attached.of("a.js", PDF)], "files", "a.js is of a kind"),
    ],
)
def test_what_may_not_be_kept_leaves_nothing(trentshire: Town, files: list[Attached], field: str, wrong: str) -> None:
    before = history.verify(trentshire.store)
    with pytest.raises(FieldFaults) as refused:
        asked(trentshire, *files)
    assert list(refused.value.faults) == [field]
    assert refused.value.faults[field].startswith(wrong)
    assert rows(trentshire.store) == 0 and history.verify(trentshire.store) == before


def test_what_came_with_a_file_from_outside_is_not_believed(trentshire: Town) -> None:
    asked(trentshire, Attached("a\\b\\Ru\u0308ge\u202e.pdf", "text/html; evil\nline", PDF))
    (one,) = proofs(trentshire)
    with trentshire.store.read() as tx:
        file = questions.file(tx, one)
    assert (file.name, file.media_type, file.content) == ("Rüge.pdf", "application/pdf", PDF)
    assert file.intact and not file._replace(content=PDF + b".").intact and not file._replace(content=None).intact


def test_ten_files_of_ten_megabytes_each_come_back_as_they_were_given(trentshire: Town) -> None:
    whole = [bytes([n]) * MOST_BYTES for n in range(1, 11)]
    asked(trentshire, *(Attached.of(f"{n}.bin", content) for n, content in enumerate(whole, 1)))
    kept = proofs(trentshire)
    assert [(one.number, one.name, one.size) for one in kept] == [(n, f"{n}.bin", MOST_BYTES) for n in range(1, 11)]
    with trentshire.store.read() as tx:
        assert [questions.file(tx, one).content == content for one, content in zip(kept, whole, strict=True)] == [
            True
        ] * 10
    assert history.verify(trentshire.store)[0] == []


def test_the_ledger_binds_the_bytes_to_the_event(trentshire: Town) -> None:
    asked(trentshire, Attached.of("the rota.pdf", PDF), links=("https://a.example/b",))
    with trentshire.store.read() as tx:
        last = history.minutes(tx)[-1]
    assert last.fields["files"] == (None, f"{hashlib.sha256(PDF).hexdigest()} {len(PDF)} application/pdf the rota.pdf")


# --- said and handed out --------------------------------------------------------------------------------------------


def test_the_terminal_says_what_a_file_is_and_where_it_is_handed_over(say: Say, trentshire: Town) -> None:
    asked(trentshire, Attached.of("the rota.pdf", PDF), links=("https://a.example/b",))
    told = f"the rota.pdf, {len(PDF)} bytes, SHA-256 {hashlib.sha256(PDF).hexdigest()}"
    for words in ("download CUST26-R2 2", "download cust26-r2 #2.", "DOWNLOAD CUST26-R2", "download CUST26-R2 02"):
        assert say(words, as_="ruth") == f"Not sent. Files are handed over in chat; ask there for:\n{told}"
    assert "Evidence: 1. https://a.example/b, 2. the rota.pdf" in say("CUST26-R2", as_="ruth")
    assert f"Files: the rota.pdf ({len(PDF)} bytes, SHA-256 {hashlib.sha256(PDF).hexdigest()[:16]}…)" in say(
        "history CUST26-R2", as_="ana"
    )


def test_who_may_not_read_the_item_hears_nothing_of_its_files(say: Say, trentshire: Town) -> None:
    asked(trentshire, Attached.of("the dock.pdf", PDF), item="CUST26-A7")
    assert say("download CUST26-A7 1", as_="ana") == say("download CUST26-A77 1", as_="ana").replace("A77", "A7")
    assert "the dock.pdf" in say("download CUST26-A7 1", as_="owen")


def test_a_door_that_carries_gets_the_bytes_and_their_marking(trentshire: Town) -> None:
    asked(trentshire, Attached.of("the dock.pdf", PDF), item="CUST26-A7")
    card = answer(trentshire.desk, trentshire.ask("download CUST26-A7", "ruth", carries=True))
    assert card.attachment == Attachment("the dock.pdf", "application/pdf", PDF, SENSITIVE)
    assert card.marking == SENSITIVE


def test_a_place_that_is_not_cleared_gets_no_sensitive_file() -> None:
    words = (say_lines((Span("A file."),)),)
    for marking in (OFFICIAL, SENSITIVE):
        card = Card("A file", words, attachment=Attachment("a.pdf", "application/pdf", PDF, marking))
        assert (shown_in(card, cleared=False).attachment is None) == (marking == SENSITIVE)
        assert shown_in(card, cleared=True).attachment == card.attachment
