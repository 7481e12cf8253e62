"""A Form as a card in place: what is wrong stands above its field, and what was typed stays in it.

https://learn.microsoft.com/adaptive-cards/authoring-cards/input-validation
"""

import re
from collections.abc import Callable, Mapping

from handlers.card import Field, Form, Heading, Span
from handlers.teams.actions import FORM, SAY, Press, execute, whole
from handlers.teams.limits import LIMITS, Block, attention, within
from handlers.teams.parts import Drawing
from handlers.teams.words import is_tame, label, literal

# what a submission tells beside its fields; no field may be called so, as the client merges them into one
RESERVED = frozenset({"say", "nonce", "was", "from", "ask", "msteams"})
NO_FILES = "Files cannot be added in Teams: give a link to each instead."
AS_IT_IS = "As it is now"
_ENTRA = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_NOTHING: Mapping[str, str] = {}


def form(
    form: Form,
    nonce: str,
    kept: Mapping[str, str],
    faults: Mapping[str, str] = _NOTHING,
    typed: Mapping[str, str] = _NOTHING,
    origin: str = "",
) -> Block:
    """The form as a card in place of the one that it was opened from.

    `kept` comes back with the submission; `faults` are what was wrong with the fields as they were `typed`; `origin`
    is what Back says.
    """
    press = Press(nonce, origin if len(origin) <= LIMITS["from"] else "")
    drawing = Drawing(press, private=True, pressed=False)
    drawing.add(Heading(Span(form.title)))
    drawing.add(form.intro)
    names = {field.name for field in form.fields}
    body = drawing.body + [attention(literal(told)) for name, told in faults.items() if name not in names]
    for field in form.fields:
        body += _field(field._replace(value=typed.get(field.name, field.value)), faults.get(field.name, ""))
    told = {**kept, **press.data(form.say), "was": dict(form.was)}
    save = {**execute(form.submit, f"{form.submit}: {form.title}", FORM, told), "style": "positive"}
    back = {**execute("Back", "Back, without saving", SAY, press.data(press.origin)), "associatedInputs": "none"}
    return within(whole(body, [save, back]), LIMITS["drawn"])


def _field(field: Field, fault: str) -> list[Block]:
    """What is wrong, the field with its label, and the hint in small print."""
    drawn = [attention(literal(fault))] if fault else []
    if field.kind == "files":
        return [*drawn, _line(NO_FILES)]
    drawn.append(_labelled(field))
    return [*drawn, _line(field.hint)] if field.hint else drawn


def _line(words: str) -> Block:
    run = {"type": "TextRun", "text": literal(words), "isSubtle": True}
    return {"type": "RichTextBlock", "inlines": [run], "spacing": "None"}


def _labelled(field: Field) -> Block:
    control = _CONTROLS[field.kind](field)
    drawn: Block = {**control, "id": field.name, "label": label(field.label, "tooltip")}
    if field.placeholder and field.kind != "choice":
        drawn["placeholder"] = label(field.placeholder, "placeholder")
    if not field.optional:
        drawn |= {"isRequired": True, "errorMessage": label(f"{field.label} is missing.", "tooltip")}
    return drawn


def _words(field: Field) -> Block:
    """https://adaptivecards.io/explorer/Input.Text.html"""
    value = literal(field.value[: field.most])
    # the client counts as JavaScript does, and must not refuse what stands there already
    most = max(field.most, len(value.encode("utf-16-le", "replace")) // 2)
    drawn: Block = {"type": "Input.Text", "maxLength": most}
    if field.kind == "words":
        drawn["isMultiline"] = True
    return {**drawn, "value": value} if value else drawn


def _day(field: Field) -> Block:
    """https://adaptivecards.io/explorer/Input.Date.html"""
    drawn: Block = {"type": "Input.Date"}
    return {**drawn, "value": field.value} if _DAY.match(field.value) else drawn


def _choice(field: Field) -> Block:
    """https://adaptivecards.io/explorer/Input.ChoiceSet.html

    Markdown works in the words beside a round button, and not in a menu: so only words without any stand there.
    """
    options = field.options[: LIMITS["choices"]]
    titles = [f"{one.label}: {one.description}" if one.description else one.label for one in options]
    choices = [{"title": label(t, "choice"), "value": o.value} for t, o in zip(titles, options, strict=True)]
    chosen = next((o.value for o in options if o.value == field.value), options[0].value)
    open_ = len(options) <= LIMITS["expanded"] and all(is_tame(choice["title"]) for choice in choices)
    style = "expanded" if open_ else "compact"
    return {"type": "Input.ChoiceSet", "choices": choices, "value": chosen, "style": style, "wrap": True}


def _person(field: Field) -> Block:
    """People of the tenant, by their Entra object id; who stands there now is a choice already.

    https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/people-picker
    """
    query = {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}
    drawn: Block = {"type": "Input.ChoiceSet", "choices": [], "choices.data": query, "style": "filtered"}
    value = label(field.value, "choice") if field.value.strip() else ""
    if not value:
        return drawn
    named = next((one.label for one in field.options if one.value == field.value), "")
    shown = named or (AS_IT_IS if _ENTRA.match(value) else value)
    return {**drawn, "choices": [{"title": label(shown, "choice"), "value": value}], "value": value}


_CONTROLS: dict[str, Callable[[Field], Block]] = {
    "choice": _choice,
    "words": _words,
    "line": _words,
    "day": _day,
    "person": _person,
}
