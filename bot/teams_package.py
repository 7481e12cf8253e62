"""The verb `teams-package`: the zip that a tenant's administrator uploads, with the app's ID and the force in it."""

import io
import json
import textwrap
import zipfile
from pathlib import Path
from typing import Any

from bot.cli import Refused
from bot.files import written
from bot.settings import Settings

FROM = Path(__file__).resolve().parent.parent / "manifest" / "teams"
ICONS = ("color.png", "outline.png")
SAMPLE = "Example Police"  # as whom the manifest speaks until the force's own name is filled in
MOST_OF_A_NAME = 32
SINCE = (1980, 1, 1, 0, 0, 0)  # every file of the zip bears this day, so that the same settings give the same bytes


def write(settings: Settings, output: str, website: str) -> int:
    """Make the package; says where it lies. Raises Refused where the app's ID is missing or it cannot be written."""
    if not settings.teams_app_id:
        raise Refused("TEAMS_APP_ID is missing. Copy the Microsoft App ID from the Azure Bot, under Configuration.")
    written(Path(output), package(settings.teams_app_id, settings.force_name, website))
    print(f"The package is {output}. Upload it in the Teams admin centre: Teams apps, Manage apps, Upload new app.")
    return 0


def package(app_id: str, force: str, website: str = "") -> bytes:
    """A zip of manifest.json and the two icons; equal bytes for equal words.

    https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/apps-package
    """
    told = json.dumps(filled(app_id, force, website), ensure_ascii=False, indent=2) + "\n"
    files = {"manifest.json": told.encode(), **{name: (FROM / name).read_bytes() for name in ICONS}}
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, data in files.items():
            about = zipfile.ZipInfo(name, SINCE)
            about.create_system, about.external_attr = 3, 0o644 << 16
            archive.writestr(about, data)  # stored as it is: how bytes are packed differs between machines
    return kept.getvalue()


def filled(app_id: str, force: str, website: str = "") -> dict[str, Any]:
    """The manifest of one force's app; `website` is where its people read who runs it."""
    told: dict[str, Any] = json.loads((FROM / "manifest.json").read_text(encoding="utf-8"))
    told["id"] = told["bots"][0]["botId"] = app_id
    maker, said = told["developer"], told["description"]
    maker["name"] = textwrap.shorten(force, MOST_OF_A_NAME, placeholder="") or force[:MOST_OF_A_NAME]
    said["full"] = said["full"].replace(SAMPLE, force)
    if website:
        maker |= dict.fromkeys(("websiteUrl", "privacyUrl", "termsOfUseUrl"), website)
    return told
