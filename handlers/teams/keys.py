"""Tokens that come in: which key one says it is signed with, and Microsoft's keys, fetched where nothing else waits.

The SDK's own client of the key server asks it on the event loop, for up to half a minute; this one never does.
https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jwt import PyJWK

log = logging.getLogger(__name__)
SECONDS = 5.0  # for an answer of the key server
FRESH, KEPT = 300.0, 86_400.0  # looked at again after, and believed no longer than, so many seconds
AGAIN = 5.0  # so long it is left alone after it was asked
MOST_WAITING = 4  # requests that may wait for one key more: anybody can name one that is not there
ALGORITHM = "RS256"


def key_of(authorization: str, issuer: str) -> str:
    """The id of the key that a bearer's token names; "" for what is no token of this issuer with an end.

    Nothing is believed of it yet. Of other issuers the SDK takes Entra too, and it takes tokens that never end.
    """
    import jwt

    scheme, _, token = authorization.partition(" ")
    try:
        told = jwt.decode_complete(token, options={"verify_signature": False}) if scheme == "Bearer" else {}
    except (jwt.PyJWTError, ValueError, RecursionError):
        return ""
    head, claims = told.get("header", {}), told.get("payload", {})
    kid = head.get("kid")
    ours = head.get("alg") == ALGORITHM and claims.get("iss") == issuer and type(claims.get("exp")) is int
    return kid if ours and isinstance(kid, str) else ""


class Keys:
    """Microsoft's signing keys, in the place of the SDK's own client of the key server."""

    def __init__(self, address: str) -> None:
        from jwt import PyJWKClient

        self._client = PyJWKClient(address, cache_jwk_set=False, timeout=SECONDS)
        self._keys: dict[str, PyJWK] = {}
        self._endorsed: dict[str, frozenset[str]] = {}
        self._room = threading.BoundedSemaphore(MOST_WAITING)
        self._fetched = self._asked = float("-inf")
        self._asking = threading.Lock()

    def ready(self, kid: str) -> bool:
        """Fetch the keys when that is needed; whoever needs a key that is not there waits for it, the others do not.

        False where as many wait as may. Before the first keys have come all wait: nobody could be let in meanwhile.
        """
        if self._fresh(kid):
            return True
        if kid in self._keys:
            self._look(kid, wait=False)
            return True
        if not self._keys:
            self._look(kid, wait=True)
            return True
        if not self._room.acquire(blocking=False):
            return False
        try:
            self._look(kid, wait=True)
        finally:
            self._room.release()
        return True

    def _look(self, kid: str, *, wait: bool) -> None:
        if not self._asking.acquire(blocking=wait):
            return
        try:
            if not self._fresh(kid) and time.monotonic() - self._asked > AGAIN:
                self._fetch()
        finally:
            self._asking.release()

    def endorses(self, kid: str, channel: str) -> bool:
        """Whether a key may sign for a channel of the Bot Framework's; one that names no channels may for all."""
        return channel in self._endorsed.get(kid, {channel})

    def get_signing_key_from_jwt(self, token: str) -> "PyJWK":
        """What the SDK's token check asks for; never fetches."""
        import jwt

        kid = jwt.get_unverified_header(token).get("kid")
        if kid not in self._keys or time.monotonic() - self._fetched > KEPT:
            raise jwt.PyJWKClientError("The key is not known.")
        return self._keys[kid]

    def _fresh(self, kid: str) -> bool:
        return kid in self._keys and time.monotonic() - self._fetched < FRESH

    def _fetch(self) -> None:
        import jwt

        try:
            told = self._client.fetch_data()
            found = jwt.PyJWKSet.from_dict(told).keys
            keys = {str(key.key_id): key for key in found if key.key_id and key.public_key_use in ("sig", None)}
            if not keys:
                raise ValueError("no signing key")
            self._endorsed = _endorsed(told)
            self._keys = keys
            self._fetched = time.monotonic()
        except (jwt.PyJWTError, OSError, ValueError, TypeError, AttributeError) as fault:
            log.warning("the key server of Teams gave no keys: %s", type(fault).__name__)
        self._asked = time.monotonic()


def _endorsed(told: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """The channels that each key names, of the keys that name some."""
    return {
        str(key.get("kid")): frozenset(str(channel) for channel in key["endorsements"])
        for key in told["keys"]
        if isinstance(key.get("endorsements"), list)
    }
