"""Where replicas go on a cluster, by what `manta deploy` is told: devices, labels, nodes, placement groups, gangs, and
engines that start actors of their own inside their replica's reservation."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from manta_cluster import ADDRESSES, BUILD, HTTP_PORT, MantaCluster, ask, environment_of
from ray_nodes import alive, kill
from test_cluster_3_losses import Deaths

LIBRARY = BUILD / "tests/apps/libtest_placement_app.so"
ENGINE = [sys.executable, str(Path(__file__).parent / "standin_engine.py")]
FIRST, SECOND, THIRD = ADDRESSES

pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason=f"{LIBRARY} is not built: make build, or set MANTA_BINARY")


@pytest.fixture(scope="module")
def manta(nodes, tmp_path_factory):
    instance = MantaCluster(nodes, tmp_path_factory.mktemp("m"), "placement")
    instance.start()
    yield instance
    done = instance.run("shutdown", "-y")
    assert done.returncode == 0, done.stderr


def application(name="place", engine="", **fields):
    """`fields` are of its deployment; those of ray_actor_options stand among them."""
    of_actor = ("num_cpus", "num_gpus", "resources", "label_selector", "accelerator_type", "fallback_strategy")
    options = {"num_cpus": 0.1, **{key: fields.pop(key) for key in of_actor if key in fields}}
    return {
        "name": name,
        "route_prefix": f"/{name}",
        "import_path": f"{LIBRARY}:build",
        "args": {"engine": engine},
        "deployments": [{"name": "Worker", "ray_actor_options": options, **fields}],
    }


def addresses(manta):
    return {node["node_id"]: address for address, node in manta.reported_nodes().items()}


def deploy(manta, *applications):
    manta.deploy({"applications": list(applications)})


def wait_running(manta, count, name="place"):
    def is_so():
        deployments = manta.details()["applications"].get(name, {}).get("deployments", {})
        return [r for d in deployments.values() if d["status"] == "HEALTHY" for r in d["replicas"]]

    replicas = manta.wait(lambda: len(is_so()) == count and is_so(), f"{count} replicas of {name}")
    return {replica["replica_id"]: replica for replica in replicas}


def on(manta, replicas):
    """How many replicas run on each machine."""
    by_node = addresses(manta)
    return Counter(by_node[replica["node_id"]] for replica in replicas.values())


def message(manta, name="place"):
    return manta.details()["applications"][name]["deployments"]["Worker"]["message"]


STRATEGIES = {"PACK": 1, "STRICT_PACK": 1, "SPREAD": 3, "STRICT_SPREAD": 3}  # nodes for three small bundles


@pytest.fixture(scope="module")
def placed(manta):
    """Many small applications at once, each with a wish of its own; by name."""
    third = manta.reported_nodes()[THIRD]["node_id"]
    each = {"num_replicas": 2, "max_replicas_per_node": 1}
    bundles = {"placement_group_bundles": [{"CPU": 0.1}] * 3}
    fallbacks = [{"label_selector": {"zone": "nor-this"}}, {"label_selector": {"zone": "b"}}]
    applications = [
        application("halves", num_replicas=4, num_gpus=0.5),
        application("zone_b", label_selector={"zone": "b"}, **each),
        application("not_ssd", label_selector={"zone": "in(a,b)", "disk": "!ssd"}, **each),
        application("by_fallback", label_selector={"zone": "no-such-zone"}, fallback_strategy=fallbacks, **each),
        application("t4", accelerator_type="T4"),
        application("slot", resources={"slot": 0.25}),
        application("hard", num_replicas=2, node_affinity={"node_id": third}),
        application("nowhere", node_affinity={"node_id": "no-such-node"}),
        application("soft", node_affinity={"node_id": "no-such-node", "soft": True}),
        application("too_wide", placement_group_bundles=[{"CPU": 0.1}] * 4, placement_group_strategy="STRICT_SPREAD"),
        *(application(name.lower(), placement_group_strategy=name, **bundles) for name in STRATEGIES),
    ]
    deploy(manta, *applications)
    waiting = ("nowhere", "too_wide")
    return {
        app["name"]: wait_running(manta, app["deployments"][0].get("num_replicas", 1), app["name"])
        for app in applications
        if app["name"] not in waiting
    }


def test_halves_of_gpus_share_devices(placed):
    halves = placed["halves"].values()
    devices = Counter((half["node_id"], environment_of(half["pid"])["CUDA_VISIBLE_DEVICES"]) for half in halves)
    assert sorted(devices.values()) == [2, 2]


@pytest.mark.parametrize(
    ("name", "nodes_of_it"),
    [
        ("zone_b", {SECOND, THIRD}),
        ("not_ssd", {FIRST, THIRD}),
        ("by_fallback", {SECOND, THIRD}),
        ("t4", {SECOND}),
        ("slot", {THIRD}),
        ("hard", {THIRD}),
    ],
)
def test_labels_kinds_of_gpus_resources_and_affinity_choose_the_node(manta, placed, name, nodes_of_it):
    assert set(on(manta, placed[name])) == nodes_of_it


def test_a_node_that_is_not_there_is_waited_for_if_affinity_is_hard(manta, placed):
    assert len(placed["soft"]) == 1
    assert message(manta, "nowhere").startswith("pending: ")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_bundles_are_reserved_by_their_strategy(placed, strategy):
    (replica,) = placed[strategy.lower()].values()
    places = [bundle["node_id"] for bundle in replica["placement_group"]]
    assert (len(places), len(set(places)), places[0]) == (3, STRATEGIES[strategy], replica["node_id"])


def test_bundles_that_want_more_nodes_than_there_are_wait(manta, placed):
    assert message(manta, "too_wide").startswith("pending: ")
    assert {entry["application"] for entry in manta.report()["pending"]} == {"nowhere", "too_wide"}


def gangs_of(replicas):
    gangs = {}
    for replica in replicas.values():
        gangs.setdefault(replica["gang_id"], []).append(replica)
    return gangs


def test_a_gang_is_reserved_started_and_restarted_as_one_and_no_request_fails(manta, measured):
    gang = {"gang_size": 3, "gang_placement_strategy": "STRICT_SPREAD"}
    deploy(manta, application(num_replicas=6, gang_scheduling_config=gang))
    gangs = gangs_of(wait_running(manta, 6))
    assert len(gangs) == 2
    for members in gangs.values():
        assert {m["node_id"] for m in members} == set(addresses(manta))
        assert (len({m["rank"] for m in members}), len({m["gang_epoch"] for m in members})) == (3, 1)
    (broken, members), (other, kept) = gangs.items()
    pids = [member["pid"] for member in members]
    deaths, began, began_unix = Deaths(pids), time.monotonic(), time.time()
    kill(pids[0])
    answers = []

    def is_back():
        answers.append(ask(f"{FIRST}:{HTTP_PORT}", "POST", "/place/who", {}))
        after = gangs_of(manta.replicas("place", "Worker")).get(broken, [])
        return len(after) == 3 and not {member["pid"] for member in after} & set(pids) and after

    after = manta.wait(is_back, "the gang is started again")
    measured("member of a gang killed: the whole gang runs again", time.monotonic() - began)
    died_unix = began_unix + deaths.when() - began
    assert min(member["start_time_s"] for member in after) > died_unix, "two lives of a gang never meet"
    assert {m["gang_epoch"] > members[0]["gang_epoch"] for m in after} == {True}
    assert len({m["gang_epoch"] for m in after}) == 1 and {m["node_id"] for m in after} == set(addresses(manta))
    assert [answer for answer in answers if answer[0] != 200] == []
    assert all(alive(member["pid"]) for member in kept) and other in gangs_of(manta.replicas("place", "Worker"))


def test_a_gang_that_does_not_fit_whole_is_pending_whole(manta):
    gang = {"gang_size": 4, "gang_placement_strategy": "STRICT_SPREAD"}
    deploy(manta, application("large", num_replicas=4, gang_scheduling_config=gang))
    manta.wait(lambda: message(manta, "large").startswith("pending: "), "a node for each of four is not there")
    assert manta.replicas("large", "Worker") == {}
    assert [(entry["application"], entry["replicas"]) for entry in manta.report()["pending"]] == [("large", 4)]


def engine_application(nodes, *, knows_its_group):
    """A replica in a bundle of its own, and an engine below it that wants every GPU of the cluster, which its replica's
    other bundles hold."""
    begins = "printf 'ready '; exec" if knows_its_group else "exec env -u MANTA_RAY_PLACEMENT_GROUP"
    return application(
        engine=f"{begins} {shlex.join([*ENGINE, '4', '1'])}",
        placement_group_bundles=[{"CPU": 1}] + [{"GPU": 1}] * 4,
        env_vars={"PYTHONPATH": nodes.environment["PYTHONPATH"]},
        max_constructor_retry_count=1,
    )


def free_gpus(manta):
    return sum(node["free"].get("GPU", 0) for node in manta.reported_nodes().values())


def test_an_engine_that_reserves_outside_its_replicas_group_finds_no_device(manta, nodes):
    deploy(manta, engine_application(nodes, knows_its_group=False))
    manta.wait(lambda: "no room for 4 GPUs" in message(manta), "the engine gives up")
    assert manta.details()["applications"]["place"]["status"] == "DEPLOY_FAILED"


def test_an_engine_starts_its_actors_in_its_replicas_group(manta, nodes, measured):
    deploy(manta)
    manta.wait(lambda: free_gpus(manta) == 4, "what the last one reserved is free")
    began = time.monotonic()
    deploy(manta, engine_application(nodes, knows_its_group=True))
    (replica,) = wait_running(manta, 1).values()
    measured("replica whose engine has 4 actors in its group: deployed and running", time.monotonic() - began)
    status, text = ask(f"{THIRD}:{HTTP_PORT}", "POST", "/place/who", {})
    assert status == 200, text
    devices = json.loads(json.loads(text)["engine"].removeprefix("ready "))["devices"]
    by_node = addresses(manta)
    assert {(by_node[node], gpu) for node, gpu in devices} == {(node, gpu) for node in (FIRST, SECOND) for gpu in "01"}
    assert len(replica["placement_group"]) == 5 and free_gpus(manta) == 0
    deploy(manta)
    manta.wait(lambda: free_gpus(manta) == 4, "its actors ended with it")
