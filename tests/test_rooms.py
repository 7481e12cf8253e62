"""The house holds: arrows, a sentence at the top of each file, no work at import, and docs that cannot lie."""

import ast
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from importlinter.application.use_cases import SUCCESS, lint_imports
from importlinter.configuration import configure
from pydantic import SecretStr

from bot.cli import VERBS
from bot.settings import Settings
from handlers.commands.help import TOPICS
from handlers.filters import EXAMPLES
from storage.rules.lifecycle import MAY_BECOME, STATUSES
from storage.rules.permissions import MAY_DO

HERE = Path(__file__).resolve().parent.parent
ROOMS = ("bot", "handlers", "storage", "practice")
SOURCES = sorted(path for room in ROOMS for path in (HERE / room).rglob("*.py"))
ALL = [*SOURCES, HERE / "run.py", *sorted((HERE / "tests").rglob("*.py"))]


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_imports_go_one_way_only() -> None:
    configure()
    assert lint_imports(config_filename=str(HERE / "pyproject.toml"), cache_dir=None) == SUCCESS


@pytest.mark.parametrize("path", ALL, ids=lambda path: str(path.relative_to(HERE)))
def test_each_file_says_what_it_is_for(path: Path) -> None:
    first = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert first, f"{path} begins with no sentence"
    assert first.split("\n\n")[0].rstrip().endswith((".", "?"))


def test_the_median_function_fits_in_twelve_lines() -> None:
    lengths = [(node.end_lineno or 0) - node.lineno + 1 for path in SOURCES for node in functions(path)]
    assert len(lengths) > 500
    assert statistics.median(lengths) <= 12


def test_no_file_bears_a_name_that_says_nothing() -> None:
    nothing = {"utils", "helpers", "manager", "base", "common", "misc"}
    assert not [path for path in SOURCES if path.stem in nothing]


def test_nothing_does_work_at_import() -> None:
    """A fresh process imports every module without an environment, a file, a socket or a thread of its own."""
    modules = [
        ".".join(path.relative_to(HERE).with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCES
        if "migrations" not in path.parts and path.stem != "__main__"
    ]
    script = (
        "import importlib, socket, sqlite3, threading, os\n"
        "def no(*a, **k): raise SystemExit('work at import')\n"
        "socket.socket.connect = no\n"
        "sqlite3.connect = no\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=HERE, capture_output=True, text=True, env={"PATH": ""})
    assert done.returncode == 0, done.stderr


def test_every_act_has_its_row_in_both_tables() -> None:
    assert set(MAY_BECOME) == set(MAY_DO)
    assert {status for move in MAY_BECOME.values() for status in move.start} == STATUSES


# --- docs against the code ------------------------------------------------------------------------------------------


def page(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def test_the_settings_page_names_each_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\|", page("docs/settings.md"), re.MULTILINE)
    told = dict(rows)
    assert sorted(told) == sorted(name.upper() for name in Settings.model_fields)
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, SecretStr) or default is None:
            assert told[name.upper()] == ""
        else:
            assert told[name.upper()] == str(default)


def test_the_example_env_names_settings_only() -> None:
    named = re.findall(r"^([A-Z_]+)=", page(".env.example"), re.MULTILINE)
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_run_py_keeps_every_setting_from_the_tests() -> None:
    listed = set(re.findall(r'"([A-Z_]{4,})",', page("run.py")))
    assert {name.upper() for name in Settings.model_fields} <= listed


def test_the_verbs_page_names_each_verb_and_its_options() -> None:
    told = page("docs/verbs.md")
    for name, _, _, arguments in VERBS:
        assert re.search(rf"^\| `{name}[ `]", told, re.MULTILINE), name
        for flags, _ in arguments:
            assert any(flag.lstrip("-") in told or flag.upper() in told for flag in flags), (name, flags)


def test_the_readmes_first_screen() -> None:
    told = page("README.md")
    first_screen = "\n".join(told.splitlines()[:20])
    assert "python3 run.py demo" in first_screen
    assert "python3 run.py test" in first_screen
    assert "docs/pictures/" in first_screen


def test_the_pictures_and_pages_that_the_docs_name_are_there() -> None:
    for path in [HERE / "README.md", HERE / "CONTRIBUTING.md", *sorted((HERE / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (path.parent / target).exists(), f"{path}: {target}"


def test_the_files_that_the_docs_name_are_there() -> None:
    for name in ("docs/architecture.md", "CONTRIBUTING.md"):
        for target in re.findall(r"`((?:bot|handlers|storage|practice|docs|tests)/[\w./]+)`", page(name)):
            assert (HERE / target).exists(), f"{name}: {target}"


def imported_by(place: str) -> set[str]:
    """The modules that a file, or any file of a folder, imports, with what it takes from them."""
    path = HERE / place
    found = set()
    for file in [path.with_suffix(".py")] if path.with_suffix(".py").exists() else sorted(path.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
            elif isinstance(node, ast.Import):
                found |= {name.name for name in node.names}
    return found


def test_the_picture_of_the_architecture_agrees_with_the_imports() -> None:
    told = page("docs/architecture.md")
    nodes = dict(re.findall(r"(\w+)\[([\w/]+)<br>", told)) | dict(re.findall(r"(\w+)\[([\w/]+)\]", told))
    arrows = re.findall(r"^  (\w+)(?:\[[^\]]*\])? --> (\w+)", told, re.MULTILINE)
    drawn = [(nodes[a], nodes[b]) for a, b in arrows if a in nodes and b in nodes]
    assert len(drawn) >= 9
    for start, end in drawn:
        module = end.replace("/", ".")
        assert any(i == module or i.startswith(f"{module}.") for i in imported_by(start)), f"{start} --> {end}"


def test_the_filters_that_help_shows_are_read() -> None:
    assert set(EXAMPLES) >= {"status", "rag", "kind", "report", "owner", "stale", "due", "sort"}
    assert set(TOPICS) == {"acts", "filters", "dates", "colours", "reminders", "digests"}


def test_the_changelog_has_an_unreleased_heading_on_top() -> None:
    headings = re.findall(r"^## (.+)$", page("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased"


# --- the manifest ---------------------------------------------------------------------------------------------------


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(page("manifest.yml"))
    return found


def test_the_manifest_asks_for_the_scopes_that_the_docs_explain() -> None:
    scopes = manifest()["oauth_config"]["scopes"]["bot"]
    told = re.findall(r"^\| `([a-z:.]+)` \|", page("docs/slack.md"), re.MULTILINE)
    assert sorted(told) == scopes
    assert json.loads(page("practice/workspace.json"))["scopes"]
    assert sorted(json.loads(page("practice/workspace.json"))["scopes"]) == scopes


def test_the_manifest_serves_the_command_of_the_settings() -> None:
    commands = manifest()["features"]["slash_commands"]
    assert [c["command"] for c in commands] == [Settings.model_fields["slash_command"].default]
    assert commands[0]["should_escape"] is True


def test_the_manifest_keeps_slacks_limits() -> None:
    """The limits of schema 2.0.0 that our manifest could break, and no key that it does not know."""
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["_metadata", "display_information", "features", "oauth_config", "settings"],
        "properties": {
            "_metadata": {"properties": {"major_version": {"const": 2}}},
            "display_information": {
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string", "maxLength": 35},
                    "description": {"type": "string", "maxLength": 140},
                    "long_description": {"type": "string", "minLength": 175, "maxLength": 4000},
                    "background_color": {"pattern": "^#[0-9a-f]{6}$"},
                },
            },
            "features": {"propertyNames": {"enum": ["app_home", "bot_user", "slash_commands"]}},
            "oauth_config": {"type": "object"},
            "settings": {
                "propertyNames": {
                    "enum": [
                        "event_subscriptions",
                        "interactivity",
                        "org_deploy_enabled",
                        "socket_mode_enabled",
                        "token_rotation_enabled",
                    ]
                }
            },
        },
    }
    jsonschema.validate(manifest(), schema)
    assert manifest()["settings"]["socket_mode_enabled"] is True


def test_the_lock_holds_hashes_and_no_address() -> None:
    lock = page("requirements.lock")
    pins = re.findall(r"^[a-z0-9][\w.\-\[\]]*==", lock, re.MULTILINE)
    assert len(pins) > 30
    assert lock.count("--hash=sha256:") >= len(pins)
    assert "://" not in lock
