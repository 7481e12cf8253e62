"""Teams to Ask and back: what is written, pressed and sent in a form goes through the one parser of COMMANDS."""

import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from handlers import acting, commands, wording
from handlers.ask import Ask
from handlers.card import Button, Buttons, Card, Field, Form, Option, Part, say_lines
from handlers.door import origin_words, same_list, unanswered
from handlers.teams import draw, files, welcome
from handlers.teams.door import Door, Remembered, Where, say, straight, where_of
from handlers.teams.heard import words_of
from handlers.teams.inputs import RESERVED
from handlers.teams.limits import LIMITS, within
from handlers.teams.people import UNSURE, is_bot, tenant_of
from handlers.teams.rows import Rows, first_said, is_answer, is_form
from handlers.wording import FAILED
from storage import conversations
from storage.conversations import Conversation
from storage.fields import london_day
from storage.store import StoreFault

log = logging.getLogger(__name__)
CARD, WORDS = "application/vnd.microsoft.card.adaptive", "application/vnd.microsoft.activity.message"
UNKNOWN = "I do not know that button. Type mine for what you own, or help for all that I understand."
ELSEWHERE = "The register is for members of {0}, and this conversation belongs to another organisation."
ACCEPTED, DECLINED = "The file is on its way.", "The file was not sent."
REMOVED = (
    "Lightkeeper was removed from {0}, and {1} for it. Add the app there again within 14 days, and what waits goes out."
)
Json = Mapping[str, Any]
Answer = dict[str, Any]


class Pressed(NamedTuple):
    """A press: in which message of which conversation, what it says, and what its card was drawn with.

    `origin` is what was said to get the card, `values` are the fields of a form and `was` what stood in them.
    """

    where: Where
    message: str
    verb: str
    words: str
    nonce: str
    origin: str
    was: Mapping[str, str]
    values: Mapping[str, str]
    data: Json


class Home(NamedTuple):
    """What a message was before anything in it was pressed: what was said to get it, and its payload where kept."""

    origin: str
    payload: Answer | None

    @property
    def kept(self) -> bool:
        """Nobody's words can bring it back: it is shown as it was kept. A form that was typed for is done with."""
        return self.payload is not None and not self.origin and not is_form(self.payload)

    @property
    def unasked(self) -> bool:
        """A digest or a notice: it was drawn when nobody asked, and what is done in it leaves the rest of it there."""
        return self.kept and not is_answer(self.payload)


@dataclass
class Listener:
    """Takes activities as Teams sends them, one at a time or many at once, and gives the answer to a press."""

    door: Door
    rows: Rows
    forms: Remembered = field(default_factory=Remembered)
    remembered: dict[str, tuple[date, Conversation]] = field(default_factory=dict)

    def activity(self, body: Json) -> Answer | None:
        """The answer to an activity: None but for a press. Raises what the last edge answers for.

        https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-activities
        """
        self.door.heard()
        try:
            return self._taken(body)
        except StoreFault as fault:
            card = unanswered(fault)
            if body.get("type") == "invoke":
                return _card(draw.adaptive(card, "", _nonce(), pressed_in(body).origin))
            if body.get("type") == "message":
                straight(self.door, where_of(body), draw.message(card))
            return None
        except Exception:  # a press is answered at the last edge; who wrote has to be told by a message
            if body.get("type") == "message":
                straight(self.door, where_of(body), json.loads(draw.plain(FAILED)))
            raise

    def _taken(self, body: Json) -> Answer | None:
        kind = str(body.get("type") or "")
        if tenant_of(body).lower() != self.door.people.tenant.lower():
            return _words(ELSEWHERE.format(self.door.desk.force)) if kind == "invoke" else None
        if kind in ("installationUpdate", "conversationUpdate"):
            self._moved(body)
        elif kind == "message" and not is_bot(body.get("from") or {}):
            self._message(body)
        elif kind == "invoke":
            return self._consented(body) if body.get("name") == files.CONSENT else self._invoked(body)
        return None

    # --- conversations ----------------------------------------------------------------------------------------------

    def _moved(self, body: Json) -> None:
        """https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/subscribe-to-conversation-events"""
        where = where_of(body)
        if welcome.leaves(body):
            for place in welcome.left(body, where.place):
                self._left(place, where)
            return
        self._remember(body, where)
        if welcome.comes(body):
            who = self.door.people.known(body).person.id if where.direct else None
            self._remember(body, where, who)
            key = f"welcome:{where.place}:{london_day(self.door.clock())}"
            card = welcome.card(self.door.desk, direct=where.direct)
            self.door.post(key, where.place, draw.message(card, "", _nonce()))

    def _left(self, place: str, where: Where) -> None:
        """Somebody hears of what waits for it, once a day and place."""
        self.remembered.pop(place, None)
        kept = conversations.left(self.door.desk.store, place)
        if kept:
            called = "somebody's own chat" if where.direct else "a channel or group chat"
            waits = f"{wording.count(kept, 'message')} {'waits' if kept == 1 else 'wait'}"
            said = REMOVED.format(f"{called} ({place})", waits)
            self.door.alert(f"left:{place}:{london_day(self.door.clock())}", said)
            self.door.deliver()

    def _remember(self, body: Json, where: Where, person: int | None = None) -> None:
        """Where the conversation can be reached, as its latest activity tells."""
        store, today = self.door.desk.store, london_day(self.door.clock())
        before = self.remembered.get(where.place)
        whose = person or (before[1].person_id if before else None)
        told = Conversation(
            where.place,
            tenant_of(body),
            where.kind,
            str((body.get("recipient") or {}).get("id") or ""),
            str(body.get("serviceUrl") or ""),
            whose if where.direct else None,
        )
        if before == (today, told):
            return
        if whose is None and where.direct:
            with store.read() as tx:
                kept = conversations.known(tx, where.place)
            told = told._replace(person_id=kept.person_id if kept else None)
        conversations.heard(store, told)
        self.remembered[where.place] = (today, told)

    def _ask(self, body: Json, where: Where, words: str, key: str, **more: Any) -> Ask:
        self._remember(body, where)
        ask = self.door.ask(words, body, key, **more)
        if where.direct and ask.person.id:
            self._remember(body, where, ask.person.id)
        return ask

    # --- what is written --------------------------------------------------------------------------------------------

    def _message(self, body: Json) -> None:
        """A repeat is never dropped: the message's own key makes its answer, and what it changes, happen once."""
        if not str(body.get("text") or "").strip():
            return
        where = where_of(body)
        self._remember(body, where)
        people = self.door.people
        words = words_of(body, self.door.forgiven, lambda user: people.mentioned(where.place, user))
        ask = self._ask(body, where, words, f"teams:{where.place}:{body.get('id')}")
        card, origin = self.door.answer(ask), origin_words(words)
        asked = card
        if card.attachment:
            card = files.offered(card, direct=where.direct)
        if card.form:
            drawn = self._form(card.form, origin)
            shown = draw.message(replace(card, parts=(card.form.intro,), form=None), origin, _nonce()) | {"card": drawn}
        else:
            shown = draw.message(card, origin, _nonce())
        say(self.door, where, ask, shown, origin)
        self._offer(where, ask, asked)

    # --- what is pressed --------------------------------------------------------------------------------------------

    def _invoked(self, body: Json) -> Answer:
        """https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/work-with-universal-actions-for-adaptive-cards"""
        pressed = pressed_in(body)
        answers: dict[str, Callable[[Json, Pressed], Answer]] = {
            draw.SAY: self._said,
            draw.ASK: self._asked,
            draw.FORM: self._submitted,
        }
        answer = answers.get(pressed.verb)
        return answer(body, pressed) if answer else _words(UNKNOWN)

    def _said(self, body: Json, pressed: Pressed) -> Answer:
        home = self._home(pressed)
        ask = self._ask(body, pressed.where, pressed.words, self._key(pressed))
        if not pressed.words and home.kept and ask.person.roles and not ask.outside:
            assert home.payload is not None
            return _card(home.payload["card"])
        return self._answered(pressed, ask, self.door.answer(ask), home)

    def _asked(self, body: Json, pressed: Pressed) -> Answer:
        """A question before an act: no such thing is built in."""
        told = pressed.data.get("ask")
        if not isinstance(told, Mapping) or not {"title", "text", "yes"} <= set(told):
            return _words(UNKNOWN)
        self._remember(body, pressed.where)
        return _card(draw.question({**pressed.data, "say": pressed.words}, pressed.nonce or _nonce()))

    def _submitted(self, body: Json, pressed: Pressed) -> Answer:
        more = {"form": pressed.values, "was": pressed.was}
        try:
            home = self._home(pressed)
            ask = self._ask(body, pressed.where, pressed.words, self._key(pressed), **more)
            card = self.door.told(commands.answer(self.door.desk, ask))
        except StoreFault as fault:
            log.warning("the register did not answer: %s", fault)
            return self._again(pressed, {"": f"{fault.opening} {fault}"}, pressed.nonce)
        if ask.outside == UNSURE:
            return self._again(pressed, {"": f"Not saved. {UNSURE}."}, pressed.nonce)
        if card.faults:
            return self._again(pressed, card.faults, _nonce(), ask)
        return self._answered(pressed, ask, card, home)

    def _key(self, pressed: Pressed) -> str:
        """Names this very press, however often and under whichever ids it comes: by its card's nonce.

        A card that was drawn before anybody was there to be asked has none: then it is the message that it stands in.
        A form with other words in its fields is another request: the answer to the first may not have been seen.
        """
        about = pressed.nonce or f"{pressed.where.place}/{pressed.message}"
        values = dict(pressed.values) if pressed.verb == draw.FORM else {}
        said = hashlib.sha256(json.dumps([pressed.words, values], sort_keys=True).encode()).hexdigest()[:16]
        return f"teams:{self.door.people.tenant}:{about}:{pressed.verb}:{said}"

    def _home(self, pressed: Pressed) -> Home:
        payload = self.rows.kept(pressed.where, pressed.message)
        if payload is not None:
            return Home(first_said(payload), payload)
        whispered = self.door.whispered.get(f"{pressed.where.place} {pressed.message}")
        return Home(pressed.origin if whispered is None else whispered, None)

    # --- answers in place -------------------------------------------------------------------------------------------

    def _answered(self, pressed: Pressed, ask: Ask, card: Card, home: Home) -> Answer:
        if card.form:
            return _card(self._form(card.form, pressed.origin))
        if card.saved:
            return self._saved(pressed, ask, card, home)
        origin = origin_words(pressed.words) if pressed.verb == draw.SAY else ""
        self._offer(pressed.where, ask, card)
        if card.attachment:
            card = files.offered(card, direct=pressed.where.direct)
        return _card(draw.adaptive(card, origin or pressed.origin, _nonce(), _back(pressed, origin, home)))

    def _saved(self, pressed: Pressed, ask: Ask, card: Card, home: Home) -> Answer:
        """The word that it is saved, and under it the card that it came from as it is now.

        In somebody's own chat the message itself is drawn so, and stays so; of one that many read, the row alone.
        """
        where, message = pressed.where, pressed.message
        if home.unasked:
            if where.direct:
                return self._saved_in_notice(pressed, card, home)
            self.door.later(lambda: self._settle(where, message, pressed.words, card.settled))
        drawn, origin = self._redrawn(pressed, ask, card)
        answer = draw.adaptive(
            drawn, origin, _nonce(), None if home.kept and where.direct else _back(pressed, origin, home)
        )
        if where.direct and message:
            shown = {"card": answer, "summary": draw.summary(drawn.subject)}
            self.door.later(lambda: self.rows.show(where, message, lambda: shown))
        return _card(answer)

    def _redrawn(self, pressed: Pressed, ask: Ask, saved: Card) -> tuple[Card, str]:
        """The card that a press or form came from, as it is now, under the word that it is saved; else that alone."""
        origin = pressed.origin if pressed.origin and commands.reads(pressed.origin) else ""
        if not origin:
            return saved, ""
        again = self.door.answer(replace(ask, words=origin, form=None, was={}, request_key="", now=self.door.clock()))
        return replace(again, parts=(*saved.parts[:1], *again.parts), subject=saved.subject), origin

    def _saved_in_notice(self, pressed: Pressed, card: Card, home: Home) -> Answer:
        """A notice to one person: its row is settled, and the word that it is saved stands above it."""
        assert home.payload is not None
        try:
            now = self.rows.settle(pressed.where, pressed.message, pressed.words, card.settled) or home.payload
        except StoreFault as fault:
            log.warning("a row was not settled: %s", fault)
            now = home.payload
        first = draw.adaptive(replace(card, parts=card.parts[:1] if card.settled else card.parts), "", _nonce())

        def drawn(payload: Answer) -> Answer:
            """As it reads when it is drawn: somebody may have settled another row of it meanwhile."""
            card = {**payload["card"], "body": [*first["body"], *payload["card"]["body"]]}
            return {**payload, "card": within(card, LIMITS["drawn"])}

        where, message = pressed.where, pressed.message
        self.door.later(lambda: self.rows.show(where, message, lambda: drawn(self.rows.kept(where, message) or now)))
        return _card(drawn(now)["card"])

    def _settle(self, where: Where, message: str, words: str, said: str) -> None:
        """For those who read the same message: its row says what was decided."""
        if said:
            self.rows.settle(where, message, words, said)
            self.rows.show(where, message, lambda: self.rows.kept(where, message))

    # --- files ------------------------------------------------------------------------------------------------------

    def _offer(self, where: Where, ask: Ask, card: Card) -> None:
        """Files are handed over in somebody's own chat only, and when they have said yes."""
        if where.direct and card.attachment:
            key = f"offer:{ask.request_key}"
            self.door.post(key, where.place, files.offer(card.attachment, card, ask.words))

    def _consented(self, body: Json) -> Answer:
        """The yes or no to an offer; the words are said again, so that whoever may not have it any more does not.

        https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4
        """
        where, told = where_of(body), body.get("value")
        value: Json = told if isinstance(told, Mapping) else {}
        context, upload = value.get("context"), value.get("uploadInfo")
        if value.get("action") != "accept" or not isinstance(context, Mapping) or not isinstance(upload, Mapping):
            return _words(DECLINED)
        if not where.direct:  # nothing is offered where others read, and all that follows would stand there
            return _words(DECLINED)
        words, upload = _text(context.get("say")), dict(upload)
        key = f"teams:{where.place}:file:{_text(upload.get('uniqueId'))}"
        ask = self._ask(body, where, words, key)
        card = self.door.answer(ask) if commands.reads(words) else acting.unknown("?")
        self.door.later(lambda: self._put(where, ask, card, upload))
        return _words(ACCEPTED)

    def _put(self, where: Where, ask: Ask, card: Card, upload: Json) -> None:
        """Put the file where Teams said, then show it there; or say why not."""
        key = f"answer:{ask.request_key}"
        if card.attachment is None:
            self.door.post(key, where.place, draw.message(card))
            return
        try:
            self.door.files.put(_text(upload.get("uploadUrl")), card.attachment)
        except files.NotHandedOver as why:
            self.door.post(key, where.place, files.failed(replace(card, attachment=None), str(why)))
        else:
            self.door.post(key, where.place, files.put_there(upload, card.attachment))

    # --- forms ------------------------------------------------------------------------------------------------------

    def _form(self, form: Form, origin: str) -> Answer:
        """A form under a nonce of its own, kept for the case that it comes back with something wrong."""
        return self._drawn(form, _nonce(), origin, {}, {})

    def _drawn(
        self, form: Form, nonce: str, origin: str, faults: Mapping[str, str], typed: Mapping[str, str]
    ) -> Answer:
        self.forms.keep(nonce, form)
        shown = form._replace(fields=tuple(self._named(one, typed.get(one.name, one.value)) for one in form.fields))
        return draw.form(shown, nonce, {}, faults, typed, origin)

    def _named(self, one: Field, value: str) -> Field:
        """A field of a person with the name of whom the client gave by an id alone."""
        name = self.door.people.called(value) if one.kind == "person" and value else ""
        return one._replace(options=(Option(value, name),)) if name else one

    def _again(self, pressed: Pressed, faults: Mapping[str, str], nonce: str, ask: Ask | None = None) -> Answer:
        """The form as it was sent, under what is wrong; after a restart it is opened anew where it can be."""
        form = self.forms.get(pressed.nonce)
        if form is None and ask is not None:
            form = self.door.answer(replace(ask, form=None, was={}, request_key="")).form
        if form is None:
            return _card(draw.adaptive(_not_kept(faults, pressed), pressed.origin, _nonce(), pressed.origin))
        return _card(
            self._drawn(form._replace(was=pressed.was), nonce or _nonce(), pressed.origin, faults, pressed.values)
        )


def pressed_in(body: Json) -> Pressed:
    """What was pressed, of an invoke `adaptiveCard/action`: what it holds came over the line, and may be anything."""
    value = body.get("value")
    action = value.get("action") if isinstance(value, Mapping) else None
    action = action if isinstance(action, Mapping) else {}
    told = action.get("data")
    data: Json = told if isinstance(told, Mapping) else {}
    was = data.get("was")
    return Pressed(
        where_of(body),
        str(body.get("replyToId") or ""),
        str(action.get("verb") or ""),
        _text(data.get("say")),
        _text(data.get("nonce"))[:64],
        _text(data.get("from")),
        {str(name): _text(told) for name, told in was.items()} if isinstance(was, Mapping) else {},
        {str(name): draw.restored(_text(told)) for name, told in data.items() if name not in RESERVED},
        data,
    )


def _text(thing: Any) -> str:
    return thing if isinstance(thing, str) else "" if thing is None else str(thing)


def _back(pressed: Pressed, origin: str, home: Home) -> str | None:
    """What Back says: the words that bring back what the message was, "" for one that nobody asked for."""
    if home.kept:
        return ""
    if not home.origin or same_list(origin, home.origin):
        return None
    return home.origin


def _not_kept(faults: Mapping[str, str], pressed: Pressed) -> Card:
    """What is wrong, and the words, so that they are not lost, where the form itself cannot be drawn again."""
    typed = "\n".join(text for name, text in pressed.values.items() if text and text != pressed.was.get(name))
    line = say_lines(wording.answer_first("Not saved.", " ".join(faults.values()).removeprefix("Not saved. ")))
    again = Buttons((Button("Open the form again", pressed.words, "Open the form again", True),))
    parts: tuple[Part, ...] = (line, *acting.kept(typed), again)
    return Card("Not saved", parts, ok=False)


def _nonce() -> str:
    """One for each card that is drawn."""
    return secrets.token_hex(6)


def _card(card: Answer) -> Answer:
    return {"statusCode": 200, "type": CARD, "value": card}


def _words(sentence: str) -> Answer:
    return {"statusCode": 200, "type": WORDS, "value": sentence}
