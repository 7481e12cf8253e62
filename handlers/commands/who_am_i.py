"""`who am I`: as whom the person is known here, and what that lets them do."""

from handlers import wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Line, Span, bold, say_lines
from storage import posts, questions
from storage.questions import Filters

WORDS = ("who am i", "whoami")
HELP = ("who am I", "as whom you are known here")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    owned = Filters(owners=(ask.person.id or -1,))
    with desk.store.read() as tx:
        number = questions.counted(tx, owned, ask.reader(desk))
        held = [post.name for post in posts.held_by(tx, ask.person.id or -1)]
    roles = wording.joined([wording.ROLE[r] for r in sorted(ask.person.roles)])
    address = f" ({ask.person.address})" if ask.person.address else ""
    first: Line = (bold(f"{ask.person.called}{address}. "), Span(f"You are {roles} here"))
    owns = wording.count(number, "open item") if number else "no open items"
    office = f" You hold the post {wording.joined(held)}." if held else ""
    line: Line = (*first, Span(f" and own {owns}.{office}"))
    rights = "Owners, delegates, leads and the liaison can update an item; the DCC decides on sign-off and dates."
    buttons = Buttons((Button("Mine", "mine", "What you owe"), Button("Help", "help", "Help")))
    return Card(f"You are {ask.person.called}, {roles}", (say_lines(line, (Span(rights),)), buttons))
