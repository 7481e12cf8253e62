"""What the app may do in Slack: the scopes of manifest.yml, and how those of a token compare with them."""

from collections.abc import Iterable

SCOPES = (
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "users:read",
    "users:read.email",
)


def compared(held: Iterable[str]) -> list[str]:
    """What is wrong with the scopes that a token holds, and how to mend it: a sentence each, none when all is well."""
    missing, more = sorted({*SCOPES} - {*held}), sorted({*held} - {*SCOPES})
    faults = []
    if missing:
        faults.append(
            f"The bot token lacks {', '.join(missing)}. Put manifest.yml on the app's page, under App Manifest, "
            "then reinstall the app and copy its token again."
        )
    if more:
        faults.append(
            f"The bot token may do more than it needs: {', '.join(more)}. Take that away under OAuth & Permissions, "
            "then reinstall the app and copy its token again."
        )
    return faults
