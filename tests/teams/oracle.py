"""Microsoft's own types of cards, as TypeScript knows them, asked about every card that is drawn here.

They are fetched by npm at the time of the test; the compiler knows nothing of where a link leads.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.npm import unpacked

# what each package was published as: `npm view NAME@VERSION dist.integrity`
CARDS = (
    "@microsoft/teams.cards",
    "2.1.0",
    "Ok6WRhcfflCZmPqP5g3DtG5/MKPyXamll8gyuxGtNBhZLfitQtr0TAdcvXN8I4B6c7hoqSBDthvQ0aDReWTzXA==",
)
TYPESCRIPT = (
    "typescript",
    "5.9.3",
    "jl1vZzPDinLr9eUt3J/t7V6FgNEw9QjvBPdysz9KfQDD41fQrC2Y4vKQdiaUpFT4bXlb1RHhLpp8wtm6M5TgSw==",
)
OPTIONS = (
    *("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"),
    *("--module", "esnext", "--moduleResolution", "bundler"),
)
_AT = re.compile(r"cards\.ts\((\d+),\d+\): (.*)")
Json = dict[str, Any]


_accepted: set[str] = set()


def faults(cards: dict[str, Json], folder: Path) -> dict[str, str]:
    """What the compiler says of each card that it does not accept; what it has accepted once it is not asked again.

    One line of its file a card, one run for all of them.
    """
    node = shutil.which("node") or pytest.skip("no node here: install Debian's nodejs and npm")
    types, compiler = unpacked(*CARDS) / "dist" / "index", unpacked(*TYPESCRIPT) / "bin" / "tsc"
    asked = {name: json.dumps(card) for name, card in cards.items()}
    asked = {name: card for name, card in asked.items() if card not in _accepted}
    lines = [f"const c{number}: IAdaptiveCard = {card};" for number, card in enumerate(asked.values())]
    file = folder / "cards.ts"
    head = f"import type {{ IAdaptiveCard }} from {json.dumps(str(types))};"
    file.write_text("\n".join([head, *lines, "export {};", ""]), encoding="utf-8")
    command = [node, str(compiler), *OPTIONS, str(file)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    names = list(asked)
    found = {names[int(at) - 2]: told for at, told in _AT.findall(done.stdout) if int(at) > 1}
    assert (done.returncode == 0) == (not found), done.stdout[:2000]
    _accepted.update(card for name, card in asked.items() if name not in found)
    return found
