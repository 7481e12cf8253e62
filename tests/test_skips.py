"""A skipped test is named, and with CI=true it is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SKIPS = 'import pytest\n\n\ndef test_needs_a_browser():\n    pytest.skip("no browser here")\n'
SKIPS_WHOLE = 'import pytest\n\npytest.skip("no PostgreSQL here", allow_module_level=True)\n'


@pytest.mark.parametrize(("text", "why"), [(SKIPS, "no browser here"), (SKIPS_WHOLE, "no PostgreSQL here")])
@pytest.mark.parametrize(("ci", "failed"), [("true", True), ("", False)])
def test_a_skip_is_said_aloud_and_fails_in_ci(tmp_path: Path, text: str, why: str, ci: str, failed: bool) -> None:
    (tmp_path / "test_far_away.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", str(tmp_path), str(tmp_path)]
    env = {**os.environ, "CI": ci}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert why in done.stdout
    assert (done.returncode not in (0, 5)) is failed
    assert ("NOT RUN:" in done.stdout) is not failed
