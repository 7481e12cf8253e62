"""Slack user to person: by identity, else by e-mail address; guests, strangers, leavers and bots are kept out."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from handlers import members
from handlers.ask import Refused
from handlers.carrier import GIVE_UP
from handlers.members import NOBODY, Known, Profile
from handlers.slack import errors
from storage import away, people
from storage.away import Tied
from storage.fields import london_day
from storage.people import EMAIL, Handle, Person
from storage.store import Store

log = logging.getLogger(__name__)
FRESH_SECONDS = 60
UNSURE = "Slack did not say who you are; please try again in a moment"
UNSURE_WHO = "Slack did not say who that is; please try again in a moment."
CLOSED, APP, GUEST = "your account is closed", "an app is not a member", "you are a guest"
STRANGER = "your account belongs to another organisation"
THIRD_PERSON = {
    CLOSED: "the account is closed",
    APP: "it is an app",
    STRANGER: "the account belongs to another organisation",
    GUEST: "a guest does not see the register",
}


AWAY = {CLOSED: away.LEFT, GUEST: away.GUEST, STRANGER: away.UNKNOWN, APP: away.UNKNOWN}


@dataclass
class SlackPeople:
    """Who is who in one workspace; what Slack said of a user is believed for a minute, and nothing else lets in."""

    client: WebClient
    store: Store
    team: str
    member_role: str
    ticks: Callable[[], float] = time.monotonic
    profiles: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    not_in_chat: set[str] = field(default_factory=set)
    asked: dict[int, date] = field(default_factory=dict)

    def known(self, user: str, team: str) -> Known:
        """The person behind a Slack user of this workspace; fails closed when Slack does not say."""
        if team and team != self.team:
            return Known(NOBODY, STRANGER)
        try:
            profile = self._profile(user)
        except (SlackClientError, OSError):
            return Known(NOBODY, UNSURE)
        outside = kept_out(profile, self.team)
        return Known(NOBODY, outside) if outside else Known(self._person(user, profile), "")

    def _profile(self, user: str) -> dict[str, Any]:
        """https://docs.slack.dev/reference/methods/users.info"""
        until, profile = self.profiles.get(user, (0.0, {}))
        if self.ticks() >= until:
            profile = dict(self.client.users_info(user=user)["user"])
            self.profiles[user] = (self.ticks() + FRESH_SECONDS, profile)
            self._heard(Handle("slack", self.team, user), profile)
        return profile

    def _heard(self, who: Handle, profile: dict[str, Any]) -> None:
        """Whatever Slack says of somebody in the register tells whether they still answer for their items."""
        with self.store.read() as tx:
            person = people.known_as(tx, who)
        if person and person.id:
            self._settle(person.id, AWAY.get(kept_out(profile, self.team), ""))

    def _settle(self, person: int, reason: str) -> None:
        self.asked[person] = london_day(self.store.clock())
        if away.note(self.store, person, reason):
            log.info("person %d is %s", person, f"away: {reason}" if reason else "back")

    def _person(self, user: str, profile: dict[str, Any]) -> Person:
        return members.person(self.store, self._told(user, profile), self.member_role)

    def _told(self, user: str, profile: dict[str, Any]) -> Profile:
        address = str(profile.get("profile", {}).get("email", "")).lower()
        return Profile(Handle("slack", self.team, user), address, name_in(profile))

    def _kept(self, profile: dict[str, Any], address: str) -> None:
        """By the address that Slack was asked for."""
        told = self._told(str(profile["id"]), profile)._replace(address=address)
        members.kept(self.store, told, self.member_role)

    def meant(self, who: Handle) -> int | Refused:
        """The id of the full member whom somebody names by user ID or address, or why there is none.

        Raises nothing: while Slack does not say, nobody is meant.
        """
        try:
            profile = self._profile_of(who)
        except SlackApiError as fault:
            if fault.response.get("error") in {"users_not_found", "user_not_found"}:
                return Refused(f"Nobody in this workspace is {who.external_id}. Choose somebody who is.")
            return Refused(UNSURE_WHO)
        except (SlackClientError, OSError):
            return Refused(UNSURE_WHO)
        name = name_in(profile) or who.external_id
        why = kept_out(profile, self.team)
        if why:
            return Refused(f"{name} cannot answer for an item: {THIRD_PERSON[why]}. Choose a full member.")
        person = self._person(str(profile["id"]), profile)
        assert person.id is not None  # whom Slack names is kept
        return person.id

    def _profile_of(self, who: Handle) -> dict[str, Any]:
        if who.platform != EMAIL:
            return self._profile(who.external_id)
        return dict(self.client.users_lookupByEmail(email=who.external_id)["user"])

    def find_leavers(self, most: int = 20) -> int:
        """Ask whether the owners, delegates and leads of open items are still here: each once a day, `most` at a time.

        Gives how many were asked for. https://docs.slack.dev/reference/methods/users.info allows 100 a minute and
        more, users.lookupByEmail some 50.
        """
        today = london_day(self.store.clock())
        with self.store.read() as tx:
            waiting = [one for one in away.tied(tx) if self.asked.get(one.person) != today][:most]
        for number, one in enumerate(waiting):
            try:
                self._look_for(one)
            except (SlackClientError, OSError) as fault:
                log.warning("Slack did not say who is still here (%s); asked again later", type(fault).__name__)
                return number
        return len(waiting)

    def _look_for(self, one: Tied) -> None:
        """Raises when Slack does not answer, or asks to wait."""
        try:
            self._seen(one)
        except SlackApiError as fault:
            method = "users.info" if one.user else "users.lookupByEmail"
            error = str(fault.response.get("error"))
            if errors.decide(method, error, fault.response.status_code).kind != GIVE_UP:
                raise
            self._settle(one.person, away.UNKNOWN)

    def _seen(self, one: Tied) -> None:
        """What Slack says of one person, asked anew; nobody is let in by it."""
        if one.user:
            profile = dict(self.client.users_info(user=one.user)["user"])
        else:
            profile = dict(self.client.users_lookupByEmail(email=one.address)["user"])
        reason = AWAY.get(kept_out(profile, self.team), "")
        if not one.user and not reason:
            self._kept(profile, one.address)
        self._settle(one.person, reason)

    def name_owners(self, most: int = 40) -> int:
        """Find the names of those known by address only; gives how many were asked for, at most `most`.

        https://docs.slack.dev/reference/methods/users.lookupByEmail allows some 50 a minute.
        """
        with self.store.read() as tx:
            waiting = [w for w in people.unnamed(tx) if w[1] not in self.not_in_chat][:most]
        for asked, (_, address) in enumerate(waiting):
            try:
                self._name(address)
            except (SlackClientError, OSError) as fault:
                log.warning("Slack did not say who has which address (%s); asked again later", type(fault).__name__)
                return asked
        return len(waiting)

    def _name(self, address: str) -> None:
        """Raises when Slack does not answer, or asks to wait: the others would fare no better."""
        try:
            profile = dict(self.client.users_lookupByEmail(email=address)["user"])
        except SlackApiError as fault:
            decision = errors.decide(
                "users.lookupByEmail", str(fault.response.get("error")), fault.response.status_code
            )
            if decision.kind != GIVE_UP:
                raise
            if fault.response.get("error") == "users_not_found":
                self.not_in_chat.add(address)
            return
        if profile.get("deleted"):
            self.not_in_chat.add(address)
            return
        self._kept(profile, address)


def absent(client: WebClient, addresses: list[str], most: int = 40) -> list[str]:
    """Which of the addresses nobody in chat has; only the first `most` are asked for, as Slack limits the pace."""
    missing = []
    for address in addresses[:most]:
        try:
            client.users_lookupByEmail(email=address)
        except SlackApiError as fault:
            if fault.response.get("error") != "users_not_found":
                break
            missing.append(address)
        except (SlackClientError, OSError):
            break
    return missing


def kept_out(profile: dict[str, Any], team: str) -> str:
    """Why a user is not let in; "" for a full member of the home workspace.

    https://docs.slack.dev/reference/objects/user-object
    """
    reasons = (
        (profile.get("deleted"), CLOSED),
        (profile.get("is_bot"), APP),
        (profile.get("is_stranger"), STRANGER),
        (profile.get("team_id", team) != team, STRANGER),
        (profile.get("is_restricted") or profile.get("is_ultra_restricted"), GUEST),
    )
    return next((why for fits, why in reasons if fits), "")


def name_in(profile: dict[str, Any]) -> str:
    """The name as the chat shows it."""
    shown = profile.get("profile", {})
    return str(
        shown.get("display_name") or shown.get("real_name") or profile.get("real_name") or profile.get("name", "")
    )
