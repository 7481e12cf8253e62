"""Files in a real browser: chosen in the form, one too large, one taken back; and downloaded again by the DCC."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.test_story import CHROMIUM, become, demo, opened, say

__all__ = ["demo"]  # the fixture
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser: install Debian's chromium")
AUDIT = b"%PDF-1.7 \x00\xff nine in ten forms on time" * 400


def payload(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_evidence_given_in_the_form_comes_back_to_the_dcc_byte_for_byte(demo: str, tmp_path: Path) -> None:
    with opened(f"{demo}/#U0OWEN/C0CUSTODY", 1280, 800) as page:
        give(page)
        become(page, "Ruth Calder")
        say(page, "/4action pending CUST26-R2")
        request = page.get_by_role("article").last
        expect(request).to_contain_text("Nachweis audit.pdf (14 KB)")
        request.get_by_role("button", name="Download Nachweis audit.pdf").click()
        expect(page.get_by_role("article").last).to_contain_text("Sent to you in our direct messages:")
        page.get_by_role("link", name="Lightkeeper").or_(page.get_by_role("button", name="Lightkeeper")).first.click()
        message = page.get_by_role("article").filter(has_text="Evidence 1 of CUST26-R2, OFFICIAL")
        with page.expect_download() as coming:
            message.get_by_role("link", name="Download Nachweis audit.pdf").click()
        assert coming.value.suggested_filename == "Nachweis audit.pdf"
        coming.value.save_as(tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == AUDIT


def give(page: Page) -> None:
    """Owen asks for sign-off with a file, after one that was too large and one that he took back."""
    say(page, "/4action complete CUST26-R2: All teams trained.")
    form = page.get_by_role("dialog")
    chooser = form.get_by_label("Files")
    chooser.set_input_files([payload("Nachweis audit.pdf", AUDIT), payload("film.mp4", bytes(10_000_001))])
    expect(form).to_contain_text("film.mp4 is larger than 10 MB.")
    chooser.set_input_files([payload("setup.exe", b"MZ")])
    form.get_by_role("button", name="Ask", exact=True).click()
    expect(form).to_contain_text("setup.exe is of a kind that can run by itself and is not kept.")
    form.get_by_role("button", name="Remove setup.exe").click()
    expect(form.get_by_role("list", name="Chosen so far").get_by_role("listitem")).to_have_count(1)
    form.get_by_role("button", name="Ask", exact=True).click()
    expect(form).to_contain_text("Asked. DCC Ruth Calder decides on CUST26-R2")
    form.get_by_role("button", name="Close").last.click()
    expect(form).to_be_hidden()
