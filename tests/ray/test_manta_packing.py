"""An instance that packs the nodes of a cluster, and empties one of them while requests come."""

from __future__ import annotations

import json
import threading

import pytest
from manta_cluster import ADDRESSES, HTTP_PORT, MantaCluster, ask
from test_manta_placement import LIBRARY, application, deploy, on, wait_running

FIRST, SECOND, THIRD = ADDRESSES

pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason=f"{LIBRARY} is not built: make build, or set MANTA_BINARY")


@pytest.fixture(scope="module")
def manta(nodes, tmp_path_factory):
    instance = MantaCluster(nodes, tmp_path_factory.mktemp("m"), "packing")
    instance.environment["RAY_SERVE_USE_PACK_SCHEDULING_STRATEGY"] = "1"
    instance.environment["MANTA_NODE_COMPACTION_DELAY_S"] = "5"
    instance.start()
    yield instance
    done = instance.run("shutdown", "-y")
    assert done.returncode == 0, done.stderr


def compactions(manta):
    done = manta.run("events", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return [event["kind"] for event in events if event["kind"].startswith("compaction")]


def test_replicas_share_a_node_as_long_as_it_has_room(manta):
    deploy(manta, application(num_replicas=4))
    assert len(on(manta, wait_running(manta, 4))) == 1


def test_a_node_whose_replicas_fit_elsewhere_is_emptied_and_no_request_fails(manta):
    third = manta.reported_nodes()[THIRD]["node_id"]
    beside = application("beside", node_affinity={"node_id": third})
    moves = application("moves", num_replicas=2, label_selector={"zone": "b"})
    stays = application("stays", label_selector={"disk": "ssd"})
    deploy(manta, beside)
    wait_running(manta, 1, "beside")
    deploy(manta, beside, moves)
    assert set(on(manta, wait_running(manta, 2, "moves"))) == {THIRD}, "beside what runs there"
    deploy(manta, moves, stays)
    wait_running(manta, 1, "stays")

    statuses, enough = [], threading.Event()

    def ask_on():
        while not enough.wait(0.02):
            statuses.append(ask(f"{FIRST}:{HTTP_PORT}", "POST", "/moves/who", {})[0])

    asking = threading.Thread(target=ask_on)
    asking.start()
    try:
        manta.wait(lambda: "compaction_completed" in compactions(manta), "the third node is empty")
    finally:
        enough.set()
        asking.join()
    assert set(on(manta, wait_running(manta, 2, "moves"))) == {SECOND}
    assert set(statuses) == {200}, statuses
