"""Files in Teams: offered in the person's own chat, put into their OneDrive when they say yes, and nowhere else."""

import hashlib
import json

import pytest

from handlers.ask import Ask
from handlers.card import Attachment
from handlers.commands import answer
from handlers.teams.files import NotHandedOver, Store
from storage.record import Attached
from tests.conftest import person
from tests.teams.office import CUSTODY, Office, chat, member, text
from tests.teams.stand_ins import Posted

CONTENT = b"%PDF-1.7 \xff evidence"


def given(office: Office) -> None:
    """Owen has asked for sign-off with a file."""
    form = {"done": "All trained.", "evidence": ""}
    who = person(office.bot.store, "owen")._replace(roles=frozenset({"officer"}))
    words, file = "complete CUST26-R2", Attached.of("audit.pdf", CONTENT)
    told = answer(office.door.desk, Ask(words, who, office.clock(), forms=True, form=form, files=(file,)))
    assert told.saved, told


def offers(office: Office) -> list[Posted]:
    kind = "application/vnd.microsoft.teams.card.file.consent"
    posts = [one for one in office.connector.posted if one.method == "POST" and (one.body or {}).get("attachments")]
    return [one for one in posts if one.body["attachments"][0]["contentType"] == kind]


def consent(office: Office, who: str, offer: Posted, action: str = "accept", url: str = "") -> dict[str, object]:
    """The activity of a yes or no to an offer."""
    (attached,) = offer.body["attachments"]
    there = {"uniqueId": "1150D938", "fileType": "pdf", "name": "audit.pdf"}
    there |= {"uploadUrl": url or f"{office.connector.base}/drive/upload", "contentUrl": "https://x.sharepoint.com/a"}
    value = {"type": "fileUpload", "action": action, "context": attached["content"]["acceptContext"]}
    more = {"name": "fileConsent/invoke", "value": value | ({"uploadInfo": there} if action == "accept" else {})}
    return office.body(who, chat(who), "invoke", **more)


def test_a_file_is_put_into_the_onedrive_of_who_said_yes(office: Office) -> None:
    given(office)
    ruth = office.person("ruth")
    ruth.writes("download CUST26-R2 1")
    said = office.posts()[-1]
    assert text(said.card).startswith("Allow it below. Teams puts the file into your OneDrive")
    assert hashlib.sha256(CONTENT).hexdigest() in text(said.card)
    (offer,) = offers(office)
    assert offer.path == f"/teams/v3/conversations/{chat('ruth')}/activities"
    assert offer.body["attachments"][0]["content"]["sizeInBytes"] == len(CONTENT)
    assert "evidence" not in json.dumps(offer.body["attachments"][0]["name"])
    told = office.hears(consent(office, "ruth", offer))
    assert told and told["value"] == "The file is on its way."
    (put,) = [one for one in office.connector.posted if one.path == "/drive/upload"]
    assert put.method == "PUT" and put.body == CONTENT
    assert put.headers["Content-Range"] == f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}"
    (shown,) = office.connector.posted[-1].body["attachments"]
    assert shown["contentType"].endswith("file.info") and shown["contentUrl"] == "https://x.sharepoint.com/a"


def test_whoever_says_no_gets_none_and_who_may_not_have_it_neither(office: Office) -> None:
    given(office)
    office.person("ruth").writes("download CUST26-R2 1")
    (offer,) = offers(office)
    assert office.hears(consent(office, "ruth", offer, "decline")) is not None
    office.connector.members["29:sam"] = member("sam", userRole="guest")
    office.hears(consent(office, "sam", offer))
    assert text(office.posts()[-1].card).startswith("Nothing shown.")
    office.hears(consent(office, "ruth", offer, url="https://collector.example/upload"))
    assert not [one for one in office.connector.posted if one.path == "/drive/upload"]
    assert "Teams named a place for the file that is not Microsoft's store of files." in text(office.posts()[-1].card)


def test_in_a_channel_there_is_no_file(office: Office) -> None:
    given(office)
    told = office.person("ruth", CUSTODY).says("download CUST26-R2 1")
    assert text(told.card).startswith("Not sent. A file comes in our chat only. Write the same words to me there.")
    assert offers(office) == []


def test_a_yes_from_a_channel_shows_nothing_there(office: Office) -> None:
    """Nothing is offered in a channel; who makes such a yes up gets neither the file nor an answer for all to read."""
    given(office)
    ruth = office.person("ruth")
    ruth.writes("download CUST26-R2 1")
    (offer,) = offers(office)
    office.person("ruth", CUSTODY).writes("help")
    before = len(office.connector.posted)
    for words in ("CUST26-R2", "download CUST26-R2 1"):
        body = consent(office, "ruth", offer)
        value = {**body["value"], "context": {"say": words}}  # type: ignore[dict-item]
        about = {"id": CUSTODY, "conversationType": "channel", "tenantId": office.tenant}
        told = office.hears({**body, "value": value, "conversation": about})
        assert told and told["value"] == "The file was not sent."
    assert office.connector.posted[before:] == []


@pytest.mark.parametrize(
    "url",
    [
        "http://x-my.sharepoint.com/upload",
        "https://sharepoint.com.collector.example/",
        "https://127.0.0.1/upload",
        "https://x-my.sharepoint.com:8443/upload",
        "https://[",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_file_goes_to_microsofts_store_only(url: str) -> None:
    with pytest.raises(NotHandedOver, match="not Microsoft's store of files"):
        Store().put(url, Attachment("audit.pdf", "application/pdf", CONTENT, "OFFICIAL"))
