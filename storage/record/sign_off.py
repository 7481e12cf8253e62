"""Sign-off: asked for with evidence, checked by the liaison, decided by the DCC."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert

from storage.fields import london_day
from storage.record import requests
from storage.record.change import Actor, Loaded, Plan, Saved, change
from storage.record.updates import raise_any, words_fault
from storage.rules import evidence, lifecycle
from storage.store import Store
from storage.tables import EVIDENCE


class Attached(NamedTuple):
    """A file given as evidence, whole."""

    name: str
    media_type: str
    content: bytes

    @classmethod
    def of(cls, name: str, content: bytes) -> "Attached":
        """A file under the name that is kept, and of the type that its ending says."""
        kept = evidence.named(name)
        return cls(kept, evidence.media_type(kept), content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def kind(self) -> str:
        """The media type without blanks, so that what the ledger tells can be taken apart again."""
        return "".join(self.media_type.split())

    @property
    def called(self) -> str:
        """The name on one line."""
        return " ".join(self.name.split())

    @property
    def told(self) -> str:
        """As the ledger names it: the digest binds the bytes to the event."""
        return f"{self.sha256} {len(self.content)} {self.kind} {self.called}"


def ask_sign_off(
    store: Store,
    actor: Actor,
    reference: str,
    version: int | None,
    words: str,
    links: Sequence[str],
    files: Sequence[Attached] = (),
) -> Saved:
    """Ask for sign-off: what was done, and evidence: a link or a file. The item is then pending sign-off."""
    files = [Attached.of(file.name, file.content) for file in files]

    def decide(found: Loaded, now: datetime) -> Plan:
        check_sign_off(words, links, [(f.name, len(f.content), f.content[:8]) for f in files])
        told = {"words": words.strip(), "evidence": "\n".join(links), "files": "\n".join(f.told for f in files)}
        row = requests.asked(found, actor, requests.SIGN_OFF, words, then=_evidence(found, actor, links, files))
        kept = {name: text for name, text in told.items() if text}
        return Plan({"status": lifecycle.PENDING_SIGN_OFF}, kept, (row,))

    return change(store, actor, "complete", reference, version, decide)


def check_sign_off(words: str, links: Sequence[str], files: Sequence[tuple[str, int, bytes]]) -> None:
    """Raise FieldFaults for what was done, and for the evidence; a file is its name, size and first bytes.

    A door may ask before the bytes of a file are there.
    """
    faults = words_fault("done", words, "Say what was done; the DCC reads it before signing off.")
    wrong = evidence.of_links(links) if links or files else evidence.GIVE
    faults |= {"evidence": wrong} if wrong else {}
    wrong = evidence.of_files(files)
    raise_any(faults | ({"files": wrong} if wrong else {}))


def _evidence(
    found: Loaded, actor: Actor, links: Sequence[str], files: Sequence[Attached]
) -> Callable[[Connection, int, int, datetime], None]:
    def write(tx: Connection, request: int, event: int, at: datetime) -> None:
        of = {"item_id": found.item["id"], "request_id": request, "person_id": actor.person.id}
        of |= {"event": event, "at": at}
        empty = {"link": "", "name": "", "media_type": "", "size": None, "sha256": "", "content": None}
        rows = [{**of, **empty, "link": link} for link in links]
        for file in files:
            kept = {"name": file.called, "media_type": file.kind, "size": len(file.content)}
            rows.append({**of, **empty, **kept, "sha256": file.sha256, "content": file.content})
        tx.execute(insert(EVIDENCE), rows)

    return write


def check_evidence(store: Store, actor: Actor, reference: str, version: int | None, note: str) -> Saved:
    """The liaison has looked at the evidence, and says what they saw."""

    def decide(found: Loaded, now: datetime) -> Plan:
        raise_any(words_fault("note", note, "Say in a few words what you checked, and what it showed."))
        checked = {"checked_by_id": actor.person.id, "check_note": note.strip()}
        return Plan({}, {"note": note.strip()}, requests.altered(found, checked, "checked_at"))

    return change(store, actor, "verify", reference, version, decide)


def sign_off(store: Store, actor: Actor, reference: str, version: int | None) -> Saved:
    """The DCC signs off: the force has completed the item, today."""

    def decide(found: Loaded, now: datetime) -> Plan:
        values = {"status": lifecycle.COMPLETE, "completed_on": london_day(now)}
        return Plan(values, {}, requests.decided(found, actor, "signed_off"), found.concerned)

    return change(store, actor, "sign off", reference, version, decide)


def send_back(store: Store, actor: Actor, reference: str, version: int | None, reason: str) -> Saved:
    """Not signed off: it goes on, for a reason."""

    def decide(found: Loaded, now: datetime) -> Plan:
        raise_any(words_fault("reason", reason, "Say what is missing, so that it can be mended."))
        rows = requests.decided(found, actor, "sent_back", reason)
        return Plan({"status": lifecycle.IN_PROGRESS}, {"reason": reason.strip()}, rows, found.concerned)

    return change(store, actor, "send back", reference, version, decide)


def withdraw(store: Store, actor: Actor, reference: str, version: int | None, reason: str = "") -> Saved:
    """The pending request is taken back, whatever it asks for."""

    def decide(found: Loaded, now: datetime) -> Plan:
        rows = requests.decided(found, actor, "withdrawn", reason)
        told = {"reason": reason.strip()} if reason.strip() else {}
        return Plan({"status": lifecycle.after("withdraw", found.item["status"])}, told, rows, found.concerned)

    return change(store, actor, "withdraw", reference, version, decide)
