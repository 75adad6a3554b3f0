"""Placement groups, and engines that start actors of their own inside their replica's."""

import json
import sys
import time
from pathlib import Path

import pytest
from bridge_client import Refused

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


def until(condition, limit_s=20.0):
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
    until(lambda: output.exists() and output.read_text().endswith("\n"))
    measured("engine with 4 actors in its replica's group", time.monotonic() - began)
    devices = {(addresses(bridge)[node], gpu) for node, gpu in json.loads(output.read_text())["devices"]}
    assert devices == {(f"10.77.0.{number}", gpu) for number in (1, 2) for gpu in ("0", "1")}
    bridge.do("stop", id="engine", grace_s=0)
    bridge.event("replica_ended", id="engine")
    bridge.do("remove_group", name="engine")
    until(lambda: free_gpus(bridge) == 4)  # its actors ended with it
