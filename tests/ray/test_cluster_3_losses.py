"""Deaths of everything that can die, and what is told. Times are printed; only what comes before what is asserted."""

import os
import signal
import threading
import time

import pytest
from bridge_client import WAIT_S, Bridge, Refused
from conftest import clear, hello_for
from ray_nodes import alive, kill, processes, raylet_of

SLEEP = ["/bin/sleep", "1000"]
FAMILY = ["/bin/sh", "-c", "sleep 1000 & wait"]  # a process with a child of its own


def parent_of(pid):
    return int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])


def family_of(pid):
    """The process and its children."""
    until(lambda: open(f"/proc/{pid}/task/{pid}/children").read().strip())
    return [pid, *(int(text) for text in open(f"/proc/{pid}/task/{pid}/children").read().split())]


def until(condition, limit_s=WAIT_S):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


class Deaths:
    """Notes when the last of these processes has died."""

    def __init__(self, pids):
        self.at = None
        self._thread = threading.Thread(target=self._look, args=(pids,), daemon=True)
        self._thread.start()

    def _look(self, pids):
        while any(alive(pid) for pid in pids):
            time.sleep(0.002)
        self.at = time.monotonic()

    def when(self):
        self._thread.join(timeout=WAIT_S)
        assert self.at is not None, "a process of a lost replica still runs"
        return self.at


def node_of(bridge, address):
    return next((node["node_id"] for node in bridge.do("nodes") if node["address"] == address), None)


def test_a_killed_replica_is_told_with_its_signal_and_its_resources_are_free(bridge, measured):
    started = bridge.do("start", id="victim", argv=FAMILY, resources={"num_gpus": 1})
    deaths, began = Deaths(family_of(started["pid"])), time.monotonic()
    kill(started["pid"])
    ended = bridge.event("replica_ended", id="victim")
    told = bridge.when("replica_ended", id="victim")
    assert (ended["signal"], ended["pid"], ended["reason"]) == (9, started["pid"], "")
    assert deaths.when() <= told + 0.01, "told when nothing of it runs any more"
    until(lambda: sum(node["available"]["num_gpus"] for node in bridge.do("nodes")) == 4)
    measured("replica killed, told", told - began)
    measured("replica killed, its GPU free again", time.monotonic() - began)


def test_a_killed_supervisor_takes_its_replica_along_and_nobody_restarts_it(bridge, measured):
    started = bridge.do("start", id="orphan", argv=FAMILY)
    deaths, began = Deaths(family_of(started["pid"])), time.monotonic()
    kill(parent_of(started["pid"]))
    ended = bridge.event("replica_ended", id="orphan")
    assert "its worker process has died" in ended["reason"] and ended["pid"] == started["pid"]
    measured("supervisor killed, replica and its children dead", deaths.when() - began)
    measured("supervisor killed, told", bridge.when("replica_ended", id="orphan") - began)
    assert bridge.do("list") == []


def test_a_supervisor_that_hangs_is_killed_after_the_grace_and_its_replica_with_it(open_bridge, measured):
    bridge = open_bridge("hung", MANTA_RAY_STOP_ANSWER_S="1")
    started = bridge.do("start", id="hung", argv=FAMILY)
    deaths, supervisor = Deaths(family_of(started["pid"])), parent_of(started["pid"])
    os.kill(supervisor, signal.SIGSTOP)
    began = time.monotonic()
    bridge.do("stop", id="hung", grace_s=0)
    assert bridge.event("replica_ended", id="hung")["reason"]
    assert deaths.when()
    until(lambda: not alive(supervisor))
    clear(bridge)
    measured("supervisor hangs, replica stopped with no grace", time.monotonic() - began)


def test_a_killed_registry_is_back_and_knows_everything(bridge, measured):
    started = bridge.do("start", id="known", argv=SLEEP)
    began = time.monotonic()
    for pid in [pid for pid, command in processes().items() if command.startswith("ray::Registry")]:
        kill(pid)
    assert bridge.do("list") == [started]
    measured("registry killed, answers again", time.monotonic() - began)
    kill(started["pid"])
    assert bridge.event("replica_ended", id="known")["signal"] == 9


def test_a_bridge_that_is_killed_is_followed_by_one_that_finds_everything(open_bridge, measured, tmp_path):
    now = tmp_path / "now"
    crash = f"while ! [ -e {now} ]; do sleep 0.02; done; echo last words; exit 5"
    first = open_bridge("restart")
    kept = first.do("start", id="kept", argv=SLEEP, labels="kept's")
    crashed = first.do("start", id="crashed", argv=["/bin/sh", "-c", crash])
    orphaned = first.do("start", id="orphaned", argv=SLEEP)
    packed = first.do("start", id="packed", argv=SLEEP, shared=True)
    holder = first.do("start", id="holder", argv=SLEEP, resources={"resources": {"slot": 1}})
    first.ask("start", id="waiting", argv=SLEEP, resources={"resources": {"slot": 1}})
    first.do("create_group", name="group", bundles=[{"CPU": 1}])
    group = first.do("wait_group", name="group")
    until(lambda: first.do("pending"))
    first.kill()
    now.touch()
    kill(parent_of(orphaned["pid"]))
    until(lambda: not alive(crashed["pid"]))

    began = time.monotonic()
    second = open_bridge("restart")
    measured("bridge killed, the next one ready", time.monotonic() - began)
    ended = second.event("replica_ended", id="crashed")
    assert (ended["exit_code"], ended["last_output"]) == (5, "last words")
    assert second.event("replica_ended", id="orphaned")["reason"]
    listed = {replica["id"]: replica for replica in second.do("list")}
    assert sorted(listed) == ["holder", "kept", "packed", "waiting"] and listed["waiting"]["state"] == "pending"
    assert (listed["kept"], listed["packed"], listed["holder"]) == (kept, packed, holder)
    assert second.do("list_groups") == [group]
    waiting = second.ask("start", id="waiting", argv=SLEEP)
    second.do("stop", id="holder")
    assert second.answer(waiting)["incarnation"] == listed["waiting"]["incarnation"]
    kill(kept["pid"])
    assert second.event("replica_ended", id="kept")["signal"] == 9
    clear(second)


def test_a_later_controller_is_obeyed_alone(open_bridge, nodes, noise):
    old = open_bridge("epochs", epoch=7)
    started = old.do("start", id="inherited", argv=SLEEP)
    new = open_bridge("epochs", epoch=8)
    assert old.event("superseded") == {"latest_epoch": 8}
    for op, arguments in [
        ("start", {"id": "late", "argv": SLEEP}),
        ("stop", {"id": "inherited"}),
        ("create_group", {"name": "late", "bundles": [{"CPU": 1}]}),
        ("remove_group", {"name": "late"}),
    ]:
        with pytest.raises(Refused, match="a controller of epoch 8 is obeyed, not of 7") as caught:
            old.do(op, **arguments)
        assert caught.value.reason == "epoch_is_past"
    assert new.do("list") == [started] and alive(started["pid"])
    another = Bridge(hello_for(nodes, "epochs", epoch=7), nodes.environment, noise)
    with pytest.raises(Refused, match="epoch 8"):
        another.welcome()
    another.close()
    clear(new)
    assert not [event for _, event, _ in old.events if event == "replica_ended"]


def test_a_lost_node_is_told_its_replicas_end_and_what_is_bound_to_it_waits(bridge, nodes, measured):
    third = nodes.machines[2]
    node_id = node_of(bridge, third.address)
    bound = {"argv": FAMILY, "affinity": {"node_id": node_id}}
    started = bridge.do("start", id="there", **bound)
    shared = bridge.do("start", id="packed there", shared=True, **bound)
    elsewhere = bridge.do("start", id="elsewhere", argv=SLEEP, affinity={"node_id": node_of(bridge, "10.77.0.1")})
    bridge.do("create_group", name="wide", bundles=[{"CPU": 1}] * 3, strategy="STRICT_SPREAD")
    bridge.do("wait_group", name="wide")
    time.sleep(1.2)  # the bridge's next look has seen the group reserved
    deaths, began = Deaths(family_of(started["pid"]) + family_of(shared["pid"])), time.monotonic()
    kill(raylet_of(third))

    assert "node" in bridge.event("replica_ended", id="there")["reason"]
    bridge.event("replica_ended", id="packed there")
    assert bridge.event("node_lost", node_id=node_id)["reason"]
    assert bridge.event("placement_group_lost", name="wide")["state"] in ("RESCHEDULING", "PENDING")
    assert deaths.when() < bridge.when("replica_ended", id="there"), "dead before anybody could replace it"
    measured("raylet killed, its replicas dead", deaths.when() - began)
    measured("raylet killed, their end told", bridge.when("replica_ended", id="there") - began)
    measured("raylet killed, node told lost", bridge.when("node_lost", node_id=node_id) - began)
    assert alive(elsewhere["pid"]) and node_of(bridge, third.address) is None

    waiting = bridge.ask("start", id="bound", **bound)
    until(
        lambda: (
            [found["reasons"] for found in bridge.do("pending") if found["name"] == "bound"]
            == [[f"node {node_id} is gone"]]
        )
    )
    assert not bridge.answered(waiting)

    began = time.monotonic()
    third.start(nodes.of_the_nodes())
    measured("lost node started again", time.monotonic() - began)
    until(lambda: node_of(bridge, third.address) is not None)
    bridge.event("node_joined", address=third.address)
    assert bridge.do("wait_group", name="wide")["state"] == "CREATED"  # Ray has reserved the lost bundle anew
    assert not bridge.answered(waiting), "the same machine is another node now"
    bridge.do("stop", id="bound")
    with pytest.raises(Refused, match="stopped before it ran"):
        bridge.answer(waiting)
