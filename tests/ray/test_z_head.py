"""The whole head ends and is started again on what its store has kept. The last of all tests: the cluster is another
one afterwards."""

import threading
import time
from http.client import HTTPException

import pytest
from bridge_client import Bridge
from conftest import clear, hello_for
from ledger_load import LIBRARY, LedgerLoad, ledger_application
from manta_cluster import ADDRESSES, HTTP_PORT, MantaCluster
from manta_cluster import ask as ask_manta
from ray_nodes import HEAD, alive
from test_cluster_3_losses import SLEEP, node_of, until
from test_cluster_4_roles import SERVER, THIRD, ask
from test_cluster_5_controller import Command

GIVEN_UP_S = 8  # the head takes less to give up a node that does not answer


class Served:
    """An instance of Manta with six replicas, under load on the proxies of the nodes that stay."""

    def __init__(self, nodes, folder):
        self.manta = MantaCluster(nodes, folder, "served")
        self.manta.start()
        ledger = folder / "entries"
        self.manta.deploy({"applications": [ledger_application(ledger, num_replicas=6, max_replicas_per_node=3)]})
        self.manta.wait(lambda: len(self.replicas()) == 6, "six replicas")
        self.manta.wait_proxies()
        self.before = self.replicas()
        self.load = LedgerLoad(ledger, [address for address in ADDRESSES if address != HEAD])
        self.head_ended = self.whole = 0.0

    def head_ends(self):
        self.head_ended = time.monotonic()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while not self.is_whole():
            time.sleep(0.2)
        self.whole = time.monotonic()

    def replicas(self):
        return self.manta.replicas("ledger", "Ledger")

    def is_whole(self):
        try:
            now = self.replicas()
        except (OSError, HTTPException, KeyError):
            return False  # the controller is being started
        return len(now) == 6 and now.keys() != self.before.keys()


@pytest.fixture(scope="module")
def served(nodes, tmp_path_factory):
    if not LIBRARY.exists():
        yield None
        return
    instance = Served(nodes, tmp_path_factory.mktemp("m"))
    with instance.load:
        yield instance


def test_a_head_that_is_started_again_knows_what_lives_elsewhere_and_runs_the_controller(
    nodes, noise, served, measured
):
    before = Bridge(hello_for(nodes, "head"), nodes.environment, noise)
    before.welcome()
    on_third = {"node_id": node_of(before, THIRD)}
    replica = before.do("start", id="elsewhere", argv=SLEEP, affinity=on_third)
    role = before.do("start_role", name="elsewhere", argv=SERVER, listen_address="0.0.0.0:8000", **on_third)
    on_head = before.do("start", id="on the head", argv=SLEEP, affinity={"node_id": node_of(before, HEAD)})
    command = Command(nodes, "head")
    controller = command.ok("start", argv=SLEEP)

    if served:
        served.head_ends()
    began = time.monotonic()
    nodes.restart_head()
    before.kill()
    until(lambda: not alive(on_head["pid"]) and not alive(controller["pid"]))
    assert ask(8000)[0] == role["pid"], "it serves while there is no head"
    until(lambda: command.run("status").get("ok", {}).get("state") == "running")
    measured("head killed and started again: the controller runs again", time.monotonic() - began)
    after = Bridge(hello_for(nodes, "head", epoch=2), nodes.environment, noise)
    after.welcome()
    assert after.event("replica_ended", id="on the head")["reason"]
    time.sleep(GIVEN_UP_S)
    assert after.do("list_roles") == [role] and ask(8000)[0] == role["pid"]
    assert after.do("list") == [replica] and alive(replica["pid"])
    assert len(after.do("nodes")) == 3
    again = after.do("start", id="on the head", argv=SLEEP, affinity={"node_id": node_of(after, HEAD)})
    assert again["node_id"] != on_head["node_id"]
    clear(after)
    command.ok("stop")
    assert after.close() == 0


def test_manta_serves_while_the_head_is_away_and_is_whole_again_with_it(served, measured, counted):
    if served is None:
        pytest.skip(f"{LIBRARY} is not built: make build, or set MANTA_BINARY")
    manta, before = served.manta, served.before
    manta.wait(lambda: served.whole, "six replicas")
    measured("head killed and started again: six replicas of Manta run", served.whole - served.head_ended)
    manta.wait(lambda: manta.reported_nodes()[HEAD]["proxy"] == "HEALTHY", "the head has a proxy again")
    assert ask_manta(f"{HEAD}:{HTTP_PORT}", "POST", "/ledger/write", {"key": "back"})[0] == 200
    kept = {name: replica for name, replica in served.replicas().items() if name in before}
    elsewhere = {node["node_id"] for address, node in manta.reported_nodes().items() if address != HEAD}
    assert kept.keys() == {name for name, replica in before.items() if replica["node_id"] in elsewhere} != set()
    assert all(replica["pid"] == before[name]["pid"] and alive(replica["pid"]) for name, replica in kept.items())
    served.load.wait_for(50)
    served.load.stop()
    counted("head killed and started again", served.load.settle())
    done = manta.run("shutdown", "-y")
    assert done.returncode == 0, done.stderr
