"""Files at the wire: given in a form, fetched after the acknowledgement, and handed to the person who asks, alone."""

import asyncio
import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import update

from storage.tables import EVIDENCE
from tests.conftest import person
from tests.wire.office import Json, Member, Office, fields, shown, until, written

WORDS = "All teams trained; nine in ten forms on time."
AUDIT = b"%PDF-1.7 \x00\xff nine in ten"
MOST = 10_000_000  # Slack's own limit in a form
SIGN_IN = "the app lacks the scope files:read"


@pytest.fixture(autouse=True)
def impatient(office: Office) -> None:
    """Nobody waits long for a form that is closed, or an acknowledgement that was sent by hand."""
    office.bot.door.patience = (0.05, 0.05)


def asks(who: Member, *files: str, reference: str = "CUST26-R2", **values: Any) -> tuple[Json, Json]:
    """The form as it was opened, and what became of sending it with files."""
    form = who.opens(f"complete {reference}")
    return form, who.sends(form, **{"done": WORDS, **values}, files=files)


def settled(who: Member, first: str) -> Json:
    """What stands in the form's place in the end, when it begins so."""
    return until(lambda: next((v for v in who.forms() if shown(v).startswith(first)), {}), f"a form that says {first}")


def direct(who: Member) -> list[Json]:
    return who.messages(f"D0{who.id.removeprefix('U0')}")


def kept(office: Office, reference: str = "CUST26-R2") -> list[Json]:
    """The files of an item as the ledger names them."""
    found = [values["files"][1] for _, values in office.acts(reference) if values.get("files")]
    parts = [line.split(" ", 3) for told in found for line in told.splitlines()]
    return [{"sha256": sha, "size": int(size), "type": kind, "name": name} for sha, size, kind, name in parts]


def fetched(office: Office, file: Json) -> bytes:
    """The bytes of a file that was shared, as the chat keeps them."""
    held = office.slack.stand_in.files.held(file["id"]).content
    assert held is not None
    return held


# --- given ----------------------------------------------------------------------------------------------------------


def test_a_form_with_two_files_is_acknowledged_then_fetched_then_asked(office: Office) -> None:
    card = office.owen.says("CUST26-R2")
    form = office.owen.presses_open(card, "Ask for sign-off of CUST26-R2")
    files = [office.owen.attaches("audit.pdf", AUDIT), office.owen.attaches("photo.jpg", b"\xff\xd8 a rota")]
    told = office.owen.sends(form, done=WORDS, files=files)
    assert shown(told["view"]).startswith("Fetching 2 files. Your request goes into the register when they are here.")
    assert shown(settled(office.owen, "Asked.")).startswith("Asked. DCC Ruth Calder decides on CUST26-R2")
    again = until(lambda: (m := office.owen.again(card))["redrawn"] and m, "the card drawn anew")
    assert shown(again).startswith("Asked.")
    assert "Evidence: 1. audit.pdf (23 bytes) , 2. photo.jpg (9 bytes)" in shown(again)
    assert office.item("CUST26-R2")["status"] == "pending_sign_off"
    assert [(f["name"], f["type"], f["size"]) for f in kept(office)] == [
        ("audit.pdf", "application/pdf", 23),
        ("photo.jpg", "image/jpeg", 9),
    ]
    assert kept(office)[0]["sha256"] == hashlib.sha256(AUDIT).hexdigest()
    assert "Files: audit.pdf (23 bytes, SHA-256 " in shown(office.owen.says("history CUST26-R2"))


def test_a_form_without_files_keeps_its_one_step(office: Office) -> None:
    _, told = asks(office.owen, evidence="https://a.example/b")
    assert told["closed"]
    assert office.calls("views.update") == office.calls("files-pri") == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("setup.exe", "setup.exe is of a kind that can run by itself and is not kept."),
        ("audit\u202efdp.exe", "auditfdp.exe is of a kind that can run by itself"),
        ("x" * 300 + ".pdf", "A file needs a name of at most 150 characters."),
    ],
)
def test_what_a_name_tells_is_refused_before_a_byte_is_fetched(office: Office, name: str, sentence: str) -> None:
    _, told = asks(office.owen, office.owen.attaches(name))
    assert [(k.partition("@")[0], v.startswith(sentence)) for k, v in told["errors"].items()] == [("files", True)]
    assert office.calls("files-pri") == []


def with_files(office: Office, change: Any) -> Json:
    """The last submission again as a new one, its files changed."""
    envelope = office.last_envelope()
    view = envelope["payload"]["view"]
    told = view["private_metadata"].replace('"nonce": "', '"nonce": "other')
    view["private_metadata"] = told
    for controls in view["state"]["values"].values():
        for control in controls.values():
            if "files" in control:
                change(control["files"])
    return envelope


def test_a_size_or_a_number_beyond_the_limit_is_refused_before_a_byte_is_fetched(office: Office) -> None:
    asks(office.owen, office.owen.attaches("setup.exe"))

    def grown(files: list[Json]) -> None:
        files[0] |= {"name": "heavy.pdf", "size": 10 * 1024 * 1024 + 1}

    def eleven(files: list[Json]) -> None:
        files[:] = [{**files[0], "name": "a.pdf"}] * 11

    told = office.deliver(with_files(office, grown))
    assert "heavy.pdf is larger than 10 MB. Give a smaller one, or a link to it." in told["errors"].values()
    told = office.deliver(with_files(office, eleven))
    assert "At most 10 files. Give those that show it best." in told["errors"].values()
    assert office.calls("files-pri") == []


def test_who_may_not_ask_is_refused_before_a_byte_is_fetched(office: Office) -> None:
    asks(office.owen, office.owen.attaches("setup.exe"))
    sent = with_files(office, lambda files: files[0].update(name="a.pdf"))
    sent["payload"]["user"]["id"] = "U0ANA"
    told = office.deliver(sent)
    assert shown(told["view"]).startswith("Not asked. CUST26-R2 is Supt Owen Hale's.")
    assert office.calls("files-pri") == []


def test_a_link_that_is_none_is_told_at_its_field_with_the_files_still_chosen(office: Office) -> None:
    _, told = asks(office.owen, office.owen.attaches("audit.pdf"), evidence="see the S drive")
    assert [k.partition("@")[0] for k in told["errors"]] == ["evidence"]
    assert office.calls("files-pri") == []


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"fault": "slow", "seconds": 0.6}, "Slack did not hand over audit.pdf in time."),
        ({"fault": "server_error"}, "Slack did not hand over audit.pdf (status 500)."),
        ({"fault": "cut"}, "Slack did not hand over audit.pdf whole."),
        ({"fault": "html", "status": 200}, SIGN_IN),
    ],
)
def test_a_file_that_does_not_come_brings_the_form_back_as_it_was(office: Office, fault: Json, sentence: str) -> None:
    office.bot.door.files.silent = 0.3
    office.fault("files-pri", **fault)
    asks(office.owen, office.owen.attaches("audit.pdf"), evidence="https://a.example/b")
    again = settled(office.owen, "Not saved.")
    assert sentence in shown(again) and "Choose the files again." in shown(again)
    assert fields(again)["done"]["initial_value"] == WORDS
    assert fields(again)["evidence"]["initial_value"] == "https://a.example/b"
    assert office.item("CUST26-R2")["status"] == "in_progress"
    told = office.owen.sends(again, files=[office.owen.attaches("audit.pdf", AUDIT)])
    assert shown(told["view"]).startswith("Fetching 1 file.")
    settled(office.owen, "Asked.")
    assert [f["name"] for f in kept(office)] == ["audit.pdf"]


def test_what_is_wrong_twice_is_said_once_a_time(office: Office) -> None:
    office.fault("files-pri", "server_error", times=2)
    asks(office.owen, office.owen.attaches("audit.pdf"))
    first = settled(office.owen, "Not saved.")
    office.owen.sends(first, files=[office.owen.attaches("audit.pdf")])
    second = until(lambda: (v := office.owen.forms()[0])["hash"] != first["hash"] and "Not saved" in shown(v) and v, "")
    assert written(second).count("Not saved.") == 1


def test_a_page_to_sign_in_instead_of_the_file_is_noticed(office: Office) -> None:
    office.slack.stand_in.workspace.scopes.remove("files:read")
    asks(office.owen, office.owen.attaches("audit.pdf"))
    assert SIGN_IN in shown(settled(office.owen, "Not saved."))
    assert kept(office) == []


def test_a_program_under_another_name_is_seen_by_its_first_bytes(office: Office) -> None:
    asks(office.owen, office.owen.attaches("audit.pdf", b"MZ\x90\x00 not a letter"))
    assert "audit.pdf is of a kind that can run by itself" in shown(settled(office.owen, "Not saved."))
    assert kept(office) == []


@contextmanager
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """A host that is not Slack's, and what it was asked with."""
    heard: list[str] = []

    class Ear(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(str(self.headers))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", heard
        server.shutdown()


@pytest.mark.parametrize(
    "address",
    ["http://{other}/files-pri/a.pdf", "http://{slack}@{other}/a.pdf", "https://{slack}/a.pdf", "file:///etc/passwd"],
)
def test_no_other_host_is_asked_and_none_gets_the_token(office: Office, address: str) -> None:
    asks(office.owen, office.owen.attaches("setup.exe"))
    with elsewhere() as (other, heard):
        url = address.format(other=other, slack=office.slack.url.removeprefix("http://"))
        told = office.deliver(with_files(office, lambda f: f[0].update(name="a.pdf", url_private_download=url)))
        assert shown(told["view"]).startswith("Fetching 1 file.")
        again = settled(office.owen, "Not saved.")
        assert "a.pdf is not kept by Slack itself, so it was not fetched." in shown(again)
    assert heard == []


def test_asked_is_told_by_direct_message_to_who_has_closed_the_form(office: Office) -> None:
    office.fault("files-pri", "slow", seconds=0.4)
    form, _ = asks(office.owen, office.owen.attaches("audit.pdf", AUDIT))
    assert office.do("close", person="U0OWEN", view_id=form["id"])["ok"]
    told = until(lambda: next((m for m in direct(office.owen) if "Asked." in m["text"]), {}), "a direct message")
    assert shown(told).startswith("Asked. DCC Ruth Calder decides on CUST26-R2")
    assert office.item("CUST26-R2")["status"] == "pending_sign_off"


def test_what_did_not_come_is_told_by_direct_message_with_the_words_and_a_way_back(office: Office) -> None:
    office.bot.door.files.silent = 0.3
    office.fault("files-pri", "slow", seconds=0.6)
    form, _ = asks(office.owen, office.owen.attaches("audit.pdf"), evidence="https://a.example/b")
    office.do("close", person="U0OWEN", view_id=form["id"])
    told = until(lambda: next((m for m in direct(office.owen) if "Not saved" in m["text"]), {}), "a direct message")
    assert WORDS in shown(told) and "https://a.example/b" in shown(told)
    at_home = office.person("owen", "D0OWEN")
    assert at_home.presses_open(told, "Ask for sign-off again")["title"]["text"] == "Ask for sign-off"
    assert office.item("CUST26-R2")["status"] == "in_progress"


def test_the_same_submission_again_counts_once(office: Office) -> None:
    asks(office.owen, office.owen.attaches("audit.pdf", AUDIT))
    sent = office.last_envelope()
    settled(office.owen, "Asked.")
    head = office.whole()["chain_head"]
    office.deliver(sent)
    office.bot.door.after.shutdown(wait=True)
    assert shown(office.owen.forms()[0]).startswith("Asked.")
    assert office.whole()["chain_head"] == head and len(kept(office)) == 1


def test_an_acknowledgement_that_slack_takes_late_does_not_cover_what_became_of_it(office: Office) -> None:
    office.bot.door.patience = (0.1,) * 20
    deliver = office.slack.stand_in.socket.deliver

    async def late(kind: str, payload: Json, envelope_id: str | None = None) -> Json | None:
        ack = await deliver(kind, payload, envelope_id)
        if payload.get("type") == "view_submission":
            await asyncio.sleep(0.4)
        return ack

    office.slack.stand_in.socket.deliver = late  # type: ignore[method-assign]
    _, told = asks(office.owen, office.owen.attaches("audit.pdf", AUDIT))
    assert shown(told["view"]).startswith("Fetching 1 file.")
    settled(office.owen, "Asked.")


def test_ten_megabytes_go_in_and_come_out_byte_for_byte(office: Office) -> None:
    content = (b"%PDF-1.7 " + bytes(range(256)) * 39064)[:MOST]
    assert len(content) == MOST
    asks(office.owen, office.owen.attaches("whole.pdf", content))
    settled(office.owen, "Asked.")
    office.ruth.presses(office.ruth.says("pending CUST26-R2"), "Download whole.pdf")
    file: Json = until(lambda: next((m["files"][0] for m in direct(office.ruth) if m["files"]), {}), "the file")
    assert file["size"] == MOST and fetched(office, file) == content


# --- asked for ------------------------------------------------------------------------------------------------------


def given(office: Office, reference: str = "CUST26-R2", owner: str = "owen") -> None:
    """Evidence of an item: a link, then a file."""
    asks(office.person(owner), office.person(owner).attaches("audit.pdf", AUDIT), reference=reference,
         evidence="https://a.example/b")  # fmt: skip
    settled(office.person(owner), "Asked.")


@pytest.mark.parametrize("who", ["owen", "lia", "ruth", "ana"])
def test_whoever_reads_the_item_gets_the_file_alone(office: Office, who: str) -> None:
    given(office)
    member = office.person(who)
    member.presses(member.says("CUST26-R2"), "Download audit.pdf")
    digest = hashlib.sha256(AUDIT).hexdigest()
    told = until(lambda: next((m for m in member.messages() if "Sent to you" in shown_or_not(m)), {}), "the answer")
    assert told["ephemeral"]
    assert f"Sent to you in our direct messages: audit.pdf , 23 bytes, SHA-256 {digest}" in shown(told)
    sent = [m for m in direct(member) if m["files"]]
    assert [m["files"][0]["title"] for m in sent] == ["OFFICIAL: audit.pdf"]
    assert sent[0]["text"].endswith(f"SHA-256 {digest}\nEvidence 2 of CUST26-R2, OFFICIAL")
    assert fetched(office, sent[0]["files"][0]) == AUDIT
    shared = [c["payload"]["channel_id"] for c in office.calls("files.completeUploadExternal")]
    assert shared == [f"D0{who.upper()}"]


def shown_or_not(message: Json) -> str:
    return shown(message) if message["blocks"] else ""


def test_a_sensitive_file_goes_to_who_may_read_it_and_does_not_exist_for_others(office: Office) -> None:
    given(office, "CUST26-A7")
    refused = shown(office.ana.says("download CUST26-A7 2"))
    assert refused.startswith("Nothing shown. There is no item CUST26-A7.")
    assert shown(office.ana.says("download CUST26-A99 2")) == refused.replace("A7", "A99")
    office.ruth.presses(office.ruth.says("CUST26-A7"), "Download audit.pdf")
    sent = until(lambda: [m for m in direct(office.ruth) if m["files"]], "the file")
    assert sent[0]["files"][0]["title"] == "OFFICIAL-SENSITIVE: audit.pdf"
    assert sent[0]["text"].endswith("Evidence 2 of CUST26-A7, OFFICIAL-SENSITIVE")
    assert [c["payload"]["channel_id"] for c in office.calls("files.completeUploadExternal")] == ["D0RUTH"]


def test_asked_for_directly_the_file_is_the_answer(office: Office) -> None:
    given(office)
    before = len(direct(office.ruth))
    assert office.do("say", person="U0RUTH", channel="D0RUTH", text="download CUST26-R2 2")["ok"]
    until(lambda: [m for m in direct(office.ruth) if m["files"]], "the file")
    office.bot.door.after.shutdown(wait=True)
    assert len(direct(office.ruth)) == before + 2  # what she wrote, and the file


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("download CUST26-R2 1", "Not sent. That is a link. Open it:"),
        ("download CUST26-R2 7", "Not sent. No evidence of CUST26-R2 has the number 7. There is:"),
        ("download CUST26-R2 audit", "Not sent. No evidence of CUST26-R2 has the number audit. There is:"),
        ("download CUST26-A3 1", "Not sent. No evidence has been given for CUST26-A3."),
        ("download", "Nothing shown. Say which item, by its reference."),
    ],
)
def test_what_is_no_file_is_said(office: Office, words: str, sentence: str) -> None:
    given(office)
    assert shown(office.ruth.says(words)).startswith(sentence)


def test_the_numbers_stay_when_evidence_is_given_again(office: Office) -> None:
    given(office)
    office.ruth.says("send back CUST26-R2: Not the last page.")
    asks(office.owen, office.owen.attaches("last page.pdf", b"%PDF-1.7 last"))
    settled(office.owen, "Asked.")
    card = shown(office.ruth.says("pending CUST26-R2"))
    assert "3. last page.pdf (13 bytes)" in card and "audit.pdf" not in card
    assert "no item" not in shown(office.ruth.says("download CUST26-R2 1"))


def test_bytes_that_are_not_those_given_are_not_handed_out(office: Office) -> None:
    given(office)
    with office.bot.store.write() as tx:
        tx.execute(
            update(EVIDENCE).where(EVIDENCE.c.name == "audit.pdf").values(content=b"%PDF-1.7 \x00\xff ten in ten")
        )
    told = shown(office.ruth.says("download CUST26-R2 2"))
    assert told.startswith("Not sent. audit.pdf is not as it was given any more: its SHA-256 is another.")
    assert office.calls("files.getUploadURLExternal") == []


@pytest.mark.parametrize(
    ("method", "fault", "sentence"),
    [
        ("conversations.open", "error:missing_scope", "The Slack app lacks a permission it needs."),
        ("files.getUploadURLExternal", "error:file_uploads_disabled", "The workspace does not take the file"),
        ("files.completeUploadExternal", "error:file_update_failed", "Slack did not keep the file"),
        ("files.completeUploadExternal", "reply_lost", "Look in our direct messages first: it may have come."),
    ],
)
def test_a_file_that_does_not_go_is_said_and_not_called_sent(
    office: Office, method: str, fault: str, sentence: str
) -> None:
    given(office)
    office.fault(method, fault)
    office.ruth.presses(office.ruth.says("CUST26-R2"), "Download audit.pdf")
    told = until(lambda: next((m for m in office.ruth.messages() if "Not sent." in shown_or_not(m)), {}), "the answer")
    assert sentence in shown(told) and "Sent to you" not in shown(told)


def test_no_token_and_no_name_stands_in_the_log(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    office.fault("files-pri", "cut")
    asks(office.owen, office.owen.attaches("audit.pdf"))
    again = settled(office.owen, "Not saved.")
    office.owen.sends(again, files=[office.owen.attaches("audit.pdf", AUDIT)])
    settled(office.owen, "Asked.")
    office.fault("files.getUploadURLExternal", "error:fatal_error")
    office.ruth.presses(office.ruth.says("CUST26-R2"), "Download audit.pdf")
    office.bot.door.after.shutdown(wait=True)
    assert "a file did not come" in caplog.text
    assert "xoxb" not in caplog.text and "audit.pdf" not in caplog.text


def test_the_register_that_does_not_answer_loses_no_words(office: Office) -> None:
    """The files are here, and then somebody else holds the register for too long."""
    from tests.databases import somebody_writes

    office.fault("files-pri", "slow", seconds=0.5)
    asks(office.owen, office.owen.attaches("audit.pdf", AUDIT))
    with somebody_writes(office.url):
        again = settled(office.owen, "Not saved.")
    assert fields(again)["done"]["initial_value"] == WORDS
    assert person(office.bot.store, "owen").name == "Supt Owen Hale"
