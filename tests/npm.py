"""Packages of npm that a test reads and the project does not hold: fetched once by npm into `.cache`, and checked."""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "npm"


def unpacked(package: str, version: str, sha512: str) -> Path:
    """The folder of one package as it was published, without what it depends on; nothing of it is run."""
    kept = CACHE / f"{package.replace('/', '-').lstrip('@')}-{version}"
    if not kept.exists():
        npm = shutil.which("npm") or pytest.skip("no npm here: install Debian's npm")
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            command = [npm, "pack", f"{package}@{version}", "--silent", "--pack-destination", folder]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
            found = list(Path(folder).glob("*.tgz"))
            if done.returncode or not found:
                pytest.skip(f"npm could not fetch {package}")
            assert base64.b64encode(hashlib.sha512(found[0].read_bytes()).digest()).decode() == sha512
            with tarfile.open(found[0]) as archive:
                archive.extractall(folder, filter="data")
            if not kept.exists():  # another run may have been quicker
                (Path(folder) / "package").rename(kept)
    return kept
