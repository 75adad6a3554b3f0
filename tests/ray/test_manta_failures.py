"""Manta while machines fail: every request to the proxies of the others is accounted for, nothing runs twice, and what
was lost is back. Times and counts are printed; asserted is what must hold whatever they are."""

from __future__ import annotations

import subprocess
import time

import pytest
from bridge_outages import ControlStoreAway, CutOff
from ledger_load import LIBRARY, LedgerLoad, ledger_application
from manta_cluster import ADDRESSES, HTTP_PORT, MantaCluster, ask, belongs_to, parent_of
from ray_nodes import alive, control_store, in_network_of, kill, raylet_of
from test_cluster_3_losses import Deaths

pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason=f"{LIBRARY} is not built: make build, or set MANTA_BINARY")

SECOND, THIRD = 1, 2  # of the machines, which are counted from 0
ONLY_THERE = {SECOND: "licence", THIRD: "slot"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    return tmp_path_factory.mktemp("ledger") / "entries"


@pytest.fixture(scope="module")
def manta(nodes, ledger, tmp_path_factory):
    """Six replicas that any two nodes can hold, and for each node but the head one that it alone can."""
    instance = MantaCluster(nodes, tmp_path_factory.mktemp("m"), "failures")
    instance.start()
    applications = [ledger_application(ledger, num_replicas=6, max_replicas_per_node=3)]
    for machine, resource in ONLY_THERE.items():
        options = {"num_cpus": 0.1, "resources": {resource: 1}}
        applications.append(ledger_application(ledger, f"bound{machine}", ray_actor_options=options))
    instance.deploy({"applications": applications})
    instance.wait(lambda: len(spread(instance)) == 6 and all(bound(instance, m) for m in ONLY_THERE), "all run")
    instance.wait_proxies()
    yield instance
    done = instance.run("shutdown", "-y")
    assert done.returncode == 0, done.stderr


def spread(manta):
    return manta.replicas("ledger", "Ledger")


def bound(manta, machine):
    return manta.replicas(f"bound{machine}", "Ledger")


def wait_replaced(manta, lost):
    manta.wait(
        lambda: len(spread(manta)) == 6 and not lost.keys() & spread(manta).keys(), "what was lost runs elsewhere", 90
    )


def others(machine):
    return [address for address in ADDRESSES if address != ADDRESSES[machine]]


def lose(manta, machine, how, measured, what):
    """A node with some of the six and the one that it alone can hold, which waits afterwards."""
    node_id = manta.reported_nodes()[ADDRESSES[machine]]["node_id"]
    lost = {name: replica for name, replica in spread(manta).items() if replica["node_id"] == node_id}
    deaths = Deaths([replica["pid"] for replica in [*lost.values(), *bound(manta, machine).values()]])
    assert lost and bound(manta, machine)
    began, began_unix = time.monotonic(), time.time()
    how()
    wait_replaced(manta, lost)
    measured(f"{what}: what was lost runs elsewhere", time.monotonic() - began)
    died = deaths.when() - began
    measured(f"{what}: all that ran there dead", died)
    new = [replica["start_time_s"] for replica in spread(manta).values() if replica["start_time_s"] > began_unix]
    assert len(new) == len(lost) and min(new) > began_unix + died, "nothing is replaced while it lives"
    manta.wait(lambda: ADDRESSES[machine] not in manta.reported_nodes(), "the node is known to be lost")
    pending = manta.wait(lambda: manta.report()["pending"], "what no other node can hold waits")
    assert [(entry["application"], entry["replicas"]) for entry in pending] == [(f"bound{machine}", 1)]


def bring_back(manta, nodes, machine, measured, what):
    """`ray start` once more: what has waited for the node runs, and its proxy serves."""
    nodes.machines[machine].start(nodes.of_the_nodes())
    began = time.monotonic()
    manta.wait(lambda: bound(manta, machine), "what waited for the node runs")
    measured(f"{what}: node back, what waited for it runs", time.monotonic() - began)
    address = ADDRESSES[machine]
    manta.wait(lambda: manta.reported_nodes()[address]["proxy"] == "HEALTHY", "its proxy serves")
    measured(f"{what}: node back, its proxy is healthy", time.monotonic() - began)
    assert ask(f"{address}:{HTTP_PORT}", "POST", f"/bound{machine}/write", {"key": "back"})[0] == 200


def left_on(manta, raylet):
    """Living processes of the instance on the machine of this raylet."""
    return [pid for pid in belongs_to(manta) if in_network_of(pid, raylet)]


def test_a_supervisor_is_killed_and_its_replica_is_replaced(manta, ledger, measured, counted):
    name, victim = next(iter(spread(manta).items()))
    with LedgerLoad(ledger, ADDRESSES) as load:
        deaths, began = Deaths([victim["pid"]]), time.monotonic()
        kill(parent_of(victim["pid"]))
        wait_replaced(manta, {name: victim})
        measured("supervisor killed: another replica runs", time.monotonic() - began)
        assert deaths.when() < time.monotonic()
        load.wait_for(50)
    counted("supervisor killed", load.settle())


def test_the_raylet_of_a_node_is_killed_and_its_replicas_run_elsewhere(manta, nodes, ledger, measured, counted):
    raylet = raylet_of(nodes.machines[SECOND])
    with LedgerLoad(ledger, others(SECOND)) as load:
        lose(manta, SECOND, lambda: kill(raylet), measured, "raylet killed")
        load.wait_for(50)
        assert left_on(manta, raylet) == []
        bring_back(manta, nodes, SECOND, measured, "raylet killed")
        load.wait_for(50)
    counted("raylet killed", load.settle())


def test_a_node_is_cut_off_and_back_and_nothing_runs_twice(manta, nodes, ledger, bridge, tidy, measured, counted):
    machine, raylet = nodes.machines[THIRD], raylet_of(nodes.machines[THIRD])
    told = CutOff(bridge)
    with LedgerLoad(ledger, others(THIRD)) as load:
        try:
            lose(manta, THIRD, lambda: told.begins(machine), measured, "node cut off")
            assert left_on(manta, raylet) == []
            told.is_told(measured)
            load.wait_for(50)
        finally:
            machine.cut_off(False)
        began = time.monotonic()
        manta.wait(lambda: not alive(raylet), "its raylet ends: it was given up")
        measured("node back on the network: its raylet ends", time.monotonic() - began)
        bring_back(manta, nodes, THIRD, measured, "node cut off")
        told.is_over()
        load.wait_for(50)
    counted("node cut off", load.settle())


def test_ten_seconds_without_the_heads_control_store_end_nothing(manta, ledger, bridge, tidy, measured, counted):
    def living():
        return {**spread(manta), **bound(manta, SECOND), **bound(manta, THIRD)}

    before, told = living(), ControlStoreAway(bridge)
    name, victim = next(iter(spread(manta).items()))
    pid, arguments, environment, folder = control_store()
    with LedgerLoad(ledger, ADDRESSES) as load:
        kill(pid)
        time.sleep(2)
        kill(victim["pid"])
        told.things_end(measured)
        time.sleep(8)
        store = subprocess.Popen(arguments, env=environment, cwd=folder)
        began = time.monotonic()
        told.is_back(began, measured)
        wait_replaced(manta, {name: victim})
        measured("control store back: a replica that died meanwhile is replaced", time.monotonic() - began)
        time.sleep(5)  # as long as the head takes to give a node up
        load.wait_for(50)
    counted("control store away for 10 s, a replica killed meanwhile", load.settle())
    after = living()
    assert before.keys() - after.keys() == {name} and store.poll() is None
    assert all(after[kept]["pid"] == replica["pid"] for kept, replica in before.items() if kept != name)
    told.nothing_else_has_ended()
