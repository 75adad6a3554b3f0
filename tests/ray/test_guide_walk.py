"""docs/guide/cluster.md, from two bare machines to a running application: its own commands, with its own addresses, on two
machines that have nothing but Manta, Ray and each other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from manta_cluster import BUILD, MANTA, ROOT
from ray_nodes import BIN, require_namespace

PAGE = ROOT / "docs/guide/cluster.md"
LIBRARY = BUILD / "examples/guide/cluster/libapp.so"
pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason=f"{LIBRARY} is not built: make build, or set MANTA_BINARY")

WALK = r"""
ip link set lo up
for folder in /tmp/ray /dev/shm /run; do mount -t tmpfs tmpfs "$folder"; done
ip link add manta0 type bridge
ip addr add 10.0.1.5/24 dev manta0
ip link set manta0 up
ip route add default dev manta0
ip netns add other
ip link add wire type veth peer name eth0 netns other
ip link set wire master manta0 up
ip -n other link set lo up
ip -n other addr add 10.0.1.6/24 dev eth0
ip -n other link set eth0 up
on_other() { nsenter --net=/run/netns/other bash -euc "$1"; }
answers() {
  for _ in $(seq 300); do
    if on_other "curl -sf $1:8000/where/node -d '[]'"; then echo; return; fi
    sleep 0.2
  done
  return 1
}

TOKEN
HEAD
on_other 'WORKER'
START --detach
echo "== deploy"
manta deploy app.yaml
echo "== answers"
answers 10.0.1.5
answers 10.0.1.6
echo "== nodes"
manta nodes
echo "== end"
manta shutdown -y
"""


def commands_of_the_page() -> dict[str, str]:
    """What a person types, in the page's order: blocks without a language."""
    blocks = re.findall(r"^```\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    token, head, worker, start = blocks[:4]
    assert "auth_token" in token and head.startswith("ray start --head") and worker.startswith("ray start --address")
    assert start.startswith("manta start --backend ray")
    return {"TOKEN": token, "HEAD": head, "WORKER": worker, "START": start.rstrip()}


def test_the_pages_commands_lead_from_two_bare_machines_to_a_running_application(tmp_path):
    if refusal := os.environ.get("MANTA_RAY_NO_NAMESPACES"):
        pytest.skip(f"NETWORK NAMESPACES ARE NOT ALLOWED HERE: the page was not walked ({refusal})")
    require_namespace()
    for folder in ("bin", "home"):
        (tmp_path / folder).mkdir()
    (tmp_path / "bin/manta").symlink_to(MANTA)
    shutil.copy(LIBRARY, tmp_path)
    shutil.copy(ROOT / "examples/guide/cluster/app.yaml", tmp_path)
    script = WALK
    for name, command in commands_of_the_page().items():
        script = script.replace(name, command, 1)
    environment = {
        "HOME": str(tmp_path / "home"),
        "PATH": f"{tmp_path}/bin:{BIN}:/usr/sbin:/usr/bin:/sbin:/bin",
        "MANTA_RAY_PYTHON": str(BIN / "python"),
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    done = subprocess.run(
        ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "bash", "-euo", "pipefail", "-c",
         script],
        cwd=tmp_path, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    walked = done.stdout.split("\n== ")
    assert "ready: http://" in walked[0]
    answers = [line for line in walked[2].splitlines()[1:] if line]
    nodes = walked[3]
    assert len(answers) == 2 and all(answer.strip('"') in nodes for answer in answers), "each machine's proxy answers"
    rows = {address: line for line in nodes.splitlines() for address in re.findall(r"10\.0\.1\.\d+", line)}
    assert sorted(rows) == ["10.0.1.5", "10.0.1.6"] and "(head)" in rows["10.0.1.5"] and "where/Where" in nodes
    token = tmp_path / "home/.ray/auth_token"
    assert token.stat().st_mode & 0o777 == 0o600 and token.read_text().strip() not in done.stdout + done.stderr
