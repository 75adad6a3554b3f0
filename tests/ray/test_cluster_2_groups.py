"""Placement groups, and engines that start actors of their own inside their replica's."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bridge_client import WAIT_S, Refused
from ray_nodes import BIN

HERE = Path(__file__).parent
SLEEP = ["/bin/sleep", "1000"]
ENGINE = [sys.executable, str(HERE / "standin_engine.py")]

pytestmark = pytest.mark.usefixtures("tidy")


def reserve(bridge, name, bundles, **options):
    bridge.do("create_group", name=name, bundles=bundles, **options)
    return bridge.do("wait_group", name=name, timeout_s=20)


def addresses(bridge):
    return {node["node_id"]: node["address"] for node in bridge.do("nodes")}


def free_gpus(bridge):
    return sum(node["available"]["num_gpus"] for node in bridge.do("nodes"))


def until(condition, limit_s=WAIT_S):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("strategy, apart", [("PACK", 1), ("STRICT_PACK", 1), ("SPREAD", 3), ("STRICT_SPREAD", 3)])
def test_strategies_place_bundles(bridge, measured, strategy, apart):
    began = time.monotonic()
    group = reserve(bridge, strategy, [{"CPU": 1}] * 3, strategy=strategy)
    measured(f"{strategy} of 3 bundles reserved", time.monotonic() - began)
    assert (group["state"], group["strategy"], len(set(group["nodes"]))) == ("CREATED", strategy, apart)
    assert "" not in group["nodes"]
    assert bridge.do("list_groups") == [group]


def test_replicas_run_in_the_bundles_they_are_given(bridge):
    group = reserve(bridge, "spread", [{"CPU": 1}, {"CPU": 1, "GPU": 0.5}, {"CPU": 1}], strategy="STRICT_SPREAD")
    for bundle, gpus in enumerate((0, 0.5, 0)):
        place = {"group": {"name": "spread", "bundle": bundle}, "resources": {"num_gpus": gpus}}
        started = bridge.do("start", id=f"member{bundle}", argv=SLEEP, **place)
        assert started["node_id"] == group["nodes"][bundle] and len(started["gpus"]) == (1 if gpus else 0)


def test_labels_of_bundles_are_kept(bridge):
    group = reserve(bridge, "labelled", [{"CPU": 1}] * 2, bundle_label_selector=[{"zone": "a"}, {"disk": "ssd"}])
    assert [addresses(bridge)[node] for node in group["nodes"]] == ["10.77.0.1", "10.77.0.2"]


def test_bundles_are_pinned_to_the_nodes_they_are_given(bridge):
    by_address = {address: node for node, address in addresses(bridge).items()}
    pins = [by_address["10.77.0.3"], "", by_address["10.77.0.1"]]
    labels = [{"zone": "b"}, {"disk": "ssd"}, {}]
    group = reserve(bridge, "pinned", [{"CPU": 1}] * 3, bundle_node_ids=pins, bundle_label_selector=labels)
    assert [addresses(bridge)[node] for node in group["nodes"]] == ["10.77.0.3", "10.77.0.2", "10.77.0.1"]
    started = bridge.do("start", id="pinned", argv=SLEEP, group={"name": "pinned", "bundle": 0})
    assert started["node_id"] == pins[0]


@pytest.mark.parametrize("strategy", ["PACK", "SPREAD", "STRICT_SPREAD"])
def test_pins_hold_against_the_strategy(bridge, strategy):
    by_address = {address: node for node, address in addresses(bridge).items()}
    pins = [by_address["10.77.0.2"], by_address["10.77.0.3"]]
    group = reserve(bridge, "pinned", [{"CPU": 1}] * 2, strategy=strategy, bundle_node_ids=pins)
    assert group["nodes"] == pins


def test_a_pinned_bundle_waits_for_its_node_alone(bridge):
    first = next(node for node, address in addresses(bridge).items() if address == "10.77.0.1")
    bridge.do("create_group", name="full", bundles=[{"CPU": 3}] * 2, bundle_node_ids=[first, first])
    with pytest.raises(Refused, match="group_pending"):
        bridge.do("wait_group", name="full", timeout_s=1)
    with pytest.raises(Refused, match="2 bundles, 2 label selectors, 1 node ids"):
        bridge.do("create_group", name="odd", bundles=[{"CPU": 1}] * 2, bundle_node_ids=[first])


DEMANDED = """
import json, sys
from ray._raylet import GcsClient
print(GcsClient(sys.argv[1]).internal_kv_get(b"autoscaler_resource_request", None).decode())
"""


def demanded(nodes):
    """As the control store of the head keeps it for the autoscaler."""
    command = [sys.executable, "-c", DEMANDED, nodes.address]
    return json.loads(subprocess.run(command, env=nodes.environment, capture_output=True, check=True).stdout)


def test_what_is_wanted_is_told_to_rays_autoscaler_until_it_is_withdrawn(bridge, nodes):
    for bundles in ([{"CPU": 2}, {"CPU": 2}, {"GPU": 1, "CPU": 1}], [{"CPU": 3}], []):
        bridge.do("demand", bundles=bundles)
        assert demanded(nodes) == bundles


def test_what_several_instances_want_is_added(bridge, open_bridge, nodes):
    other = open_bridge("other_demand")
    other.do("demand", bundles=[{"GPU": 1}])
    bridge.do("demand", bundles=[{"CPU": 2}])
    assert sorted(demanded(nodes), key=str) == [{"CPU": 2}, {"GPU": 1}]
    other.do("demand", bundles=[])
    assert demanded(nodes) == [{"CPU": 2}]
    bridge.do("demand", bundles=[])
    assert demanded(nodes) == []


def test_rays_autoscaler_shows_what_is_wanted(bridge, nodes):
    bridge.do("demand", bundles=[{"CPU": 17}])
    command = [str(BIN / "python"), str(BIN / "ray"), "status", f"--address={nodes.address}"]
    shown = "{'CPU': 17.0}: 1 from request_resources()"
    until(lambda: shown in subprocess.run(command, env=nodes.environment, capture_output=True, text=True).stdout)
    bridge.do("demand", bundles=[])


def test_a_group_that_fits_nowhere_waits_with_reasons(bridge):
    bridge.do("create_group", name="wide", bundles=[{"CPU": 1}] * 4, strategy="STRICT_SPREAD")
    with pytest.raises(Refused, match="STRICT_SPREAD of 4 bundles over 3 nodes cannot be met") as caught:
        bridge.do("wait_group", name="wide", timeout_s=0.5)
    assert (caught.value.code, caught.value.reason) == ("DeadlineExceeded", "group_pending")
    bridge.do("create_group", name="tall", bundles=[{"GPU": 3}])
    pending = {found["name"]: found for found in bridge.do("pending")}
    assert sorted(pending) == ["tall", "wide"] and pending["wide"]["needs"] == {"CPU": 4}
    assert "bundle 0: node 10.77.0.2: needs GPU 3, free 2 of 2" in pending["tall"]["reasons"]


def test_creating_the_same_group_again_changes_nothing_and_another_is_refused(bridge):
    first = reserve(bridge, "same", [{"CPU": 1}])
    assert bridge.do("create_group", name="same", bundles=[{"CPU": 1}]) == first
    with pytest.raises(Refused, match="exists with other bundles"):
        bridge.do("create_group", name="same", bundles=[{"CPU": 2}])


def test_removing_a_group_ends_its_replicas_and_an_unknown_one_is_no_error(bridge):
    reserve(bridge, "gone", [{"CPU": 1}])
    started = bridge.do("start", id="inside", argv=SLEEP, group={"name": "gone"})
    bridge.do("remove_group", name="gone")
    assert bridge.event("replica_ended", id="inside")["incarnation"] == started["incarnation"]
    assert bridge.do("remove_group", name="gone") is None and bridge.do("list_groups") == []
    with pytest.raises(Refused) as caught:
        bridge.do("wait_group", name="gone")
    assert caught.value.code == "NotFound"


@pytest.mark.parametrize("wrong", [{"bundles": []}, {"bundles": [{}]}, {"bundles": [{"CPU": 1}], "strategy": "ANYHOW"}])
def test_a_group_that_is_none_is_refused(bridge, wrong):
    with pytest.raises(Refused) as caught:
        bridge.do("create_group", name="wrong", **wrong)
    assert caught.value.code == "InvalidArgument"


@pytest.fixture
def all_gpus(bridge, nodes):
    """A replica's reservation with every GPU of the cluster: a bundle for itself, one for each worker of its engine."""
    reserve(bridge, "engine", [{"CPU": 1}] + [{"GPU": 1}] * 4)
    return {"group": {"name": "engine"}, "join": True, "environment": {"PYTHONPATH": nodes.environment["PYTHONPATH"]}}


def test_an_engine_that_does_not_know_its_group_finds_no_device(bridge, all_gpus):
    bridge.do(
        "start", id="unaware", argv=["/usr/bin/env", "-u", "MANTA_RAY_PLACEMENT_GROUP", *ENGINE, "4", "1"], **all_gpus
    )
    ended = bridge.event("replica_ended", id="unaware")
    assert ended["exit_code"] == 1 and "no room for 4 GPUs" in ended["last_output"]


def test_an_engine_that_is_handed_its_group_runs_in_it(bridge, all_gpus, tmp_path, measured):
    output = tmp_path / "engine"
    began = time.monotonic()
    bridge.do(
        "start", id="engine", argv=["/bin/sh", "-c", 'exec "$@" > "$0"', str(output), *ENGINE, "4", "1"], **all_gpus
    )
    told = re.compile(r"^\{.*\}\n", re.M)  # Ray may have written lines of its own
    until(lambda: output.exists() and told.search(output.read_text()))
    measured("engine with 4 actors in its replica's group", time.monotonic() - began)
    devices = {(addresses(bridge)[node], gpu) for node, gpu in json.loads(told.search(output.read_text())[0])["devices"]}
    assert devices == {(f"10.77.0.{number}", gpu) for number in (1, 2) for gpu in ("0", "1")}
    bridge.do("stop", id="engine", grace_s=0)
    bridge.event("replica_ended", id="engine")
    bridge.do("remove_group", name="engine")
    until(lambda: free_gpus(bridge) == 4)  # its actors ended with it
