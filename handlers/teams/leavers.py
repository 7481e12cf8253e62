"""Who of those whom open items name is not in Teams any more: Teams is asked in each one's own chat with the bot."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Any

from handlers.carrier import GIVE_UP, PARK, Trouble
from handlers.teams.people import GUEST, TEAMS, TeamsPeople, account_of, kept_out
from storage import away, conversations
from storage.fields import london_day

log = logging.getLogger(__name__)
ASKED_A_TICK = 10


@dataclass
class Leavers:
    """Looks for the owners, delegates and leads of open items: each once a day, a few at a time.

    `page` gives some members of a place, as for Names.
    """

    who: TeamsPeople
    page: Callable[[str, str], tuple[list[dict[str, Any]], str]]
    asked: dict[int, date] = field(default_factory=dict)

    def find(self, most: int = ASKED_A_TICK) -> int:
        """Ask whether the next ones are still here; gives how many were asked for.

        Whoever has no chat with the bot is not looked for.
        https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context
        """
        count = 0
        for person, account, place in self._waiting() if not self.who.waits else ():
            if count == most or not self._look(person, account, place):
                break
            count += 1
        return count

    def _waiting(self) -> Iterator[tuple[int, str, str]]:
        """Those who were not asked for today: person, account, and their own chat."""
        store, today = self.who.store, london_day(self.who.store.clock())
        with store.read() as tx:
            tied = [one for one in away.chatting(tx, TEAMS) if self.asked.get(one[0]) != today]
            chats = [(*one, conversations.of_person(tx, one[0])) for one in tied]
        for person, account, chat in chats:
            if chat:
                yield person, account, chat.place

    def _look(self, person: int, account: str, place: str) -> bool:
        """Ask for one; False where Teams does not answer, or asks to wait: the others fare no better."""
        try:
            profile = self._found(account, place)
            outside = kept_out(profile, self.who.tenant) if profile else ""
            self._note(person, away.GUEST if outside == GUEST else away.UNKNOWN if outside or not profile else "")
        except Trouble as trouble:
            if trouble.kind not in (PARK, GIVE_UP):
                log.warning("Teams did not say who is still here; asked again later: %s", trouble.sentence)
                self.who.wait(trouble.seconds)
                return False
            # whoever has only blocked the bot has not left
        self.asked[person] = london_day(self.who.store.clock())
        return True

    def _found(self, account: str, place: str) -> dict[str, Any] | None:
        """What Teams says of them; None where neither their id nor the list of who is in their chat finds them."""
        try:
            return dict(self.who.member(place, account))
        except Trouble as trouble:
            if trouble.status != HTTPStatus.NOT_FOUND:
                raise
        try:
            there, _ = self.page(place, "")
        except Trouble as trouble:
            if trouble.status != HTTPStatus.NOT_FOUND:
                raise
            return None
        return next((dict(one) for one in there if account_of(one) == account), None)

    def _note(self, person: int, reason: str) -> None:
        if away.note(self.who.store, person, reason):
            log.info("person %d is %s", person, f"away: {reason}" if reason else "back")
