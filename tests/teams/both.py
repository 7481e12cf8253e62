"""One bot with both chats open on one register, driven at once through the wire of each, and what came of it."""

import copy
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import select

from bot import wiring
from storage import history
from storage.tables import ITEM, OUTGOING
from tests.conftest import CAST, Clock
from tests.parity import reading
from tests.parity.reading import Seen
from tests.teams.gateway import Gateway
from tests.teams.office import account, chat, every, member
from tests.teams.stand_ins import APP, TENANT, Connector, Signer, rsa_key
from tests.wire.office import Office

Json = dict[str, Any]
FRIDAY = "2026-11-20 16:40"
ITEMS = ("CUST26-R2", "CUST26-A3", "CUST26-C1", "CUST26-A5", "PEEL25-A2")
WHO = ("owen", "lia")
WORKERS, REPEATED = 8, 0.25
SAVED = "Saved."


class Told(NamedTuple):
    """A request: its mark in the record, the version that was seen, and whether it was told to be saved."""

    mark: str
    seen: int
    saved: bool


class Both:
    """Whoever writes, presses or sends a form does so in either chat; each request may be delivered twice."""

    def __init__(self, office: Office, gate: Gateway) -> None:
        self.office, self.gate = office, gate
        office.person("owen").says("mine")
        self.command = office.last_envelope("slash_commands")
        office.person("owen").sends(office.person("owen").opens("update CUST26-A7"), note="Seen.")
        self.form = office.last_envelope("interactive")

    # --- Slack ------------------------------------------------------------------------------------------------------

    def slack(self, who: str, words: str, key: str) -> Seen:
        """What is answered to `/4action words`."""
        sent = copy.deepcopy(self.command)
        sent["payload"] |= {"user_id": f"U0{who.upper()}", "text": words, "trigger_id": key}
        return reading.of_blocks(self.office.deliver(sent))

    def slack_form(self, who: str, say: str, note: str, key: str) -> bool:
        """Whether a form was taken that says so."""
        sent = copy.deepcopy(self.form)
        sent["payload"]["user"]["id"] = f"U0{who.upper()}"
        view = sent["payload"]["view"]
        view |= {"id": f"V{key}", "private_metadata": json.dumps({"say": say, "nonce": key, "was": {}, "url": ""})}
        note_block = next(name for name in view["state"]["values"] if name.startswith("note@"))
        next(iter(view["state"]["values"][note_block].values()))["value"] = note
        return "response_action" not in self.office.deliver(sent)

    # --- Teams ------------------------------------------------------------------------------------------------------

    def teams(self, who: str, words: str, key: str) -> Seen:
        """What a press on a button that says these words is answered by."""
        return self.pressed(who, "say", {"say": words, "nonce": key})

    def pressed(self, who: str, verb: str, data: Json) -> Seen:
        """Over HTTP with a token, by the SDK, through the gate."""
        action = {"action": {"type": "Action.Execute", "verb": verb, "data": data}, "trigger": "manual"}
        told = self.gate.send(self.gate.press(**{**_of(who), "value": action}))
        assert told.status == 200, told
        return reading.of_adaptive(told.json["value"], told.json["value"])

    def sent(self, who: str, form: Seen, **values: str) -> Seen:
        """What comes of a form with these fields filled in, the others as they stand."""
        (send,) = [act for act in every(form.thing, "Action.Execute") if act["verb"] == "form"]
        return self.pressed(who, "form", {**send["data"], **self.fields(form), **values})

    def fields(self, form: Seen) -> dict[str, str]:
        """Every field of a form by its name, with what stands in it."""
        return {one["id"]: str(one.get("value", "")) for one in every(form.thing["body"], "Input.")}

    def notes(self, reference: str) -> list[str]:
        """What was said in updates of an item, oldest first."""
        return [values["note"][1] for _, values in self.office.acts(reference) if "note" in values]

    def written(self, who: str, words: str, key: str) -> str:
        """What is answered to a message in their own chat, by the outbox."""
        assert self.gate.send(self.gate.message(words, **_of(who), id=key)).status == 200
        answers = select(OUTGOING.c.payload).where(OUTGOING.c.key == f"answer:teams:{chat(who)}:{key}")
        with self.office.bot.store.read() as tx:
            payload = tx.execute(answers).scalar_one()
        return str(json.loads(payload)["text"]).partition("\n\n")[2]


def _of(who: str) -> Json:
    about = {"id": chat(who), "conversationType": "personal", "tenantId": TENANT}
    return {"from": {"id": f"29:{who}", "name": CAST[who][1], "aadObjectId": account(who)}, "conversation": about}


@contextmanager
def both_doors(url: str, connector: Connector) -> Iterator[Both]:
    """The demo's register with both chats, over the wire of each."""
    connector.clear()
    connector.members = {one["id"]: one for one in (member(who) for who in CAST)}
    with ExitStack() as stack:
        signer = stack.enter_context(Signer(connector.service_url))
        rsa_key(signer.kid)  # made before many ask for it at once
        more: Json = {"TEAMS_APP_ID": APP, "TEAMS_TENANT_ID": TENANT, "TEAMS_METADATA_URL": signer.metadata_url}
        office = stack.enter_context(Office(url, time=Clock(FRIDAY), TEAMS_LOCAL="1", **more))
        assert office.bot.teams is not None
        line = wiring.open_line(office.bot.teams)
        stack.callback(line.close)
        stack.callback(office.bot.teams.door.after.shutdown, wait=True)
        web = wiring.serve(office.bot, None, 0)
        stack.callback(web.close)
        yield Both(office, Gateway(line, web, signer, connector))


# --- many at once -----------------------------------------------------------------------------------------------------


@dataclass
class Crowd:
    """Eight workers, half at each door; what each wants hangs on the seed, what comes of it on how they meet."""

    both: Both
    seed: int
    turns: int
    told: list[Told] = field(default_factory=list)
    delivered: int = 0
    errors: list[str] = field(default_factory=list)
    otherwise: list[str] = field(default_factory=list)

    def run(self) -> None:
        self.ready, self.lock = threading.Barrier(WORKERS), threading.Lock()
        with self.both.office.bot.store.read() as tx:
            self.since = history.head(tx).seq
            self.began = dict(_versions(tx))
        workers = [threading.Thread(target=self._work, args=(number,)) for number in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _work(self, number: int) -> None:
        dice = random.Random(self.seed * 100 + number)
        self.ready.wait()
        for turn in range(self.turns):
            mark, times = f"mark-{number}-{turn}", 2 if dice.random() < REPEATED else 1
            try:
                told = self._once(dice, "slack" if number % 2 else "teams", mark, times)
            except Exception as fault:  # whatever else happens to a worker is what is looked for
                self.errors.append(f"{mark}: {type(fault).__name__}: {fault}")
                continue
            with self.lock:
                self.told.append(told)
                self.delivered += times

    def _once(self, dice: random.Random, chat: str, mark: str, times: int) -> Told:
        """One request, as of the version that is seen now; delivered again it gets the first answer."""
        reference, who, kind = dice.choice(ITEMS), dice.choice(WHO), dice.randrange(3)
        with self.both.office.bot.store.read() as tx:
            seen = _versions(tx)[reference]
        words = f"{'waiting on' if dice.random() < 0.3 else 'update'} {reference} v{seen}"
        answers = [self._sent(chat, kind, who, words, mark) for _ in range(times)]
        if answers[0] != answers[-1]:
            self.otherwise.append(mark)
        return Told(mark, seen, answers[0])

    def _sent(self, chat: str, kind: int, who: str, words: str, mark: str) -> bool:
        if kind == 0:
            form = words.replace("waiting on", "update")
            if chat == "slack":
                return self.both.slack_form(who, form, mark, mark)
            data = {"say": form, "nonce": mark, "was": {}, "note": mark, "status": "in_progress"}
            return self.both.pressed(who, "form", data).text.startswith(SAVED)
        if kind == 1 and chat == "teams":
            return self.both.written(who, f"{words}: {mark}", mark).startswith(SAVED)
        seen = (self.both.slack if chat == "slack" else self.both.teams)(who, f"{words}: {mark}", mark)
        return seen.text.startswith(SAVED)

    # --- what must hold ---------------------------------------------------------------------------------------------

    def faults(self) -> dict[str, list[str]]:
        """What was lost, doubled or out of line; nothing where all is well."""
        store = self.both.office.bot.store
        with store.read() as tx:
            told = history.minutes(tx, after=self.since)
            now = {row.reference: (row.id, row.version) for row in tx.execute(_KEPT)}
        kept = Counter(_mark(one) for one in told if _mark(one).startswith("mark-"))
        at = {number: self.began[reference] for reference, (number, _) in now.items()}
        broken = []
        for one in told:
            if one.item_id in at and "version" in one.body:
                at[one.item_id] += 1
                broken += [str(one.body)] if one.body["version"] != at[one.item_id] else []
        seen = {one.mark: one.seen for one in self.told}
        return {
            "over a newer version": [
                mark for one in told if (mark := _mark(one)) in seen and one.body["version"] != seen[mark] + 1
            ],
            "lost": [one.mark for one in self.told if one.saved and not kept[one.mark]],
            "not told": [one.mark for one in self.told if not one.saved and kept[one.mark]],
            "twice": [mark for mark, times in kept.items() if times > 1],
            "versions": broken + [name for name, (number, last) in now.items() if at[number] != last],
            "told otherwise": self.otherwise,
            "history": [str(one) for one in history.verify(store)[0]],
            "errors": self.errors,
        }

    def by_chat(self) -> Counter[tuple[int, str]]:
        """How many events each person made by each chat, as the record has it."""
        with self.both.office.bot.store.read() as tx:
            told = history.minutes(tx, after=self.since)
        marked = [one for one in told if _mark(one).startswith("mark-")]
        return Counter((one.actor_id or 0, str(one.body["place"]).split()[0]) for one in marked)


_KEPT = select(ITEM.c.id, ITEM.c.reference, ITEM.c.version).where(ITEM.c.reference.in_(ITEMS))


def _versions(tx: Any) -> dict[str, int]:
    return {row.reference: row.version for row in tx.execute(_KEPT)}


def _mark(minute: history.Minute) -> str:
    pair = minute.fields.get("note") or minute.fields.get("waiting_on") or ("", "")
    return str(pair[1])
