"""Teams account to person: by identity, else by e-mail address; guests, strangers, the anonymous and bots stay out."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers import members, wording
from handlers.ask import Refused
from handlers.carrier import GIVE_UP, PARK, Trouble
from handlers.members import NOBODY, Known, Profile
from storage import away, conversations, people
from storage.people import EMAIL, Handle, Person
from storage.store import Store, StoreFault

log = logging.getLogger(__name__)
TEAMS = "teams"
FRESH_SECONDS = 60
MOST_PLACES = 6  # where somebody is looked for who never wrote to the bot
UNSURE = "Teams did not say who you are; please try again in a moment"
UNSURE_WHO = "Teams did not say who that is; please try again in a moment."
APP, GUEST = "an app is not a member", "you are a guest"
STRANGER = "your account belongs to another organisation"
NAMELESS = "you are not signed in to an account of this organisation"
THIRD_PERSON = {
    APP: "it is an app",
    GUEST: "a guest does not see the register",
    STRANGER: "the account belongs to another organisation",
    NAMELESS: "they are not signed in to an account of this organisation",
}
Json = Mapping[str, Any]


@dataclass
class TeamsPeople:
    """Who is who in one tenant; what Teams said of an account is believed for a minute, and nothing else lets in.

    `member` asks Teams for a member of a conversation, by the id that it has there or by its id in Entra, and raises
    Trouble: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context
    """

    member: Callable[[str, str], dict[str, Any]]
    store: Store
    tenant: str
    member_role: str
    ticks: Callable[[], float] = time.monotonic
    profiles: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    spoke: dict[str, float] = field(default_factory=dict)
    here: threading.local = field(default_factory=threading.local)  # where the one whom this thread answers is
    wait_until: float = float("-inf")  # for what nobody waits for

    @property
    def waits(self) -> bool:
        """Whether Teams is left alone for a while with what nobody waits for."""
        return self.ticks() < self.wait_until

    def wait(self, seconds: float) -> None:
        self.wait_until = self.ticks() + seconds

    def known(self, activity: Json) -> Known:
        """Who sent an activity; fails closed when Teams does not say."""
        sender, place = dict(activity.get("from") or {}), place_of(activity)
        if tenant_of(activity) != self.tenant:
            return Known(NOBODY, STRANGER)
        if is_bot(sender):
            return Known(NOBODY, APP)
        account = str(sender.get("aadObjectId") or "").lower()
        if not account:
            return Known(NOBODY, NAMELESS)
        self.here.place = place
        try:
            profile = self._profile(place, str(sender.get("id") or account), account)
        except (Trouble, OSError):
            return Known(NOBODY, UNSURE)
        outside = kept_out(profile, self.tenant)
        if outside == GUEST:
            self._guest_now(account)
        return Known(NOBODY, outside) if outside else Known(self._person(account, profile), "")

    def _guest_now(self, account: str) -> None:
        """Whoever was a full member and is a guest now is told nothing of their items any more; the liaison is."""
        with self.store.read() as tx:
            person = people.known_as(tx, Handle(TEAMS, self.tenant, account))
        if person and person.id:
            away.note(self.store, person.id, away.GUEST)

    def _profile(self, place: str, user: str, account: str = "") -> dict[str, Any]:
        """What Teams says of a member; of `account`, where that is known beforehand. Raises Trouble."""
        until, profile = self.profiles.get(account or user, (0.0, {}))
        if self.ticks() < until:
            return profile
        profile = dict(self.member(place, user))
        told = account_of(profile)
        if account and told and told != account:
            raise Trouble(GIVE_UP, "Teams named another account.")
        for key in {account or told, user} - {""}:
            self.profiles[key] = (self.ticks() + FRESH_SECONDS, profile)
        return profile

    def _person(self, account: str, profile: Json) -> Person:
        who = Handle(TEAMS, self.tenant, account)
        found = members.person(self.store, Profile(who, address_of(profile), name_of(profile)), self.member_role)
        assert found.id is not None  # whom Teams names is kept
        until = self.profiles[account][0]
        if self.spoke.get(account) != until:  # as often as Teams is asked
            away.note(self.store, found.id, "")
            self.spoke[account] = until
        return found

    def mentioned(self, place: str, user: str) -> str:
        """How to name in words whom a mention means: the address, else the id in Entra; "" when Teams does not say."""
        try:
            profile = self._profile(place, user)
        except (Trouble, OSError):
            return ""
        account = account_of(profile)
        if account:
            self.profiles[account] = (self.ticks() + FRESH_SECONDS, profile)
        return address_of(profile) or account

    def called(self, account: str) -> str:
        """The name of an account by its id in Entra, as the register knows it; "" for one that it does not know."""
        who = people.handle(account, self.tenant)
        if who is None or who.platform != TEAMS:
            return ""
        try:
            with self.store.read() as tx:
                person = people.known_as(tx, who)
        except StoreFault:
            return ""  # a form that the register does not answer for is drawn all the same
        return person.called if person else ""

    def meant(self, who: Handle) -> int | Refused:
        """The id of the full member whom somebody names by id in Entra or address, or why there is none.

        Raises nothing: while Teams does not say, nobody is meant.
        """
        account = who.external_id.lower() if who.platform == TEAMS else self._account(who.external_id)
        if not account:
            return self._by_address(who)
        try:
            profile = self._found(account)
        except (Trouble, OSError):
            return Refused(UNSURE_WHO)
        if profile is None:
            return Refused("Teams does not show me who that is. Ask them to write to me once, then name them again.")
        why = kept_out(profile, self.tenant)
        if why:
            name = name_of(profile) or who.external_id
            return Refused(f"{name} cannot answer for an item: {THIRD_PERSON[why]}. Choose a full member.")
        return self._member(account, profile)

    def _member(self, account: str, profile: Json) -> int:
        told = Profile(Handle(TEAMS, self.tenant, account), address_of(profile), name_of(profile))
        number = members.person(self.store, told, self.member_role).id
        assert number is not None  # whom Teams names is kept
        return number

    def _account(self, address: str) -> str:
        """The account with an address, as far as Teams has told; "" for none."""
        for until, profile in list(self.profiles.values()):  # others are asked about meanwhile
            if self.ticks() < until and address_of(profile) == address.lower():
                return account_of(profile)
        with self.store.read() as tx:
            person = people.known_as(tx, Handle(EMAIL, "", address.lower()))
            return people.user_in(tx, person.id, TEAMS) if person and person.id else ""

    def _by_address(self, who: Handle) -> int | Refused:
        """Teams finds nobody by address: whoever the register knows by it is meant, unless they have left."""
        with self.store.read() as tx:
            person = people.known_as(tx, who)
            gone = away.why(tx, person.id) if person and person.id else ""
        if person is None or person.id is None:
            return Refused(f"Nobody whom I know here is {who.external_id}. Mention them, or choose somebody else.")
        if gone:
            return Refused(f"{person.called} cannot answer for an item: {wording.AWAY[gone]}. Choose a full member.")
        return person.id

    def _found(self, account: str) -> dict[str, Any] | None:
        """What Teams says of an account, in the first place in which it shows it; None where it shows it nowhere."""
        until, profile = self.profiles.get(account, (0.0, {}))
        if self.ticks() < until:
            return profile
        for place in self._places(account):
            try:
                return self._profile(place, account, account)
            except Trouble as trouble:
                if trouble.kind not in (PARK, GIVE_UP):
                    raise
        return None

    def _places(self, account: str) -> Iterator[str]:
        """Their own chat with the bot, then where somebody speaks now, then where many are."""
        with self.store.read() as tx:
            person = people.known_as(tx, Handle(TEAMS, self.tenant, account))
            own = conversations.of_person(tx, person.id) if person and person.id else None
            shared = [one.place for one in conversations.every(tx) if one.left_at is None and one.kind != "personal"]
        tried = [own.place if own else "", str(getattr(self.here, "place", "")), *reversed(shared)]
        yield from [place for place in dict.fromkeys(tried) if place][:MOST_PLACES]


def kept_out(profile: Json, tenant: str) -> str:
    """Why an account is not let in; "" for a full member of the home tenant.

    Teams says `user` or `anonymous`, and of a guest at least by the name that Entra gives it.
    """
    role = str(profile.get("userRole") or "user").lower()
    reasons = (
        (is_bot(profile), APP),
        (role == "anonymous" or not account_of(profile), NAMELESS),
        (str(profile.get("tenantId") or tenant).lower() != tenant.lower(), STRANGER),
        (role != "user" or is_named_as_guest(profile), GUEST),
    )
    return next((why for fits, why in reasons if fits), "")


def is_named_as_guest(profile: Json) -> bool:
    """Whether Entra's name for an account is a guest's: Teams itself tells of guests that their role is `user`.

    https://github.com/MicrosoftDocs/msteams-docs/issues/6381
    """
    return "#ext#" in str(profile.get("userPrincipalName") or "").lower()


def is_bot(account: Json) -> bool:
    """Whether an account is an app: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference"""
    return account.get("role") == "bot" or str(account.get("id") or "").startswith("28:")


def account_of(profile: Json) -> str:
    """The id in Entra, in lower case."""
    return str(profile.get("aadObjectId") or profile.get("objectId") or "").lower()


def address_of(profile: Json) -> str:
    """The e-mail address, else the name to sign in with where that is one."""
    for told in (profile.get("email"), profile.get("userPrincipalName")):
        who = people.handle(str(told or ""))
        if who and who.platform == EMAIL:
            return who.external_id
    return ""


def name_of(profile: Json) -> str:
    """The name as the chat shows it."""
    return str(profile.get("name") or "").strip()


def tenant_of(activity: Json) -> str:
    """Whose tenant an activity is of, by both places that say it; "" when they differ."""
    told = {
        str(((activity.get("channelData") or {}).get("tenant") or {}).get("id") or ""),
        str((activity.get("conversation") or {}).get("tenantId") or ""),
    } - {""}
    return told.pop() if len(told) == 1 else ""


def place_of(activity: Json) -> str:
    """The conversation of an activity, without the thread."""
    return str((activity.get("conversation") or {}).get("id") or "").partition(";messageid=")[0]
