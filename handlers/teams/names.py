"""Names for those whom the register knows by address only: Teams finds nobody by address, so the members are read."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from handlers import members
from handlers.carrier import GIVE_UP, PARK, Trouble
from handlers.members import Profile
from handlers.teams.people import TEAMS, TeamsPeople, account_of, address_of, kept_out, name_of
from storage import conversations, people
from storage.conversations import PERSONAL
from storage.fields import london_day
from storage.people import Handle

log = logging.getLogger(__name__)
PAGES_A_TICK = 5


@dataclass
class Names:
    """Reads who is in the channels and group chats that the bot is in: each place once a day, some pages at a time.

    `page` asks Teams for some members of a place, from where the last page ended ("" for the first); it gives them and
    where the next begins, "" after the last. Raises Trouble.
    https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context
    """

    who: TeamsPeople
    page: Callable[[str, str], tuple[list[dict[str, Any]], str]]
    read_on: dict[str, date] = field(default_factory=dict)
    begun: dict[str, str] = field(default_factory=dict)  # places that are not read to their end: where to go on

    def find(self, most: int = PAGES_A_TICK) -> int:
        """Name whom the next pages show; gives how many were asked for. Whoever is in none of them has not left."""
        if self.who.waits:
            return 0
        with self.who.store.read() as tx:
            waiting = {address for _, address in people.unnamed(tx)}
            places = [one.place for one in conversations.every(tx) if one.left_at is None and one.kind != PERSONAL]
        asked = 0
        for place in self._unread(places) if waiting else ():
            if asked == most:
                break
            asked += 1
            if not self._read(place, waiting):
                break
        return asked

    def _unread(self, places: list[str]) -> Iterator[str]:
        """A place for each page of it that is to be read today."""
        today = london_day(self.who.store.clock())
        for place in places:
            while self.read_on.get(place) != today:
                yield place

    def _read(self, place: str, waiting: set[str]) -> bool:
        """Read one page of a place; False where Teams asks to wait, or does not answer: the others fare no better."""
        today, more = london_day(self.who.store.clock()), ""
        try:
            shown, more = self.page(place, self.begun.get(place, ""))
        except Trouble as trouble:
            if trouble.kind not in (PARK, GIVE_UP):
                log.warning("Teams did not say who is in a place; asked again later: %s", trouble.sentence)
                self.who.wait(trouble.seconds)
                return False
            shown = []
        for one in shown:
            if address_of(one) in waiting and not kept_out(one, self.who.tenant):
                waiting.discard(address_of(one))
                self._keep(one)
        if more:
            self.begun[place] = more
        else:
            self.begun.pop(place, None)
            self.read_on[place] = today
        return True

    def _keep(self, profile: dict[str, Any]) -> None:
        told = Profile(Handle(TEAMS, self.who.tenant, account_of(profile)), address_of(profile), name_of(profile))
        if told.name:
            members.kept(self.who.store, told, self.who.member_role)
