"""A digest with a chart, in a workspace that knows charts and in one that refuses them."""

import json

from handlers.card import Card, Chart, Span, say_lines
from handlers.slack import draw
from storage import outbox
from tests.bot.dcc_channel import calls, fault, posted
from tests.bot.test_delivery import Post, post
from tests.wire.office import DCC

__all__ = ["post"]
CHART = Chart("Open items by colour", ("Red", "Amber"), (("A week ago", (2, 3)), ("Now", (4, 3))))
CARD = Card("Digest: 7 open", (say_lines((Span("7 open: Red 4, Amber 3."),)), CHART), private=False)


def put(post: Post) -> None:
    with post.store.write() as tx:
        outbox.put(tx, "digest:1", "slack", DCC, json.dumps(draw.message(CARD)), post.clock())


def kinds(post: Post) -> list[str]:
    return [block["type"] for block in posted(post.slack)[0]["blocks"]]


def test_a_chart_is_sent_as_slacks_own_block(post: Post) -> None:
    put(post)
    assert post.deliver() == 1
    assert kinds(post) == ["rich_text", "data_visualization"]


def test_a_workspace_that_refuses_charts_gets_the_words_once(post: Post) -> None:
    post.slack.stand_in.workspace.without_blocks.add("data_visualization")
    put(post)
    assert post.deliver() == 1
    assert kinds(post) == ["rich_text"]
    assert (len(posted(post.slack)), calls(post.slack, "chat.postMessage")) == (1, 2)
    assert "Open items by colour" in posted(post.slack)[0]["text"]
    assert post.state("digest:1").state == "sent"


def test_blocks_refused_for_another_reason_are_not_sent_again(post: Post) -> None:
    fault(post.slack, "chat.postMessage", "error:invalid_blocks")
    with post.store.write() as tx:
        outbox.put(tx, "digest:1", "slack", DCC, json.dumps(draw.message(Card("x", CARD.parts[:1]))), post.clock())
    post.deliver()
    assert posted(post.slack) == []
    assert post.state("digest:1").state == "blocked"
