"""Manta on three nodes: what its commands show of them, and code that a node does not have."""

from __future__ import annotations

import glob
import json
import os
from pathlib import Path

import pytest
from bridge_client import WAIT_S
from manta_cluster import ADDRESSES, BUILD, HTTP_PORT, MANTA, MantaCluster, ask, until
from ray_nodes import HEAD, kill

pytestmark = pytest.mark.skipif(not MANTA.exists(), reason=f"{MANTA} is not built: make build, or set MANTA_BINARY")


@pytest.fixture(scope="module")
def manta(nodes, tmp_path_factory):
    instance = MantaCluster(nodes, tmp_path_factory.mktemp("m"), "nodes")
    instance.start()
    yield instance
    done = instance.run("shutdown", "-y")
    assert done.returncode == 0, done.stderr
    assert instance.process.wait(timeout=WAIT_S) == 0


def application(import_path, replicas, **options):
    deployment = {"name": "Greeter", "num_replicas": replicas, **options}
    return {"applications": [{"name": "hello", "import_path": import_path, "deployments": [deployment]}]}


def running(manta, count):
    """Replicas that run, when there are so many and no others."""
    found = manta.replicas()
    return found if len(found) == count else None


def code_of(replica):
    """Files that the process executes or has loaded."""
    with open(f"/proc/{replica['pid']}/maps") as maps:
        return {line.split()[-1] for line in maps if "/" in line}


def test_commands_show_the_machines_and_what_waits(manta):
    options = {"num_cpus": 1, "num_gpus": 1, "label_selector": {"zone": "b"}}
    manta.deploy(application(f"{BUILD}/examples/hello/libhello.so:build", 3, ray_actor_options=options))
    until(lambda: running(manta, 2), "two of three")
    nodes = manta.reported_nodes()
    assert sorted(nodes) == ADDRESSES
    assert [address for address, node in nodes.items() if node["is_head"]] == [HEAD]
    assert {address: node["labels"]["zone"] for address, node in nodes.items()} == {
        "10.77.0.1": "a",
        "10.77.0.2": "b",
        "10.77.0.3": "b",
    }
    with_gpus = nodes["10.77.0.2"]
    assert with_gpus["total"]["GPU"] == 2 and with_gpus["used"] == {"CPU": 2, "GPU": 2} and with_gpus["free"]["GPU"] == 0
    assert with_gpus["replicas_of"] == {"hello/Greeter": 2}
    text = manta.run("nodes").stdout
    assert "Usage:\n 2.0/4.0 GPU\n 2.0/12.0 CPU\n" in text
    assert "\nActive:\n" in text and text.count(" node(s) with resources: ") == 3  # they differ in custom resources
    assert " hello/Greeter: 1 replica(s), each needs" in text
    for address, lack in (("10.77.0.1", "zone"), ("10.77.0.2", "GPU 0 free < 1"), ("10.77.0.3", "GPU 0 free < 1")):
        line = next(line for line in text.splitlines() if line.strip().startswith(f"node {nodes[address]['node_id']}"))
        assert lack in line
    status = manta.run("status").stdout
    assert f"  {with_gpus['node_id']}:\n    state: ALIVE\n    message: ''\n    replicas:\n      hello/Greeter: 2\n" in status


def start_all_anew(manta, name):
    """Kills all replicas, when the copy in the state folder, which all nodes of these tests share, has got another name: nobody
    finds it at its place any more, and the controller finds it by its hash. Returns where it was, and the next replicas."""
    replicas = manta.replicas()
    (copy,) = glob.glob(f"{manta.state}/artifacts/*/{name}")
    os.rename(copy, f"{copy}.moved")
    for replica in replicas.values():
        kill(replica["pid"])

    def next_ones():
        found = running(manta, len(replicas))
        return found if found and not found.keys() & replicas.keys() else None

    return Path(copy), until(next_ones, "other replicas")


def test_a_node_fetches_the_code_that_it_has_not(manta, tmp_path):
    cache = {"MANTA_ARTIFACT_CACHE": str(tmp_path / "cache")}
    manta.deploy(application(f"{BUILD}/examples/hello/libhello.so:build", 6, max_replicas_per_node=2, env_vars=cache))
    until(lambda: running(manta, 6), "six replicas")
    assert not (tmp_path / "cache").exists()
    copy, replicas = start_all_anew(manta, "libhello.so")
    (kept,) = glob.glob(f"{tmp_path}/cache/*/libhello.so")
    assert Path(kept).parent.name == copy.parent.name
    assert {replica["node_id"] for replica in replicas.values()} == {n["node_id"] for n in manta.reported_nodes().values()}
    assert all(kept in code_of(replica) for replica in replicas.values())
    manta.wait_proxies()
    for address in ADDRESSES:
        assert ask(f"{address}:{HTTP_PORT}", "POST", "/greet", {"name": "you"})[0] == 200


def test_a_program_runs_on_all_nodes_also_where_it_must_be_fetched(manta, tmp_path):
    cache = {"MANTA_ARTIFACT_CACHE": str(tmp_path / "cache")}
    program = f"exec:{BUILD}/examples/hello/hello_program"
    manta.deploy(application(program, 3, max_replicas_per_node=1, env_vars=cache))

    def programs(replicas):
        return {os.readlink(f"/proc/{replica['pid']}/exe") for replica in replicas.values()}

    def is_the_copy():
        found = running(manta, 3)
        return found and programs(found) == set(glob.glob(f"{manta.state}/artifacts/*/hello_program"))

    until(is_the_copy, "three replicas of the program")
    _, replicas = start_all_anew(manta, "hello_program")
    assert programs(replicas) == set(glob.glob(f"{tmp_path}/cache/*/hello_program")) != set()
    manta.wait_proxies()
    for address in ADDRESSES:
        answer = ask(f"{address}:{HTTP_PORT}", "POST", "/greet", {"name": "you"})
        assert json.loads(answer[1]) == {"text": "Hello, you!"}
