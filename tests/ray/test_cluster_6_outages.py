"""Outages that pass: a node without its network, the head without its control store, a node being drained."""

import subprocess
import time

import pytest
from bridge_client import Refused
from ray_nodes import BIN, HEAD, alive, control_store, kill, processes
from test_cluster_3_losses import FAMILY, SLEEP, Deaths, family_of, node_of, until
from test_cluster_4_roles import SERVER, THIRD, ask

pytestmark = pytest.mark.usefixtures("tidy")


def populate(bridge, node_id, suffix=""):
    """A replica, a shared one and a role on that node; their processes by name."""
    on_node = {"argv": FAMILY, "affinity": {"node_id": node_id}}
    role = {"node_id": node_id, "argv": SERVER, "listen_address": "0.0.0.0:8000"}
    return {
        "replica": bridge.do("start", id="replica" + suffix, **on_node)["pid"],
        "shared": bridge.do("start", id="shared" + suffix, shared=True, **on_node)["pid"],
        "role": bridge.do("start_role", name="role" + suffix, **role)["pid"],
    }


def test_what_lives_on_a_node_that_is_cut_off_is_dead_before_it_is_given_up(bridge, nodes, measured):
    third = nodes.machines[2]
    node_id = node_of(bridge, THIRD)
    pids = populate(bridge, node_id)
    elsewhere = bridge.do("start", id="elsewhere", argv=SLEEP, affinity={"node_id": node_of(bridge, HEAD)})
    family = [*family_of(pids["replica"]), *family_of(pids["shared"]), pids["role"]]
    deaths, began = Deaths(family), time.monotonic()
    third.cut_off()
    try:
        lost = bridge.when("node_lost", node_id=node_id)
        assert deaths.when() < lost, "dead before anybody could replace it"
        measured("node cut off: all that lived there dead", deaths.when() - began)
        measured("node cut off: told lost", lost - began)
        for replica in ("replica", "shared"):
            assert bridge.event("replica_ended", id=replica)["node_id"] in ("", node_id)
            assert deaths.when() < bridge.when("replica_ended", id=replica)
        assert bridge.event("role_ended", name="role", final=True)["node_id"] == node_id
        measured("node cut off: role told lost", bridge.when("role_ended", name="role", final=True) - began)
        for work in (
            lambda: bridge.do("list_roles") == [],
            lambda: bridge.do("stop_role", name="role") is None,
            lambda: [replica["id"] for replica in bridge.do("list")] == ["elsewhere"],
        ):
            asked = time.monotonic()
            assert work() and time.monotonic() - asked < 5, "a lost node holds nobody up"
    finally:
        third.cut_off(False)
    began = time.monotonic()
    until(lambda: not raylets(THIRD), 90)  # it learns that it was given up
    measured("node back on the network: its raylet ends", time.monotonic() - began)
    third.start(nodes.of_the_nodes())
    until(lambda: node_of(bridge, THIRD) not in (None, node_id))
    back = populate(bridge, node_of(bridge, THIRD), " again")
    assert ask(8000)[0] == back["role"] and alive(elsewhere["pid"])


def raylets(address):
    wanted = f"--node_ip_address={address} "
    return [pid for pid, command in processes().items() if "raylet/raylet " in command and wanted in command]


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


def test_ten_seconds_without_the_heads_control_store_end_nothing(bridge, nodes, measured):
    pids = populate(bridge, node_of(bridge, THIRD))
    crashing = bridge.do("start", id="crashing", argv=SLEEP, affinity={"node_id": node_of(bridge, HEAD)})
    pid, arguments, environment, folder = control_store()
    kill(pid)
    time.sleep(2)
    kill(pids["role"])
    until(lambda: not alive(pids["role"]))
    began = time.monotonic()
    pids["role"] = ask(8000)[0]
    measured("control store away: killed role answers again", time.monotonic() - began)
    kill(crashing["pid"])
    listing = bridge.ask("list_roles")
    time.sleep(8)
    again = subprocess.Popen(arguments, env=environment, cwd=folder)
    began = time.monotonic()
    assert [role["name"] for role in bridge.answer(listing)] == ["role"]
    assert bridge.event("replica_ended", id="crashing", pid=crashing["pid"])["signal"] == 9
    measured("control store back: an end meanwhile is told", time.monotonic() - began)
    started = bridge.do("start", id="after", argv=SLEEP)
    measured("control store back: first new replica started", time.monotonic() - began)
    time.sleep(5)  # as long as the head takes to give a node up
    assert all(alive(pid) for pid in [*pids.values(), started["pid"]])
    until(lambda: {role["pid"] for role in bridge.do("list_roles")} == {pids["role"]})
    assert {replica["pid"] for replica in bridge.do("list")} == {pids["replica"], pids["shared"], started["pid"]}
    assert len(bridge.do("nodes")) == 3 and again.poll() is None


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
