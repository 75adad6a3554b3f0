"""The package type-checks, strictly."""

import subprocess
import sys
from pathlib import Path

PYTHON = Path(__file__).parents[2] / "python"


def test_mypy_strict_finds_nothing(tmp_path):
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--cache-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=PYTHON, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
