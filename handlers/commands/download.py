"""`download REF N`: a file that was given as evidence, to the person alone."""

from handlers import acting, offers, wording
from handlers.ask import Ask, Desk
from handlers.card import Attachment, Card, Line, Part, Span, code, say_lines
from handlers.commands import show
from storage import questions
from storage.questions import File, Proof, Whole

WORDS = ("download",)
HELP = ("download {reference} 1", "a file given as evidence")
NOT_SENT = "Not sent."


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    said, item = acting.asked_for(desk, ask, rest)
    if item is None:
        return acting.unknown(said.reference or "?", said.words)
    found = _chosen(item, said.words)
    if isinstance(found, Card):
        return found
    with desk.store.read() as tx:
        file = questions.file(tx, found)
    return _handed(ask, item, found, file)


def _chosen(item: Whole, words: str) -> Proof | Card:
    """The file of that number, or the only one; else what there is to choose from."""
    reference, wanted = item.row.reference, words.strip(" .#")
    files = [one for one in item.evidence if not one.link]
    if not wanted and len(files) == 1:
        return files[0]
    if not item.evidence:
        return _not_sent(item, f"No evidence has been given for {reference}.")
    one = next((one for one in item.evidence if str(one.number) == wanted.lstrip("0")), None)
    if one is None:
        which = f"No evidence of {reference} has the number {wording.cut(wanted, 40)}." if wanted else "Say which one."
        return _not_sent(item, f"{which} There is:", *show.proof_lines(item.evidence, item.row.marking))
    if one.link:
        return _not_sent(item, "That is a link. Open it:", *show.proof_lines([one], item.row.marking))
    return one


def _handed(ask: Ask, item: Whole, one: Proof, file: File) -> Card:
    """The file with its answer, once its bytes are known to be those that were given."""
    reference, mine = item.row.reference, item.row.marking
    if not file.intact:
        wrong = f"{wording.cut(file.name, 80)} is not as it was given any more: its SHA-256 is another."
        return _not_sent(item, f"{wrong} Tell whoever looks after the register, and keep this answer.")
    told: Line = (Span(file.name, marking=mine), Span(f", {wording.size(one.size)}, SHA-256 "), code(file.sha256))
    if not ask.carries:
        return _not_sent(item, "Files are handed over in chat; ask there for:", told)
    assert file.content is not None  # it would not be intact
    carried = Attachment(file.name, file.media_type, file.content, mine)
    return Card(f"Evidence {one.number} of {reference}", (say_lines(told),), attachment=carried)


def _not_sent(item: Whole, sentence: str, *lines: Line) -> Card:
    """Why not, and what there is."""
    reference = item.row.reference
    first = wording.answer_first(NOT_SENT, sentence)
    parts: tuple[Part, ...] = (say_lines(first, *lines), *offers.downloads(item, item.evidence))
    return Card(f"Not sent: evidence of {reference}", parts, ok=False)
