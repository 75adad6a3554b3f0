"""Manta's RayBackend (src/runtime/ray) on the cluster of three nodes, driven by commands through backend_probe.cc."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bridge_client import WAIT_S
from ray_nodes import HEAD, Nodes, alive

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("MANTA_BINARY", ROOT / "build/release/bin/manta"))
PROBE = BINARY.parent.parent / "tests/apps/ray_backend_probe"

pytestmark = pytest.mark.skipif(not PROBE.exists(), reason=f"{PROBE} is not built: make build")


class Refused(Exception):
    pass


class Probe:
    """A controller's backend in a process of its own."""

    def __init__(self, nodes: Nodes, namespace: str, folder: Path, epoch: int = 1, environment: Any = None) -> None:
        self.log = folder / f"bridge-{epoch}.log"
        self.process = subprocess.Popen(
            [PROBE, sys.executable, nodes.address, namespace, str(epoch), HEAD, self.log],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment or nodes.environment,
            text=True,
        )
        self._seen: list[dict[str, Any]] = []
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def connected(self) -> Probe:
        self.take("first_attempt")
        return self

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))

    def tell(self, op: str, **fields: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"op": op, **fields}) + "\n")
        self.process.stdin.flush()

    def take(self, op: str, of: str | None = None, timeout: float = WAIT_S) -> Any:
        """The next answer or event of that name, and of that replica; what else comes is kept."""
        until = time.monotonic() + timeout
        while True:
            for index, line in enumerate(self._seen):
                name = line["id"] or (line["ok"] or {}).get("id") if op == "exit" else line["id"]
                if line["op"] == op and of in (None, name):
                    del self._seen[index]
                    if line["error"]:
                        raise Refused(line["error"], line["reason"])
                    return line["ok"]
            try:
                self._seen.append(self._lines.get(timeout=max(0.0, until - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"no {op} {of or ''} within {timeout} s, but {self._seen}") from None

    def ask(self, op: str, **fields: Any) -> Any:
        self.tell(op, **fields)
        name = fields.get("id") or fields.get("role", {}).get("name")
        return self.take(op, name)

    def start(self, *processes: dict[str, Any]) -> list[Any]:
        self.tell("start", start=list(processes))
        return [self.take("start", process["id"]) for process in processes]

    def nodes(self) -> dict[str, Any]:
        return {node["address"]: node for node in self.ask("nodes")}

    def stop_all(self) -> None:
        replicas = [replica["id"] for replica in self.ask("list")]
        for replica in replicas:
            self.ask("stop", id=replica)
        for replica in replicas:
            self.take("exit", replica)
        self.ask("given_back")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def process(id: str, node: str = "", cpus: float = 1, gpus: float = 0, **more: Any) -> dict[str, Any]:
    """A backend's ReplicaProcess, whose program is the probe itself."""
    return {
        "id": id, "arguments": [id], "epoch": 1, "labels": f"labels of {id}", "node_id": node,
        "environment": {"CUDA_VISIBLE_DEVICES": "7"}, "resources": {"num_cpus": cpus, "num_gpus": gpus}, **more,
    }  # fmt: skip


def bundle(node: str, cpus: float = 0, gpus: float = 0) -> dict[str, Any]:
    return {"node_id": node, "resources": {"num_cpus": cpus, "num_gpus": gpus}, "gpus": []}


def says(address: str) -> str:
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        return connection.makefile().read()


def until(condition: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + WAIT_S
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {WAIT_S} s: {what}"
        time.sleep(0.1)
    return value


@pytest.fixture
def open_probe(nodes: Nodes, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Probe]]:
    """Every test has a namespace of its own, and leaves nothing in it: no replica, and no placement group that holds
    what a later test wants."""
    opened: list[Probe] = []

    def start(epoch: int = 1) -> Probe:
        opened.append(Probe(nodes, request.node.name, tmp_path, epoch).connected())
        return opened[-1]

    yield start
    for probe in opened:
        if probe is opened[-1] and probe.process.poll() is None:
            probe.stop_all()
        probe.kill()


@pytest.fixture
def probe(open_probe: Callable[..., Probe]) -> Probe:
    return open_probe()


def node_ids(probe: Probe) -> list[str]:
    """Of 10.77.0.1, .2 and .3."""
    return [node["node_id"] for _, node in sorted(probe.nodes().items())]


def test_a_replica_runs_where_it_was_decided_and_listens(probe: Probe) -> None:
    second = node_ids(probe)[1]
    (started,) = probe.start(process("one", second, gpus=1))
    assert started["node_id"] == second
    assert started["address"].startswith("10.77.0.2:")
    name, device, token = says(started["address"]).split(" ")
    assert (name, token) == ("one", "token")
    assert device in ("0", "1")
    (listed,) = probe.ask("list")
    assert listed["labels"] == "labels of one"
    assert listed["pid"] == started["pid"]
    probe.ask("stop", id="one", grace_s=5)
    end = probe.take("exit", "one")
    assert end["signal"] == signal.SIGTERM
    assert not alive(started["pid"])


def test_nodes_offer_what_is_free_and_what_we_hold(open_probe: Callable[..., Probe], nodes: Nodes, tmp_path: Path) -> None:
    probe = open_probe()
    before = probe.nodes()
    assert [node["is_head"] for _, node in sorted(before.items())] == [True, False, False]
    assert before["10.77.0.2"]["accelerator_type"] == "T4"
    assert before["10.77.0.2"]["labels"]["zone"] == "b"
    assert before["10.77.0.3"]["total"]["num_cpus"] == 4
    third = before["10.77.0.3"]["node_id"]
    probe.start(process("ours", third, cpus=2))
    other = Probe(nodes, "somebody else", tmp_path / "..", epoch=7).connected()
    other.start(process("theirs", third, cpus=1))
    until(lambda: probe.nodes()["10.77.0.3"]["total"]["num_cpus"] == 3, "the other's CPU is not ours")
    assert probe.nodes()["10.77.0.3"]["machine"]["num_cpus"] == 4
    probe.take("nodes_changed")
    other.stop_all()
    other.kill()
    until(lambda: probe.nodes()["10.77.0.3"]["total"]["num_cpus"] == 4, "it is free again")


def test_a_killed_bridge_is_replaced_and_loses_nothing(probe: Probe, measured: Callable[[str, float], None]) -> None:
    first, second, third = node_ids(probe)
    lives, dies = probe.start(process("lives", second), process("dies", third))
    probe.tell("bridge")
    os.kill(probe.take("bridge"), signal.SIGKILL)
    os.kill(dies["pid"], signal.SIGKILL)
    begun = time.monotonic()
    probe.tell("start", start=[process("new", first)])
    assert probe.take("start", "new")["pid"] > 0
    measured("RayBackend: start asked for when the bridge was killed", time.monotonic() - begun)
    assert probe.take("exit", "dies")["signal"] == signal.SIGKILL
    assert {replica["id"] for replica in probe.ask("list")} == {"lives", "new"}
    assert says(lives["address"]).startswith("lives ")


def test_the_next_controller_adopts_and_the_last_one_is_told(open_probe: Callable[..., Probe]) -> None:
    before = open_probe()
    (started,) = before.start(process("kept"))
    after = open_probe(epoch=2)
    before.take("superseded")
    (found,) = after.ask("list")
    assert (found["id"], found["pid"], found["labels"]) == ("kept", started["pid"], "labels of kept")


def test_a_start_that_fits_nowhere_waits_with_reasons_until_it_is_given_up(probe: Probe) -> None:
    third = node_ids(probe)[2]
    probe.tell("start", start=[process("large", third, cpus=64)])
    (waiting,) = until(lambda: probe.ask("pending"), "it is told as pending")
    assert waiting["name"] == "large"
    assert "needs CPU 64" in waiting["reasons"][0]
    probe.tell("give_up", id="large")
    until(lambda: not probe.ask("pending"), "it is withdrawn")


def test_bundles_are_reserved_on_the_decided_nodes_until_the_replica_ends(probe: Probe) -> None:
    first, second, third = node_ids(probe)
    engine = process("engine", third, cpus=1, bundles=[bundle(third, cpus=1), bundle(second, gpus=1), bundle(first, gpus=2)])
    (started,) = probe.start(engine)
    assert started["node_id"] == third
    assert probe.nodes()["10.77.0.1"]["total"]["num_gpus"] == 2, "what we hold is ours"
    probe.ask("stop", id="engine")
    probe.take("exit", "engine")
    (again,) = probe.start({**engine, "id": "again", "arguments": ["again"]})
    assert again["pid"] != started["pid"]


def gang(name: str, nodes: list[str], cpus: float = 1) -> list[dict[str, Any]]:
    return [
        process(f"{name}-{rank}", node, cpus, gang_id=name, gang_size=len(nodes), bundles=[bundle(node, cpus)])
        for rank, node in enumerate(nodes)
    ]


def test_a_gang_is_reserved_and_started_as_one(probe: Probe) -> None:
    ids = node_ids(probe)
    started = probe.start(*gang("g.1", [ids[1], ids[2], ids[1]]))
    assert [member["node_id"] for member in started] == [ids[1], ids[2], ids[1]]


def test_of_a_gang_that_cannot_be_reserved_nothing_starts_and_nothing_is_kept(probe: Probe) -> None:
    ids = node_ids(probe)
    probe.start(*gang("g.1", [ids[1], ids[2]], cpus=3))
    with pytest.raises(Refused, match="h.1"):
        probe.start(*gang("h.1", [ids[0], ids[2]], cpus=3))
    until(lambda: not probe.ask("pending"), "what cannot be reserved is withdrawn")
    assert {replica["id"] for replica in probe.ask("list")} == {"g.1-0", "g.1-1"}
    probe.ask("given_back")
    (whole,) = probe.start(process("whole", ids[0], cpus=4))
    assert whole["node_id"] == ids[0], "of the node that had room nothing is held"


def test_a_role_is_started_listed_and_stopped(probe: Probe) -> None:
    third = node_ids(probe)[2]
    role = {
        "name": "proxy", "node_id": third, "argv": [str(PROBE), "replica", "proxy", "--listen-fd", "{listen_fd}"],
        "environment": {}, "listen_address": "0.0.0.0:8123",
    }  # fmt: skip
    started = probe.ask("start_role", role=role)
    assert says("10.77.0.3:8123").startswith("proxy")
    os.kill(started["pid"], signal.SIGKILL)
    assert probe.take("role_end")["final"] is False
    assert says("10.77.0.3:8123").startswith("proxy"), "it is executed again under the same socket"
    (listed,) = probe.ask("list_roles")
    assert (listed["name"], listed["node_id"]) == ("proxy", third)
    probe.ask("stop_role", id="proxy")
    assert probe.take("role_end")["final"] is True


def test_demand_is_told_and_withdrawn(probe: Probe) -> None:
    assert probe.ask("demand", demand=[{"CPU": 1}, {"GPU": 0.5}]) is None
    assert probe.ask("demand", demand=[]) is None


def test_a_wrong_token_is_refused_with_the_remedy(nodes: Nodes, tmp_path: Path) -> None:
    environment = {**nodes.environment, "RAY_AUTH_TOKEN": "some-other-token-0123456789abcdef"}
    probe = Probe(nodes, "refused", tmp_path, environment=environment)
    with pytest.raises(Refused) as refused:
        probe.connected()
    assert refused.value.args[1] == "token_refused"
    probe.kill()
