"""What the postman does when Slack says wait, no, nothing at all, or that the token is gone: once, or kept and told."""

import itertools
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from bot import wiring
from bot.delivery import LEASE, PATIENCE, Postman
from handlers.slack.send import Sender
from practice.stand_in import StandInThread
from storage import outbox, people
from storage.people import Handle
from storage.store import Store
from tests.bot.dcc_channel import calls, fault, in_threads, key_of, outbox_rows, posted, slack_at
from tests.conftest import Clock
from tests.databases import reading
from tests.wire.office import DCC, settings

PAST_LEASE = LEASE.total_seconds() + 1
LIA = "D0LIA"


class Post(NamedTuple):
    """A register, its outbox, the pretended Slack, and a postman."""

    store: Store
    clock: Clock
    slack: StandInThread
    postman: Postman

    def put(self, key: str = "letter:1", place: str = DCC, words: str = "Good morning.", **more: Any) -> None:
        with self.store.write() as tx:
            assert outbox.put(tx, key, "slack", place, f'{{"text": "{words}"}}', self.clock(), **more)

    def deliver(self, **later: float) -> int:
        return self.postman.deliver(self.clock.later(**later))

    def state(self, key: str = "letter:1") -> outbox.State:
        return outbox.state_of(self.store, key)

    def another(self, **more: str) -> Postman:
        """A postman of another process on the same register."""
        given = settings(
            slack_bot_token=self.slack.bot_token,
            slack_api_url=self.slack.api_url,
            lightkeeper_now=self.clock(),
            **more,
        )
        return wiring.postman(self.store, given, self.clock, lambda _seconds: None)


@pytest.fixture
def post(register: Store, clock: Clock) -> Iterator[Post]:
    clock.set("2026-11-23 09:00")
    with register.write() as tx:
        lia = [Handle("email", "", "lia.penrose@trentshire.example"), Handle("slack", "T0TRENT", "U0LIA")]
        people.grant(tx, people.keep(tx, lia, "Lia Penrose", clock()), "liaison", "in the tests", clock())
    with slack_at("2026-11-23 09:00") as slack:
        bare = Post(register, clock, slack, None)  # type: ignore[arg-type]
        yield bare._replace(postman=bare.another())


def keys(post: Post, channel: str = DCC) -> list[str]:
    return [key_of(m) for m in posted(post.slack, channel) + in_threads(post.slack, channel)]


def test_a_message_goes_once_with_its_key_in_the_metadata(post: Post) -> None:
    post.put()
    assert (post.deliver(), post.deliver(), post.deliver(seconds=PAST_LEASE)) == (1, 0, 0)
    assert keys(post) == ["letter:1"]
    assert posted(post.slack)[0]["metadata"]["event_type"] == "lightkeeper_message"
    assert post.state().state == "sent" and post.state().posted_ts == posted(post.slack)[0]["ts"]


def test_the_same_key_is_put_once(post: Post) -> None:
    post.put()
    with post.store.write() as tx:
        assert not outbox.put(tx, "letter:1", "slack", DCC, '{"text": "Again."}', post.clock())
    post.deliver()
    assert [m["text"] for m in posted(post.slack)] == ["Good morning."]


def test_when_slack_asks_to_wait_the_message_waits_that_long(post: Post) -> None:
    fault(post.slack, "chat.postMessage", "ratelimited", retry_after=7)
    post.put()
    assert post.deliver() == 0
    assert post.state().state == "waiting"
    assert post.deliver(seconds=6.9) == 0
    assert calls(post.slack, "chat.postMessage") == 1
    assert post.deliver(seconds=0.2) == 1
    assert keys(post) == ["letter:1"]


def test_an_answer_that_is_cut_short_says_neither_yes_nor_no(post: Post) -> None:
    fault(post.slack, "chat.postMessage", "malformed")
    post.put()
    assert post.deliver() == 0
    assert (post.state().state, post.state().trouble) == ("sending", "")
    assert post.deliver(seconds=PAST_LEASE) == 1
    assert keys(post) == ["letter:1"]


def test_one_that_waits_holds_nobody_else_up(post: Post) -> None:
    fault(post.slack, "chat.postMessage", "ratelimited", retry_after=30)
    post.put("letter:1")
    post.put("letter:2")
    assert post.deliver() == 1
    assert keys(post) == ["letter:2"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("channel_not_found", "The channel C0DCC is not there, or Lightkeeper is not in it. Invite it there."),
        ("not_in_channel", "Lightkeeper is not in the channel C0DCC. Invite it there."),
        ("is_archived", "The channel C0DCC is archived. Say digest here, or digest add, for another."),
        ("restricted_action", "The workspace does not let Lightkeeper post in C0DCC. Ask its administrator."),
        (
            "invalid_blocks",
            "Slack does not take the call as we made it (invalid_blocks); that is a fault of Lightkeeper's.",
        ),
    ],
)
def test_a_definite_refusal_blocks_it_and_the_liaison_is_told_directly(post: Post, error: str, sentence: str) -> None:
    fault(post.slack, "chat.postMessage", f"error:{error}")
    post.put()
    post.deliver()
    assert post.state() == outbox.State("blocked", 1, "", sentence)
    post.deliver(seconds=PAST_LEASE)
    assert keys(post) == []
    told = posted(post.slack, LIA)
    assert [key_of(m) for m in told] == ["alert:letter:1"]
    assert told[0]["text"].startswith(f"A message of Lightkeeper's could not be delivered. {sentence} It is kept;")


def test_alert_user_is_told_in_the_liaisons_place(post: Post) -> None:
    with post.store.write() as tx:
        ruth = [Handle("email", "", "ruth.calder@trentshire.example"), Handle("slack", "T0TRENT", "U0RUTH")]
        people.keep(tx, ruth, "DCC Ruth Calder", post.clock())
    fault(post.slack, "chat.postMessage", "error:is_archived")
    post.put()
    postman = post.another(alert_user="ruth.calder@trentshire.example")
    postman.deliver(post.clock())
    postman.deliver(post.clock())
    assert (posted(post.slack, LIA), len(posted(post.slack, "D0RUTH"))) == ([], 1)


def test_an_alert_that_cannot_be_delivered_makes_no_alert_of_its_own(post: Post) -> None:
    fault(post.slack, "chat.postMessage", "error:is_archived", times=2)
    post.put()
    for _ in range(4):
        post.deliver(seconds=PAST_LEASE)
    assert sorted(outbox_rows(post.store.url)) == ["alert:letter:1", "letter:1"]
    assert {row["state"] for row in outbox_rows(post.store.url).values()} == {"blocked"}


def test_a_blocked_message_goes_when_it_is_asked_for_again(post: Post) -> None:
    fault(post.slack, "chat.postMessage", "error:is_archived")
    post.put()
    post.deliver()
    with post.store.write() as tx:
        assert outbox.requeue(tx, "letter:1", post.clock())
        assert not outbox.requeue(tx, "letter:9", post.clock())
    post.deliver()
    assert keys(post) == ["letter:1"]


# --- nobody knows whether it arrived --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reply_lost", "server_error", "error:internal_error", "error:request_timeout"])
def test_without_an_answer_it_is_looked_for_after_the_lease_and_stands_there_once(post: Post, kind: str) -> None:
    fault(post.slack, "chat.postMessage", kind)
    post.put()
    assert post.deliver() == 0
    assert post.state().state == "sending"
    assert post.deliver(seconds=LEASE.total_seconds() - 1) == 0
    assert calls(post.slack, "chat.postMessage") == 1
    assert post.deliver(seconds=2) == 1
    assert keys(post) == ["letter:1"]
    assert calls(post.slack, "chat.postMessage") == (1 if kind == "reply_lost" else 2)
    assert post.state().posted_ts == posted(post.slack)[0]["ts"]


@pytest.mark.parametrize("trouble", ["ratelimited", "server_error", "reply_lost", "error:token_revoked"])
def test_trouble_while_it_is_looked_for_never_makes_it_two(post: Post, trouble: str) -> None:
    """The first post arrived, its answer did not, and the search for it meets a fault of its own."""
    fault(post.slack, "chat.postMessage", "reply_lost")
    post.put()
    post.deliver()
    fault(post.slack, "conversations.history", trouble, times=1)
    post.deliver(seconds=PAST_LEASE)
    postman = post.another()
    for _ in range(4):
        postman.deliver(post.clock.later(seconds=PAST_LEASE))
    assert keys(post) == ["letter:1"]
    assert post.state().state == "sent"


def test_a_channel_that_cannot_be_searched_is_told_once_and_nothing_is_posted_until_it_can(post: Post) -> None:
    fault(post.slack, "chat.postMessage", "reply_lost")
    post.put()
    post.deliver()
    for _ in range(3):
        fault(post.slack, "conversations.history", "error:missing_scope")
        post.deliver(seconds=PAST_LEASE)
    assert keys(post) == ["letter:1"] and post.state().state == "sending"
    assert [key_of(m) for m in posted(post.slack, LIA)] == ["alert:letter:1"]
    post.deliver(seconds=PAST_LEASE)
    assert keys(post) == ["letter:1"] and post.state().state == "sent"


def test_it_is_found_behind_a_hundred_other_messages(post: Post) -> None:
    fault(post.slack, "chat.postMessage", "reply_lost")
    post.put()
    post.deliver()
    for number in range(250):
        post.slack.stand_in.workspace.keep(DCC, {"user": "U0RUTH", "text": f"message {number}"})
    assert post.deliver(seconds=PAST_LEASE) == 1
    assert keys(post) == ["letter:1"]
    assert calls(post.slack, "chat.postMessage") == 1


def test_a_message_somebody_else_wrote_with_the_same_words_is_not_taken_for_ours(post: Post) -> None:
    fault(post.slack, "chat.postMessage", "server_error")
    post.put()
    post.deliver()
    post.slack.stand_in.workspace.keep(DCC, {"user": "U0RUTH", "text": "Good morning."})
    assert post.deliver(seconds=PAST_LEASE) == 1
    assert keys(post) == ["letter:1"]


# --- the token, the clock, two at once ------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ["token_revoked", "invalid_auth", "account_inactive"])
def test_a_token_that_is_gone_stops_everything_and_keeps_everything(post: Post, error: str) -> None:
    fault(post.slack, "chat.postMessage", f"error:{error}")
    post.put("letter:1")
    post.put("letter:2")
    assert post.deliver() == 0
    assert post.postman.stopped
    for _ in range(3):
        assert post.deliver(seconds=PAST_LEASE) == 0
    assert calls(post.slack, "chat.postMessage") == 1
    assert {row["state"] for row in outbox_rows(post.store.url).values()} == {"waiting"}
    mended = post.another()
    assert mended.deliver(post.clock.later(seconds=PAST_LEASE)) == 2
    assert sorted(keys(post)) == ["letter:1", "letter:2"]


def test_a_clock_that_is_not_slacks_posts_nothing(post: Post) -> None:
    post.put()
    wrong = Postman(post.store, post.postman.chats.values(), lambda key, sentence: None, watch_skew=True)
    for _ in range(4):  # this machine's clock is weeks from the practice workspace's
        assert wrong.deliver(post.clock.later(seconds=PAST_LEASE)) == 0
    assert keys(post) == [] and "seconds from Slack's; nothing is sent" in wrong.skewed
    assert post.deliver(seconds=PAST_LEASE) == 1
    assert keys(post) == ["letter:1"]


def test_a_sender_that_was_stopped_for_half_its_lease_does_not_post(post: Post) -> None:
    post.put()
    readings = itertools.chain([0.0] * 4, itertools.repeat(LEASE.total_seconds() / 2 + 1))
    slow = Postman(
        post.store,
        post.postman.chats.values(),
        lambda key, sentence: None,
        watch_skew=False,
        ticks=lambda: next(readings),
    )
    assert slow.deliver(post.clock()) == 0
    assert (keys(post), post.state().state) == ([], "sending")
    assert post.deliver(seconds=PAST_LEASE) == 1
    assert keys(post) == ["letter:1"]


def test_a_sender_that_was_overtaken_takes_its_own_post_back(post: Post) -> None:
    """The first post hangs in the line past its lease; another sender takes over; then the first arrives after all."""
    fault(post.slack, "chat.postMessage", "slow", seconds=0.6)
    post.put()
    first = threading.Thread(target=post.deliver)
    first.start()
    while calls(post.slack, "chat.postMessage") == 0:
        first.join(0.005)
        assert first.is_alive()
    assert post.another().deliver(post.clock.now + timedelta(seconds=PAST_LEASE)) == 1
    first.join(5)
    assert keys(post) == ["letter:1"]
    assert post.state().posted_ts == posted(post.slack)[0]["ts"]
    assert calls(post.slack, "chat.delete") == 1


def test_a_post_that_cannot_be_taken_back_is_a_line_in_the_log_and_no_crash(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    fault(post.slack, "chat.postMessage", "slow", seconds=0.6)
    fault(post.slack, "chat.delete", "error:cant_delete_message")
    post.put()
    first = threading.Thread(target=post.deliver)
    first.start()
    while calls(post.slack, "chat.postMessage") == 0:
        first.join(0.005)
    post.another().deliver(post.clock.now + timedelta(seconds=PAST_LEASE))
    first.join(5)
    assert [r.getMessage() for r in caplog.records if "stands twice" in r.getMessage()]
    assert keys(post) == ["letter:1", "letter:1"]
    post.deliver(seconds=3 * PAST_LEASE)  # and it is taken back when it is looked at once more
    assert keys(post) == ["letter:1"] and post.state().posted_ts == posted(post.slack)[0]["ts"]


def test_one_stopped_in_the_middle_of_its_post_and_killed_leaves_no_second_message(post: Post) -> None:
    """Its post arrives after another sender has looked, found nothing and posted; nobody is left to take it back."""
    post.put()
    stopped = outbox.claim(post.store, post.clock(), LEASE)
    assert stopped is not None
    outbox.note(post.store, stopped, post.postman.chats["slack"].sender.mark(DCC))
    assert post.deliver(seconds=PAST_LEASE) == 1
    post.another().chats["slack"].sender.post(DCC, stopped.payload, stopped.key)
    assert keys(post) == ["letter:1", "letter:1"]
    assert post.deliver(seconds=30) == 0 and len(keys(post)) == 2  # it may yet be taken back by who posted it
    assert post.deliver(seconds=31) == 0
    assert keys(post) == ["letter:1"] and post.state().posted_ts == posted(post.slack)[0]["ts"]
    looked = calls(post.slack, "conversations.history")
    assert post.deliver(seconds=PAST_LEASE) == 0 and calls(post.slack, "conversations.history") == looked


def test_eight_senders_at_once_post_each_message_once(post: Post) -> None:
    for number in range(24):
        post.put(f"letter:{number}")
    now = post.clock()
    threads = [threading.Thread(target=post.another().deliver, args=(now,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(keys(post)) == sorted(f"letter:{n}" for n in range(24))


# --- one a second, threads, late ------------------------------------------------------------------------------------


def waiting(post: Post) -> tuple[Postman, list[float]]:
    """A postman, and how long it waits each time."""
    waits: list[float] = []
    post.postman.pause = waits.append
    return post.postman, waits


def test_thirty_messages_to_one_channel_go_a_second_apart_in_two_rounds(post: Post) -> None:
    for number in range(30):
        post.put(f"letter:{number}")
    post.put("elsewhere", place="C0CYBER")
    postman, waits = waiting(post)
    sent = postman.deliver(post.clock())
    assert 20 < sent < 31 and 19 < sum(waits) <= PATIENCE
    assert [key_of(m) for m in posted(post.slack, "C0CYBER")] == ["elsewhere"]
    assert postman.deliver(post.clock.later(seconds=30)) == 31 - sent
    assert keys(post) == [f"letter:{n}" for n in range(30)]
    assert max(waits) <= 1 and sum(waits) > 27


def test_without_patience_the_next_message_waits_for_the_next_round(post: Post) -> None:
    post.put("letter:1")
    post.put("letter:2")
    postman, waits = waiting(post)
    assert (postman.deliver(post.clock(), patience=0.5), waits) == (1, [])
    assert postman.deliver(post.clock.later(seconds=1), patience=0.5) == 1


def test_two_replicas_do_not_post_to_one_channel_within_a_second(post: Post) -> None:
    post.put("letter:1")
    post.put("letter:2")
    other = post.another()
    assert post.postman.deliver(post.clock(), patience=0.5) == 1
    assert other.deliver(post.clock.later(seconds=0.4), patience=0.5) == 0
    assert other.deliver(post.clock.later(seconds=0.6), patience=0.5) == 1


def test_a_part_goes_into_the_thread_of_what_it_follows(post: Post) -> None:
    post.put("digest")
    post.put("digest:1", follows="digest")
    assert post.deliver() == 2
    (root,), (part,) = posted(post.slack), in_threads(post.slack)
    assert (key_of(part), part["thread_ts"]) == ("digest:1", root["ts"])


@pytest.mark.parametrize("kind", ["reply_lost", "server_error"])
def test_a_part_whose_answer_was_lost_is_looked_for_in_its_thread(post: Post, kind: str) -> None:
    post.put("digest")
    assert post.deliver() == 1
    post.put("digest:1", follows="digest")
    fault(post.slack, "chat.postMessage", kind)
    assert post.deliver(seconds=2) == 0
    assert post.deliver(seconds=PAST_LEASE) == 1
    assert keys(post) == ["digest", "digest:1"]
    assert calls(post.slack, "conversations.replies") == 1


def test_a_part_that_was_posted_is_not_taken_for_missing_when_its_thread_cannot_be_read(post: Post) -> None:
    post.put("digest")
    assert post.deliver() == 1
    post.put("digest:1", follows="digest")
    fault(post.slack, "chat.postMessage", "reply_lost")
    assert post.deliver(seconds=2) == 0
    fault(post.slack, "conversations.replies", "error:missing_scope")
    post.deliver(seconds=PAST_LEASE)
    assert (post.state("digest:1").state, [key_of(m) for m in posted(post.slack, LIA)]) == (
        "sending",
        ["alert:digest:1"],
    )
    assert post.deliver(seconds=PAST_LEASE) == 1
    assert keys(post) == ["digest", "digest:1"]


def test_what_goes_more_than_an_hour_late_says_so_and_is_kept_as_it_was_sent(post: Post) -> None:
    post.put(due_at=post.clock())
    assert post.deliver(minutes=61) == 1
    said = "Good morning. Sent late. It was due 23 Nov 2026, 09:00."
    assert [m["text"] for m in posted(post.slack)] == [said]
    with reading(post.store.url) as other:
        assert said in other.execute("SELECT payload FROM outgoing_message").fetchone()[0]


@pytest.mark.parametrize(
    ("words", "due", "minutes", "said"),
    [
        ("Good morning.", True, 59, "Good morning."),
        ("Good morning.", False, 600, "Good morning."),
        ("Sent late. It was due 23 Nov 2026, 09:00.", True, 61, "Sent late. It was due 23 Nov 2026, 09:00."),
    ],
)
def test_nothing_is_added_to_what_is_in_time_or_not_scheduled_or_says_so_itself(
    post: Post, words: str, due: bool, minutes: int, said: str
) -> None:
    post.put(words=words, due_at=post.clock() if due else None)
    assert post.deliver(minutes=minutes) == 1
    assert [m["text"] for m in posted(post.slack)] == [said]


def test_a_late_one_that_was_posted_twice_over_a_lost_answer_keeps_its_words(post: Post) -> None:
    post.put(due_at=post.clock())
    fault(post.slack, "chat.postMessage", "server_error")
    assert post.deliver(minutes=61) == 0
    assert post.deliver(minutes=61) == 1
    assert [m["text"] for m in posted(post.slack)] == ["Good morning. Sent late. It was due 23 Nov 2026, 09:00."]


def test_a_scheduled_message_of_the_evening_comes_the_next_morning_and_an_answer_at_once(post: Post) -> None:
    post.put("digest", due_at=post.clock())
    post.put("saved")
    assert post.deliver(hours=10) == 1  # 19:00
    assert keys(post) == ["saved"]
    assert post.deliver(hours=12, minutes=59) == 0  # 07:59
    assert post.deliver(minutes=1) == 1
    assert keys(post) == ["saved", "digest"]


def test_the_sender_tells_the_skew_of_the_clocks(post: Post) -> None:
    sender = Sender(post.slack.bot_token, post.slack.api_url)
    sender.whoami()
    assert abs(sender.skew_seconds) > 3600
