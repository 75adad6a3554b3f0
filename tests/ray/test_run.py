"""tests/ray/run itself: what happens where the kernel allows no namespaces, and where a tool is missing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parent / "run"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "MANTA_RAY_NO_NAMESPACES"}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env={**ENVIRONMENT, **environment}, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give up the right to make namespaces")
def test_without_namespaces_the_cluster_is_skipped_loudly_and_the_rest_is_tested():
    powerless = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
    words = ["-q", "-k", "test_a_node_that_is_drained_is_told_so or test_labels_and_drain_are_reasons"]
    done = run(*powerless, str(RUN), *words)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("SKIPPED: no test of the Ray cluster was run. Network namespaces are not allowed") == 2
    assert "1 passed, 1 skipped" in done.stdout


def test_a_tool_that_is_missing_is_no_reason_to_skip(tmp_path):
    for tool in ("bash", "dirname", "realpath", "unshare", "nsenter"):
        os.symlink(next(f"{folder}/{tool}" for folder in ("/usr/bin", "/bin") if os.path.exists(f"{folder}/{tool}")), tmp_path / tool)
    done = run("bash", str(RUN), "-k", "nothing", PATH=str(tmp_path))
    assert done.returncode == 1 and "ip is not there" in done.stderr and "SKIPPED" not in done.stderr
