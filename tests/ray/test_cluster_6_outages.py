"""Outages that pass: a node without its network for a moment, a node being drained. test_manta_failures.py has more of
them, with Manta in them."""

import subprocess
import time

import pytest
from bridge_client import Refused
from bridge_outages import populate
from ray_nodes import BIN, alive, kill
from test_cluster_3_losses import SLEEP, node_of, until
from test_cluster_4_roles import THIRD, ask

pytestmark = pytest.mark.usefixtures("tidy")


def test_a_short_cut_ends_nothing(bridge, nodes):
    third = nodes.machines[2]
    pids = populate(bridge, node_of(bridge, THIRD))
    third.cut_off()
    time.sleep(1.5)
    third.cut_off(False)
    time.sleep(4)
    assert all(alive(pid) for pid in pids.values()) and node_of(bridge, THIRD)
    assert ask(8000)[0] == pids["role"]
    kill(pids["replica"])
    assert bridge.event("replica_ended", id="replica", pid=pids["replica"])["signal"] == 9


def test_a_node_that_is_drained_is_told_so(bridge, nodes, measured):
    second = node_of(bridge, "10.77.0.2")
    on_second = {"argv": SLEEP, "affinity": {"node_id": second}}
    replica = bridge.do("start", id="stays", **on_second)
    shared = bridge.do("start", id="too", shared=True, **on_second)
    command = [str(BIN / "python"), str(BIN / "ray"), "drain-node", f"--address={nodes.address}", "--node-id", second]
    why = ["--reason", "DRAIN_NODE_REASON_PREEMPTION", "--reason-message", "maintenance"]
    began = time.monotonic()
    done = subprocess.run(
        [*command, *why, "--deadline-remaining-seconds", "600"], env=nodes.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    bridge.event("node_changed", node_id=second)
    measured("node drained: told", bridge.when("node_changed", node_id=second) - began)
    (found,) = [node for node in bridge.do("nodes") if node["node_id"] == second]
    assert found["draining"]
    assert alive(replica["pid"]) and alive(shared["pid"]), "moving what runs there is the controller's work"
    waiting = bridge.ask("start", id="new", argv=SLEEP, resources={"label_selector": {"disk": "ssd"}})
    until(lambda: bridge.do("pending"))
    assert "node 10.77.0.2: is being drained" in bridge.do("pending")[0]["reasons"]
    bridge.do("stop", id="new")
    with pytest.raises(Refused):
        bridge.answer(waiting)
    for name in ("stays", "too"):
        bridge.do("stop", id=name, grace_s=0)
        bridge.event("replica_ended", id=name)
    until(lambda: node_of(bridge, "10.77.0.2") is None, 60)  # without actors it leaves the cluster
    nodes.machines[1].start(nodes.of_the_nodes())
    until(lambda: node_of(bridge, "10.77.0.2"))
