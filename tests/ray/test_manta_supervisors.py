"""`manta start --share-supervisors`: one supervisor for the small replicas of a node, whose resources stay booked one by one."""

from __future__ import annotations

import os

import pytest
from manta_cluster import BUILD, MANTA, MantaCluster, environment_of, parent_of, until
from ray_nodes import kill

pytestmark = pytest.mark.skipif(not MANTA.exists(), reason=f"{MANTA} is not built: make build, or set MANTA_BINARY")


@pytest.fixture(scope="module")
def manta(nodes, tmp_path_factory):
    instance = MantaCluster(nodes, tmp_path_factory.mktemp("m"), "supervisors")
    instance.start("--share-supervisors")
    yield instance
    done = instance.run("shutdown", "-y")
    assert done.returncode == 0, done.stderr
    until(lambda: instance.actors() == [], "a shared supervisor without replicas leaves after a while")


def greeter(name="hello", **options):
    return {
        "name": name,
        "route_prefix": f"/{name}",
        "import_path": f"{BUILD}/examples/hello/libhello.so:build",
        "deployments": [{"name": "Greeter", "num_replicas": 1, **options}],
    }


def deployed(manta, *applications):
    """The replicas of each, when all run; nothing else does."""
    manta.deploy({"applications": list(applications)})
    for application in applications:
        deployment = application["deployments"][0]["name"]
        wanted = application["deployments"][0]["num_replicas"]
        manta.wait(
            lambda name=application["name"], deployment=deployment, wanted=wanted: (
                manta.details()["applications"][name]["status"] == "RUNNING"
                and len(manta.replicas(name, deployment)) == wanted
            ),
            f"{wanted} replicas of {application['name']}",
        )
    return [manta.replicas(application["name"], application["deployments"][0]["name"]) for application in applications]


def agree(manta):
    """Ray's books say what ours say: nobody else holds anything of the machines."""
    manta.wait(
        lambda: all(node["used_by_others"] == {} for node in manta.report()["nodes"]), "Ray's books are as ours"
    )


def test_each_kind_of_resource_is_booked_one_by_one(manta):
    fractions, heavy, licensed = deployed(
        manta,
        greeter("fractions", num_replicas=4, ray_actor_options={"num_cpus": 0.25, "num_gpus": 0.5}),
        greeter("heavy", num_replicas=2, ray_actor_options={"num_cpus": 0, "memory": 1_500_000_000}),
        greeter("licensed", ray_actor_options={"num_cpus": 1, "resources": {"licence": 1}}),
    )
    devices = [
        (replica["node_id"], environment_of(replica["pid"])["CUDA_VISIBLE_DEVICES"]) for replica in fractions.values()
    ]
    assert len(devices) == 4 and max(devices.count(device) for device in devices) == 2
    assert len({replica["node_id"] for replica in heavy.values()}) == 2, "two do not fit one machine"
    assert len(licensed) == 1
    agree(manta)
    used = [node["used"] for node in manta.report()["nodes"]]
    assert sum(amounts.get("GPU", 0) for amounts in used) == 2
    assert sum(amounts.get("memory", 0) for amounts in used) == 3_000_000_000
    assert sum(amounts.get("licence", 0) for amounts in used) == 1


def test_small_replicas_of_a_node_share_one_supervisor(manta):
    small, large = deployed(
        manta,
        greeter("small", num_replicas=9, max_replicas_per_node=3, ray_actor_options={"num_cpus": 0.1}),
        greeter("large", num_replicas=2, ray_actor_options={"num_cpus": 0.1, "num_gpus": 1}),
    )
    supervisors = {parent_of(replica["pid"]) for replica in small.values()}
    assert len(supervisors) == 3, "one for each node"
    assert len({parent_of(replica["pid"]) for replica in large.values()} - supervisors) == 2, "devices need one each"
    agree(manta)
    victim = next(iter(small.values()))
    kill(victim["pid"])
    manta.wait(
        lambda: len(now := manta.replicas("small", "Greeter")) == 9 and victim["pid"] not in {r["pid"] for r in now.values()},
        "another one",
    )
    others = {name: replica["pid"] for name, replica in small.items() if replica["pid"] != victim["pid"]}
    now = manta.replicas("small", "Greeter")
    assert all(now[name]["pid"] == pid and os.path.exists(f"/proc/{pid}") for name, pid in others.items())
