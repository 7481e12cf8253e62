"""A skipped test is named, and with CI=true it is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SKIPS = 'import pytest\n\n\ndef test_needs_a_browser():\n    pytest.skip("no browser here")\n'
SKIPS_WHOLE = 'import pytest\n\npytest.skip("no PostgreSQL here", allow_module_level=True)\n'


@pytest.mark.parametrize(("ci", "failed"), [("true", True), ("", False)])
def test_a_skip_is_said_aloud_and_fails_in_ci(tmp_path: Path, ci: str, failed: bool) -> None:
    (tmp_path / "test_one.py").write_text(SKIPS)
    (tmp_path / "test_other.py").write_text(SKIPS_WHOLE)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", str(tmp_path), str(tmp_path)]
    command.append("--continue-on-collection-errors")
    env = {**os.environ, "CI": ci}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    for why in ("no browser here", "no PostgreSQL here"):
        assert why in done.stdout
    assert (done.returncode == 0) is not failed
    assert done.stdout.count("NOT RUN:") == (0 if failed else 2)
    assert ("test_one.py" in done.stdout) and ("test_other.py" in done.stdout)
