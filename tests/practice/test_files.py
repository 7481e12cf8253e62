"""Files: uploaded by the bot in two steps, chosen by a person in a form, fetched with the bot's token alone."""

from __future__ import annotations

import base64
import urllib.request
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.practice.practising import Json, World, practising

PDF = b"%PDF-1.7 \x00\xff evidence"


def forbid(given: Json) -> None:
    given["scopes"] = [scope for scope in given["scopes"] if not scope.startswith("files:")]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with practising(bot=False) as made:
        yield made


@pytest.fixture
def client(world: World) -> WebClient:
    return WebClient(world.slack.bot_token, base_url=world.slack.api_url)


def fetched(world: World, address: str, token: str) -> bytes:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return bytes(answer.read())


def test_a_file_is_uploaded_shown_in_a_channel_fetched_and_deleted(world: World, client: WebClient) -> None:
    answer = client.files_upload_v2(
        content=PDF, filename="register.pdf", title="Register", channel="C0DCC", initial_comment="As asked"
    )
    ident = answer["files"][0]["id"]
    shown = world.messages("U0RUTH", "C0DCC")[-1]
    assert (shown["text"], shown["files"][0]["id"]) == ("As asked", ident)
    file = client.files_info(file=ident)["file"]
    assert (file["name"], file["title"], file["size"]) == ("register.pdf", "Register", len(PDF))
    assert (file["mimetype"], file["filetype"], file["channels"]) == ("application/pdf", "pdf", ["C0DCC"])
    assert fetched(world, file["url_private_download"], world.slack.bot_token) == PDF
    assert client.files_delete(file=ident)["ok"]
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.files_info(file=ident)


def test_without_the_token_one_is_sent_to_sign_in(world: World) -> None:
    file = world.do("file", person="U0OWEN", name="photo.jpg", text="not for all")["file"]
    assert b"<!doctype html" in fetched(world, file["url_private"], "xoxb-other").lower()
    assert fetched(world, file["url_private"], world.slack.bot_token) == b"not for all"


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        ("files.getUploadURLExternal", {"filename": "a.txt"}, "missing_argument"),
        ("files.getUploadURLExternal", {"filename": "a.txt", "length": 10**10}, "file_upload_size_restricted"),
        ("files.completeUploadExternal", {"files": []}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": [{"id": "F0NONE"}]}, "file_not_found"),
        ("files.info", {"file": "F0NONE"}, "file_not_found"),
    ],
)
def test_files_are_refused_in_slacks_words(world: World, method: str, arguments: Json, code: str) -> None:
    assert world.api(method, **arguments)["error"] == code


def test_an_upload_that_is_not_whole_is_not_completed(world: World) -> None:
    way = world.api("files.getUploadURLExternal", filename="a.txt", length=10)
    assert world.ask(way["upload_url"].removeprefix(world.url), "short")[1].startswith("OK")
    done = world.api("files.completeUploadExternal", files=[{"id": way["file_id"]}])
    assert done["error"] == "file_update_failed"


def test_the_bot_deletes_only_its_own(world: World) -> None:
    file = world.do("file", person="U0OWEN", name="a.txt", text="x")["file"]
    assert world.api("files.delete", file=file["id"])["error"] == "cant_delete_file"


def test_without_the_permission_there_are_no_files() -> None:
    with practising(bot=False, change=forbid) as quiet:
        assert quiet.api("files.info", file="F0NONE")["error"] == "missing_scope"
        file = quiet.do("file", person="U0OWEN", name="photo.jpg", text="not for apps")["file"]
        assert b"Sign in" in fetched(quiet, file["url_private_download"], quiet.slack.bot_token)


def test_a_shared_file_can_be_kept_by_those_who_see_it(world: World, client: WebClient) -> None:
    name = "Prüfung „eins“.pdf"
    ident = client.files_upload_v2(content=PDF, filename=name, channel="D0RUTH")["files"][0]["id"]
    address = f"{world.url}/practice/file/{ident}?person="
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{address}U0RUTH", timeout=10) as answer:
        assert answer.read() == PDF
        assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote(name)}"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for other in ("U0OWEN", "U0NOBODY", ""):
        assert world.ask(f"/practice/file/{ident}?person={other}")[0] == 404


# --- chosen in a form ---

ASKED: Json = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Evidence"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "evidence",
            "label": {"type": "plain_text", "text": "Evidence"},
            "element": {"type": "file_input", "action_id": "v", "filetypes": ["pdf"], "max_files": 1},
        }
    ],
}


def sent(world: World, *files: str) -> Json:
    view = world.slack.stand_in.views.open("U0OWEN", ASKED)
    assert view["state"]["values"] == {"evidence": {"v": {"type": "file_input", "files": []}}}
    values = {"evidence": {"v": {"files": list(files)}}}
    return world.do("submit", person="U0OWEN", view_id=view["id"], values=values)


def a_file(world: World, name: str, content: bytes = PDF) -> str:
    told = world.do("file", person="U0OWEN", name=name, base64=base64.b64encode(content).decode())
    return str(told["file"]["id"])


def test_a_form_says_what_is_wrong_with_the_files_chosen(world: World) -> None:
    assert sent(world)["errors"] == {"evidence": "Please complete this required field."}
    assert sent(world, a_file(world, "a.exe"))["errors"] == {"evidence": "a.exe is not one of these: pdf."}
    both = [a_file(world, f"{n}.pdf") for n in range(2)]
    assert sent(world, *both)["errors"] == {"evidence": "Please choose at most 1 files."}
    heavy = a_file(world, "heavy.pdf", b"x" * 10_000_001)
    assert sent(world, heavy)["errors"] == {"evidence": "heavy.pdf is larger than 10 MB."}
    assert sent(world, "F0NONE")["error"] == "file_not_found"


def test_the_file_chosen_comes_to_the_bot_in_the_forms_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("practice.socket_mode.ACK_WITHIN", 0.3)  # nobody answers this form
    with practising() as world:
        ident = a_file(world, "log.pdf")
        sent(world, ident)
        payload = world.ask("/practice/envelopes")[1]["envelopes"][-1]["payload"]
        state = payload["view"]["state"]["values"]["evidence"]["v"]
        assert state["type"] == "file_input"
        assert (state["files"][0]["id"], state["files"][0]["size"]) == (ident, len(PDF))
        assert fetched(world, state["files"][0]["url_private_download"], world.slack.bot_token) == PDF
