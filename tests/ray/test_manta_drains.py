"""A node that Ray drains (an autoscaler, a spot machine that is taken back): what runs there is started elsewhere first, its
proxy says that it goes away, and the node is not kept from leaving."""

from __future__ import annotations

import subprocess

import pytest
from manta_cluster import ADDRESSES, BUILD, HTTP_PORT, MANTA, Load, MantaCluster, ask, proxies, until
from ray_nodes import BIN

pytestmark = pytest.mark.skipif(not MANTA.exists(), reason=f"{MANTA} is not built: make build, or set MANTA_BINARY")

THIRD = "10.77.0.3"
OTHERS = [address for address in ADDRESSES if address != THIRD]


@pytest.fixture(scope="module")
def manta(nodes, tmp_path_factory):
    instance = MantaCluster(nodes, tmp_path_factory.mktemp("m"), "drains")
    instance.environment |= {"MANTA_PROXY_MIN_DRAINING_PERIOD_S": "3"}
    instance.start()
    greeter = {"name": "Greeter", "num_replicas": 6, "max_replicas_per_node": 3, "graceful_shutdown_timeout_s": 5}
    library = f"{BUILD}/examples/hello/libhello.so:build"
    instance.deploy({"applications": [{"name": "hello", "import_path": library, "deployments": [greeter]}]})
    until(lambda: len(instance.replicas()) == 6, "six replicas run")
    yield instance
    done = instance.run("shutdown", "-y")
    assert done.returncode == 0, done.stderr


def drain(nodes, node_id, deadline_s):
    command = [str(BIN / "python"), str(BIN / "ray"), "drain-node", f"--address={nodes.address}", "--node-id", node_id]
    why = ["--reason", "DRAIN_NODE_REASON_PREEMPTION", "--reason-message", "the machine is wanted elsewhere"]
    done = subprocess.run(
        [*command, *why, "--deadline-remaining-seconds", str(deadline_s)],
        env=nodes.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def state_of_third(manta):
    node = manta.reported_nodes().get(THIRD)
    return (node["state"], node["proxy"]) if node else None


def bring_back(manta, nodes):
    nodes.machines[2].start(nodes.of_the_nodes())
    until(lambda: state_of_third(manta) == ("ALIVE", "HEALTHY"), "the node is back, with a proxy")


def test_a_node_that_ray_drains_is_left_without_a_failed_request(manta, nodes, measured):
    third = manta.reported_nodes()[THIRD]["node_id"]
    leaving = {name for name, replica in manta.replicas().items() if replica["node_id"] == third}
    assert leaving and ask(f"{THIRD}:{HTTP_PORT}", "GET", "/-/healthz")[0] == 200
    with Load(OTHERS) as load:
        drain(nodes, third, 600)
        until(lambda: state_of_third(manta) == ("LEAVING", "DRAINING"), "Manta knows it")
        until(lambda: ask(f"{THIRD}:{HTTP_PORT}", "GET", "/-/healthz")[0] == 503, "the proxy says so")
        assert ask(f"{THIRD}:{HTTP_PORT}", "POST", "/greet", {"name": "you"})[0] == 200, "and serves all the same"
        until(lambda: len(manta.replicas()) == 6 and not leaving & manta.replicas().keys(), "six replicas elsewhere")
        until(lambda: third not in proxies(), "its proxy is gone")
        until(lambda: THIRD not in manta.reported_nodes(), "nothing keeps the node: it leaves the cluster")
        load.wait_for(50)
    assert load.failed == []
    events = manta.run("events").stdout
    assert f"node {third} is given up by the cluster" in events and f"node {third} has no replicas any more" in events
    bring_back(manta, nodes)


def test_replicas_that_fit_nowhere_else_end_gracefully_before_the_node_does(manta, nodes):
    third = manta.reported_nodes()[THIRD]["node_id"]
    manta.run("scale", "hello/Greeter", "9")  # three for each node: the others are full
    until(lambda: len(manta.replicas()) == 9, "nine replicas")
    here = [name for name, replica in manta.replicas().items() if replica["node_id"] == third]
    assert len(here) == 3
    with Load(OTHERS) as load:
        drain(nodes, third, 12)
        until(lambda: manta.report()["pending"], "their replacements wait for room")
        until(lambda: THIRD not in manta.reported_nodes(), "the node has left")
        load.wait_for(50)
    assert load.failed == []
    log = manta.log("controller")
    assert all(f"replica stops replica={name}" in log for name in here), "they were asked to, and not lost with the node"
    bring_back(manta, nodes)
    until(lambda: len(manta.replicas()) == 9, "nine replicas again")
