"""The Teams app: its manifest, its icons, and the zip that `teams-package` makes of them."""

import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.teams_package import FROM, ICONS, filled, package
from handlers.commands import understood
from tests.bot.terminal import Terminal
from tests.npm import unpacked

Json = dict[str, Any]
APP = "8f1f6f3e-2b1a-4d9c-9d5e-5b6c7a8d9e0f"
FORCE = "Trentshire Police"
SHA512 = "uXdmYzhIcchi3Tc9Sh3pTDMe55zy7ge19bnYCGB1gzuyha85Ii7wfdTruwEhqseaX9pwsWDRB5Ot/ltv0rCONw=="


def manifest() -> Json:
    told: Json = json.loads((FROM / "manifest.json").read_text(encoding="utf-8"))
    return told


# --- Microsoft's schema, and what it does not check -----------------------------------------------------------------


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft4Validator:
    """What Microsoft publishes for the version that the manifest names."""
    folder = unpacked("@microsoft/app-manifest", "1.1.2", SHA512) / "build" / "json-schemas" / "teams"
    path = folder / f"v{manifest()['manifestVersion']}" / "MicrosoftTeams.schema.json"
    return jsonschema.Draft4Validator(json.loads(path.read_text(encoding="utf-8")))


def texts(told: Any) -> list[str]:
    if isinstance(told, dict):
        return [text for value in told.values() for text in texts(value)]
    if isinstance(told, list):
        return [text for value in told for text in texts(value)]
    return [told] if isinstance(told, str) else []


def beyond(told: Json) -> list[str]:
    """What Teams refuses, or we do not want, and the schema lets through."""
    bot = told["bots"][0]
    faults = [f"{text} is not https" for text in texts(told) if "://" in text and not text.startswith("https://")]
    faults += [f"{name} is not needed by a bot alone" for name in ("validDomains", "authorization") if name in told]
    if told["id"] != bot["botId"]:
        faults.append("app and bot have two IDs")
    if f"/v{told['manifestVersion']}/" not in told["$schema"] or told["manifestVersion"] < "1.29":
        faults.append("slash commands begin with 1.29, and the schema has to be of the same version")
    listed = [scope for one in bot["commandLists"] for scope in one["scopes"]]
    if sorted(listed) != sorted(bot["scopes"]):
        faults.append("each scope has one list of commands")
    if any("slash" in one["triggers"] for one in bot["commandLists"]) and not bot["supportsTargetedMessages"]:
        faults.append("slash commands need targeted messages")
    return faults


LONG = "Constabulary of " + "Great and Little Wetherby-under-Edge " * 6


@pytest.mark.parametrize("told", [manifest(), filled(APP, FORCE, "https://www.trentshire.example/"), filled(APP, LONG)])
def test_the_manifest_holds_microsofts_schema_and_our_rules(schema: jsonschema.Draft4Validator, told: Json) -> None:
    assert [error.message for error in schema.iter_errors(told)] == []
    assert beyond(told) == []


def broken() -> list[tuple[str, Json]]:
    """Variants that each break one rule."""

    def variant(why: str, /, **changes: Any) -> tuple[str, Json]:
        return why, {**manifest(), **changes}

    bot = manifest()["bots"][0]
    lists = bot["commandLists"]
    longer = [{**lists[0], "commands": lists[0]["commands"] * 2}, *lists[1:]]
    maker = manifest()["developer"]
    return [
        variant("no GUID", id="lightkeeper"),
        variant("a long name", name={"short": "Lightkeeper, the register of findings"}),
        variant("a long description", description={"short": "x" * 81, "full": "x"}),
        variant("a key of nobody's", welcome="hello"),
        variant("two bots", bots=[bot, bot]),
        variant("13 commands", bots=[{**bot, "commandLists": longer}]),
        variant("four lists", bots=[{**bot, "commandLists": [*lists, lists[0]]}]),
        variant("another trigger", bots=[{**bot, "commandLists": [{**lists[0], "triggers": ["shout"]}]}]),
        variant("a website without TLS", developer={**maker, "websiteUrl": "http://www.police.uk/"}),
        variant("domains", validDomains=["*.example.com"]),
        variant("two IDs", id=APP),
        variant("an older schema", manifestVersion="1.28"),
        variant("no list of a scope", bots=[{**bot, "commandLists": lists[:2]}]),
        variant("slash without targeted messages", bots=[{**bot, "supportsTargetedMessages": False}]),
    ]


@pytest.mark.parametrize(("name", "told"), broken(), ids=[name for name, _ in broken()])
def test_a_broken_manifest_is_found(schema: jsonschema.Draft4Validator, name: str, told: Json) -> None:
    assert [*schema.iter_errors(told), *beyond(told)] != []


# --- the words ------------------------------------------------------------------------------------------------------

COMMANDS = [c for one in manifest()["bots"][0]["commandLists"] for c in one["commands"]]


def test_each_command_of_the_lists_can_be_said_and_is_told_as_help_tells_it() -> None:
    for command in COMMANDS:
        module, _ = understood(command["title"])
        assert module is not None, command
        words, gets = module.HELP
        assert command["title"] == words
        assert command["title"] == "help" or command["description"].lower() == gets.lower()


def test_the_bot_is_in_every_kind_of_place_and_hears_privately() -> None:
    bot = manifest()["bots"][0]
    assert sorted(bot["scopes"]) == ["groupChat", "personal", "team"]
    assert bot["supportsTargetedMessages"] is True
    slash = {scope for one in bot["commandLists"] if "slash" in one["triggers"] for scope in one["scopes"]}
    assert slash == {"team", "groupChat"}
    assert {len(one["commands"]) for one in bot["commandLists"]} == {12}


# --- the icons ------------------------------------------------------------------------------------------------------


def pixels(data: bytes) -> tuple[int, int, set[tuple[int, ...]]]:
    """Width, height and every colour of a PNG as our script writes it: one chunk, no filter."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert (depth, kind) == (8, 6)
    at = data.index(b"IDAT")
    lines = zlib.decompress(data[at + 4 : at + 4 + struct.unpack(">I", data[at - 4 : at])[0]])
    step = width * 4 + 1
    flat = b"".join(lines[y * step + 1 : (y + 1) * step] for y in range(height))
    return width, height, {tuple(flat[i : i + 4]) for i in range(0, len(flat), 4)}


def test_the_icons_are_as_teams_wants_them() -> None:
    width, height, colours = pixels((FROM / "color.png").read_bytes())
    assert (width, height) == (192, 192)
    assert {colour[3] for colour in colours} == {255}
    width, height, colours = pixels((FROM / "outline.png").read_bytes())
    assert (width, height) == (32, 32)
    assert {colour[:3] for colour in colours} == {(255, 255, 255)}
    assert {0, 255} <= {colour[3] for colour in colours}


def test_the_icons_are_what_the_script_draws(tmp_path: Path) -> None:
    (tmp_path / "draw_icons.py").write_bytes((FROM / "draw_icons.py").read_bytes())
    subprocess.run([sys.executable, tmp_path / "draw_icons.py"], check=True)
    for name in ICONS:
        assert pixels((tmp_path / name).read_bytes()) == pixels((FROM / name).read_bytes()), name


# --- the verb -------------------------------------------------------------------------------------------------------


def test_the_package_holds_the_manifest_filled_in_and_both_icons(
    terminal: Terminal, schema: jsonschema.Draft4Validator
) -> None:
    terminal.set(TEAMS_APP_ID=APP.upper(), FORCE_NAME=FORCE)
    said = terminal("teams-package", "-o", "app.zip", "--website", "https://www.trentshire.example/")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("The package is app.zip. Upload it")
    with zipfile.ZipFile(terminal.folder / "app.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["manifest.json", *ICONS]
        told = json.loads(archive.read("manifest.json"))
        assert [archive.read(name) for name in ICONS] == [(FROM / name).read_bytes() for name in ICONS]
    assert [*schema.iter_errors(told), *beyond(told)] == []
    assert told["id"] == told["bots"][0]["botId"] == APP
    assert told["developer"] == {"name": FORCE} | dict.fromkeys(
        ("websiteUrl", "privacyUrl", "termsOfUseUrl"), "https://www.trentshire.example/"
    )
    assert FORCE in told["description"]["full"] and "Example Police" not in json.dumps(told)
    assert {told["icons"][name] for name in told["icons"]} <= set(archive.namelist())


def test_the_package_goes_into_the_folder_when_no_file_is_named(terminal: Terminal) -> None:
    terminal.set(TEAMS_APP_ID=APP)
    assert terminal("teams-package").status == 0
    assert [path.name for path in terminal.folder.iterdir()] == ["lightkeeper-teams.zip"]


def test_the_same_settings_give_the_same_bytes() -> None:
    made = [package(APP, FORCE) for _ in range(2)]
    assert made[0] == made[1] != package(APP, "Wessex Police")
    with zipfile.ZipFile(io.BytesIO(made[0])) as archive:
        assert {(info.date_time, info.compress_type) for info in archive.infolist()} == {((1980, 1, 1, 0, 0, 0), 0)}


@pytest.mark.parametrize(
    ("settings", "arguments", "status", "sentence"),
    [
        ({}, (), 1, "TEAMS_APP_ID is missing. Copy the Microsoft App ID from the Azure Bot, under Configuration."),
        ({"TEAMS_APP_ID": "lightkeeper-bot"}, (), 1, "TEAMS_APP_ID is not an ID of Microsoft Entra"),
        ({"TEAMS_APP_ID": APP}, ("-o", "nowhere/app.zip"), 1, "nowhere/app.zip cannot be written"),
        ({"TEAMS_APP_ID": APP}, ("--website", "http://www.police.uk/"), 2, "a website is an https address"),
    ],
    ids=["no ID", "no GUID", "no folder", "no TLS"],
)
def test_what_cannot_be_made_is_said_in_one_sentence(
    terminal: Terminal, settings: dict[str, str], arguments: tuple[str, ...], status: int, sentence: str
) -> None:
    terminal.set(**settings)
    said = terminal("teams-package", *arguments)
    assert (said.status, said.out) == (status, "")
    assert sentence in said.err and len(said.faults) == 1
    assert "lightkeeper-bot" not in said.err
    assert list(terminal.folder.iterdir()) == []
