"""What goes away on a cluster. Proxies run on the head and where replicas do: a node without any is idle for Ray's autoscaler.
And a node that Ray drains (an autoscaler, a spot machine that is taken back): what runs there is started elsewhere first,
its proxy says that it goes away, and the node is not kept from leaving."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from manta_cluster import ADDRESSES, APPLICATION, BUILD, HTTP_PORT, MANTA, Load, MantaCluster, ask, proxies, until
from ray_nodes import BIN, HEAD

pytestmark = pytest.mark.skipif(not MANTA.exists(), reason=f"{MANTA} is not built: make build, or set MANTA_BINARY")

SECOND, THIRD = ADDRESSES[1:]
OTHERS = [address for address in ADDRESSES if address != THIRD]
OCCUPY = (
    f"import socket, time; s = socket.create_server(('0.0.0.0', {HTTP_PORT})); print('up', flush=True); time.sleep(999)"
)
IDLE = """
import json, sys
from ray._raylet import GcsClient
from ray.autoscaler.v2.sdk import get_cluster_resource_state
DEAD = 2  # of an earlier Ray on the machine: it stays in the list
nodes = [node for node in get_cluster_resource_state(GcsClient(sys.argv[1])).node_states if node.status != DEAD]
print(json.dumps({node.node_ip_address: node.idle_duration_ms for node in nodes}))
"""


@pytest.fixture(scope="module")
def manta(nodes, tmp_path_factory):
    instance = MantaCluster(nodes, tmp_path_factory.mktemp("m"), "drains")
    instance.environment |= {"MANTA_PROXY_MIN_DRAINING_PERIOD_S": "3"}
    instance.start()
    yield instance
    done = instance.run("shutdown", "-y")
    assert done.returncode == 0, done.stderr


def status_of(manta):
    """Of each node's proxy, by address."""
    return {address: node["proxy"] for address, node in manta.reported_nodes().items()}


def deploy_everywhere(manta):
    manta.deploy(APPLICATION)
    manta.wait(lambda: len(manta.replicas()) == 6, "two replicas on each node")


def test_without_replicas_the_head_alone_has_a_proxy(manta):
    manta.wait(lambda: status_of(manta) == {HEAD: "HEALTHY", SECOND: "", THIRD: ""}, "one proxy")
    with pytest.raises(ConnectionRefusedError):
        ask(f"{SECOND}:{HTTP_PORT}", "GET", "/-/healthz")


def test_why_a_proxy_cannot_run_on_a_node_is_told_until_it_does(manta, nodes):
    other = subprocess.Popen(
        [*nodes.machines[2].prefix, sys.executable, "-c", OCCUPY], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout.readline() == "up\n"
        deploy_everywhere(manta)
        manta.wait(lambda: status_of(manta) == {HEAD: "HEALTHY", SECOND: "HEALTHY", THIRD: "UNHEALTHY"}, "UNHEALTHY")
        third = manta.reported_nodes()[THIRD]["node_id"]
        why = f"port {HTTP_PORT} of node {THIRD} is taken"
        assert why in manta.run("status").stdout
        (line,) = [line for line in manta.run("nodes").stdout.splitlines() if line.startswith(f"{third}: ")]
        assert "proxy UNHEALTHY: " in line and why in line
    finally:
        other.kill()
        other.wait()
    manta.wait(lambda: status_of(manta)[THIRD] == "HEALTHY", "it runs when the port is free")
    assert "UNHEALTHY" not in manta.run("status").stdout


def test_a_node_that_loses_its_replicas_loses_its_proxy_and_is_idle(manta, nodes):
    deploy_everywhere(manta)
    manta.wait(lambda: set(status_of(manta).values()) == {"HEALTHY"}, "a proxy on each node")
    assert ask(f"{SECOND}:{HTTP_PORT}", "POST", "/greet", {"name": "you"})[0] == 200

    def idle():
        """Nodes that Ray's autoscaler may give back."""
        done = subprocess.run(
            [sys.executable, "-c", IDLE, nodes.address], env=nodes.environment, capture_output=True, check=True
        )
        return {address for address, since_ms in json.loads(done.stdout).items() if since_ms > 0}

    assert not idle() & {SECOND, THIRD}
    options = {"num_cpus": 1, "label_selector": {"zone": "a"}}  # of the head
    greeter = {"name": "Greeter", "num_replicas": 1, "ray_actor_options": options}
    manta.deploy({"applications": [{**APPLICATION["applications"][0], "deployments": [greeter]}]})
    manta.wait(lambda: "DRAINING" in status_of(manta).values(), "its proxy says that it goes")
    manta.wait(lambda: status_of(manta) == {HEAD: "HEALTHY", SECOND: "", THIRD: ""}, "one proxy")
    manta.wait(lambda: idle() >= {SECOND, THIRD}, "the others are idle")
    text = ask(f"{HEAD}:{HTTP_PORT}", "GET", "/-/metrics")[1]
    told = [line for line in text.splitlines() if line.startswith("ray_serve_proxy_shutdown_duration_ms_count")]
    assert sorted(line.split('node_ip_address="')[1].split('"')[0] for line in told) == [SECOND, THIRD]
    deploy_everywhere(manta)
    manta.wait(lambda: set(status_of(manta).values()) == {"HEALTHY"}, "a proxy on each node again")


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
    """The node, and with nine replicas some of them on it."""
    nodes.machines[2].start(nodes.of_the_nodes())
    until(lambda: state_of_third(manta), "the node is back")
    manta.run("scale", "hello/Greeter", "9")  # three for each node: the others are full
    until(lambda: len(manta.replicas()) == 9, "nine replicas")
    until(lambda: state_of_third(manta) == ("ALIVE", "HEALTHY"), "the node has a proxy")


def deploy_with_room(manta):
    """Six replicas that any two nodes can hold."""
    greeter = {"name": "Greeter", "num_replicas": 6, "max_replicas_per_node": 3, "graceful_shutdown_timeout_s": 5}
    library = f"{BUILD}/examples/hello/libhello.so:build"
    manta.deploy({"applications": [{"name": "hello", "import_path": library, "deployments": [greeter]}]})
    manta.wait_running("hello")
    until(lambda: len(manta.replicas()) == 6, "six replicas run")
    until(lambda: status_of(manta) == dict.fromkeys(ADDRESSES, "HEALTHY"), "every node has a proxy")


def test_a_node_that_ray_drains_is_left_without_a_failed_request(manta, nodes, measured, counted):
    deploy_with_room(manta)
    third = manta.reported_nodes()[THIRD]["node_id"]
    leaving = {name for name, replica in manta.replicas().items() if replica["node_id"] == third}
    assert leaving and ask(f"{THIRD}:{HTTP_PORT}", "GET", "/-/healthz")[0] == 200
    with Load(OTHERS) as load:
        before, began = load.done, time.monotonic()
        drain(nodes, third, 600)
        until(lambda: state_of_third(manta) == ("LEAVING", "DRAINING"), "Manta knows it")
        until(lambda: ask(f"{THIRD}:{HTTP_PORT}", "GET", "/-/healthz")[0] == 503, "the proxy says so")
        assert ask(f"{THIRD}:{HTTP_PORT}", "POST", "/greet", {"name": "you"})[0] == 200, "and serves all the same"
        until(lambda: len(manta.replicas()) == 6 and not leaving & manta.replicas().keys(), "six replicas elsewhere")
        measured("node drained: its replicas run elsewhere", time.monotonic() - began)
        until(lambda: third not in proxies(), "its proxy is gone")
        until(lambda: THIRD not in manta.reported_nodes(), "nothing keeps the node: it leaves the cluster")
        measured("node drained: it has left the cluster", time.monotonic() - began)
        load.wait_for(50)
    assert load.failed == []
    counted("node drained", f"{load.done - before} requests, none failed")
    events = manta.run("events").stdout
    assert f"node {third} is given up by the cluster" in events and f"node {third} has no replicas any more" in events
    bring_back(manta, nodes)


def test_replicas_that_fit_nowhere_else_end_gracefully_before_the_node_does(manta, nodes):
    third = manta.reported_nodes()[THIRD]["node_id"]
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
