"""Manta itself on three nodes: an unchanged application is deployed, serves through the proxies of all nodes, and goes on
serving while the processes of the instance are killed."""

from __future__ import annotations

import subprocess
import time

import pytest
from bridge_client import WAIT_S
from manta_cluster import (
    ADDRESSES,
    APPLICATION,
    HTTP_PORT,
    MANTA,
    Load,
    MantaCluster,
    answer_to,
    ask,
    belongs_to,
    listening_sockets,
    parent_of,
    proxies,
    until,
)
from ray_nodes import HEAD, alive, kill, processes

pytestmark = pytest.mark.skipif(not MANTA.exists(), reason=f"{MANTA} is not built: make build, or set MANTA_BINARY")


@pytest.fixture(scope="module")
def manta(nodes, tmp_path_factory):
    instance = MantaCluster(nodes, tmp_path_factory.mktemp("m"), "manta")
    began = time.monotonic()
    instance.start()
    print(f"instance ready after {time.monotonic() - began:.1f} s")
    instance.deploy(APPLICATION)
    until(lambda: len(instance.replicas()) == 6, "six replicas run")
    instance.wait_proxies()
    yield instance
    if instance.process.poll() is None:
        instance.interrupt()


def test_the_application_is_served_by_the_proxies_of_all_nodes(manta):
    for address in ADDRESSES:
        assert ask(f"{address}:{HTTP_PORT}", "POST", "/greet", {"name": "you"}) == (200, '{"text":"Hello, you!"}')


def test_replicas_are_spread_as_configured(manta):
    nodes = manta.reported_nodes()
    assert sorted(nodes) == ADDRESSES
    assert [node["replicas_of"].get("hello/Greeter") for node in nodes.values()] == [2, 2, 2]
    assert {node["proxy"] for node in nodes.values()} == {"HEALTHY"}
    assert [address for address, node in nodes.items() if node["is_head"]] == [HEAD]


def test_the_commands_work_as_on_one_machine(manta):
    assert "RUNNING" in manta.run("status").stdout
    assert manta.run("logs", "controller").returncode == 0
    scaled = manta.run("scale", "hello/Greeter", "3")
    assert scaled.returncode == 0, scaled.stderr
    until(lambda: len(manta.replicas()) == 3, "three replicas")
    manta.deploy(APPLICATION)
    until(lambda: len(manta.replicas()) == 6, "six replicas")


def scrape_port():
    """That all proxies were told."""
    commands = [command.split() for command in processes().values()]
    told = {words[words.index("--metrics-address") + 1] for words in commands if "--node-ip" in words}
    assert len(told) == 1
    return told.pop().rsplit(":", 1)[1]


def test_each_node_has_a_port_for_scrapes_with_the_figures_of_its_own(manta):
    port, gpus = scrape_port(), {ADDRESSES[0]: 2, ADDRESSES[1]: 2, ADDRESSES[2]: 0}
    for address, node in manta.reported_nodes().items():
        status, text = ask(f"{address}:{port}", "GET", "/metrics")
        assert status == 200 and f'node_ip_address="{address}"' in text
        use = [line for line in text.splitlines() if line.startswith("manta_node_gpu_utilization{")]
        assert len(use) == max(1, gpus[address]) and all(f'node="{node["node_id"]}"' in line for line in use)
        assert ask(f"{address}:{port}", "GET", "/greet")[0] == 404


def test_strangers_get_nothing(manta):
    (cluster,) = [
        a for a in listening_sockets(manta.details()["controller_info"]["pid"]) if a.startswith(f"{HEAD}:")
    ]
    doors = [cluster] + [listening_sockets(replica["pid"])[0] for replica in manta.replicas().values()]
    assert len(doors) == 7
    request = b"POST /greet HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"
    for door in doors:
        assert b"Hello" not in (got := answer_to(door, request)) and b"HTTP/" not in got
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)
    assert answer_to(cluster, preface) == answer_to(cluster, request)  # nobody learns what is spoken here


def test_the_token_is_in_no_command_line_and_its_file_is_private(manta):
    assert manta.state.stat().st_mode & 0o777 == 0o700
    token = manta.state / "cluster_token"
    assert token.stat().st_mode & 0o777 == 0o600 and len(token.read_text()) == 64
    assert [command for command in processes().values() if token.read_text() in command] == []


def test_a_second_start_attaches(manta):
    done = subprocess.run(
        manta.start_command("--detach"), env=manta.environment, capture_output=True, text=True, timeout=WAIT_S
    )
    assert done.returncode == 0, done.stderr
    assert "attached to the instance that runs already" in done.stdout and "ready: http://" in done.stdout


def later_controller_knows(manta, epoch, replicas):
    try:
        return manta.details()["controller_info"]["epoch"] > epoch and len(manta.replicas()) == replicas
    except (OSError, KeyError):
        return False  # it is being started


def test_the_controller_is_killed_under_load_and_nobody_notices(manta, measured):
    before = manta.details()["controller_info"]
    replicas = {name: replica["pid"] for name, replica in manta.replicas().items()}
    with Load(ADDRESSES) as load:
        kill(before["pid"])
        killed = time.monotonic()

        until(lambda: later_controller_knows(manta, before["epoch"], 6), "the next controller has adopted the replicas")
        measured("controller killed: the next one knows all replicas", time.monotonic() - killed)
        load.wait_for(100)
    assert load.failed == []
    assert {name: replica["pid"] for name, replica in manta.replicas().items()} == replicas


def bridge_of(controller):
    return [pid for pid, command in processes().items() if "-m manta_ray" in command and parent_of(pid) == controller]


def test_the_bridge_is_killed_under_load_and_another_one_takes_its_place(manta, measured):
    controller = manta.details()["controller_info"]["pid"]
    (bridge,) = bridge_of(controller)
    replicas = [replica["pid"] for replica in manta.replicas().values()]
    with Load(ADDRESSES) as load:
        kill(bridge)
        killed = time.monotonic()
        assert manta.run("scale", "hello/Greeter", "5").returncode == 0
        until(lambda: sum(map(alive, replicas)) == 5, "a replica is stopped by the next bridge")
        measured("bridge killed: the next one has stopped a replica", time.monotonic() - killed)
        assert manta.run("scale", "hello/Greeter", "6").returncode == 0
        until(lambda: len(manta.replicas()) == 6, "and another one started")
    assert load.failed == [] and manta.details()["controller_info"]["pid"] == controller
    assert len(bridge_of(controller)) == 1


def test_the_supervisor_of_the_controller_is_killed_under_load_and_ray_restarts_it(manta, measured):
    before = manta.details()["controller_info"]
    replicas = {name: replica["pid"] for name, replica in manta.replicas().items()}
    with Load(ADDRESSES) as load:
        kill(parent_of(before["pid"]))
        killed = time.monotonic()

        until(lambda: later_controller_knows(manta, before["epoch"], 6), "another controller knows all replicas")
        measured("supervisor of the controller killed: the next one knows all replicas", time.monotonic() - killed)
        load.wait_for(50)
    assert load.failed == [] and not alive(before["pid"])
    assert {name: replica["pid"] for name, replica in manta.replicas().items()} == replicas


def test_a_killed_replica_is_replaced_and_no_request_fails(manta, measured):
    name, victim = next(iter(manta.replicas().items()))
    with Load(ADDRESSES) as load:
        kill(victim["pid"])
        killed = time.monotonic()
        until(lambda: name not in manta.replicas() and len(manta.replicas()) == 6, "another replica runs")
        measured("replica killed: another one runs", time.monotonic() - killed)
        load.wait_for(50)
    assert load.failed == []


def test_a_killed_proxy_is_back_under_the_same_socket_and_the_others_do_not_notice(manta, measured):
    before = proxies()
    address, node = next((a, n["node_id"]) for a, n in manta.reported_nodes().items() if a == "10.77.0.2")
    with Load([other for other in ADDRESSES if other != address]) as load:
        kill(before[node])
        killed = time.monotonic()
        assert ask(f"{address}:{HTTP_PORT}", "POST", "/greet", {"name": "x"})[0] == 200  # waited in the socket
        measured("proxy killed: a request that came meanwhile is answered", time.monotonic() - killed)
        load.wait_for(50)
    assert load.failed == []
    after = proxies()
    assert after[node] != before[node] and {n: p for n, p in after.items() if n != node} == {
        n: p for n, p in before.items() if n != node
    }


def test_the_command_is_killed_and_the_instance_lives(manta):
    manta.process.kill()
    manta.process.wait()
    with Load(ADDRESSES) as load:
        load.wait_for(50)
    assert load.failed == []
    manta.start()
    assert len(manta.replicas()) == 6


def test_ctrl_c_ends_everything_and_what_is_deployed_comes_back(manta):
    assert manta.interrupt() == 0
    assert proxies() == {} and belongs_to(manta) == {}
    assert manta.actors() == []
    manta.start()
    until(lambda: len(manta.replicas()) == 6, "six replicas")
    assert ask(f"{HEAD}:{HTTP_PORT}", "POST", "/greet", {"name": "you"})[0] == 200


def test_shutdown_leaves_no_process_and_no_actor(manta):
    done = manta.run("shutdown", "-y")
    assert done.returncode == 0, done.stderr
    assert manta.process.wait(timeout=WAIT_S) == 0
    assert proxies() == {} and belongs_to(manta) == {}
    assert manta.actors() == []
