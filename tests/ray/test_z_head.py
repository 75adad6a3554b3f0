"""The whole head ends and is started again on what its store has kept. The last of all tests: the cluster is another
one afterwards."""

import time

from bridge_client import Bridge
from conftest import clear, hello_for
from ray_nodes import HEAD, alive
from test_cluster_3_losses import SLEEP, node_of, until
from test_cluster_4_roles import SERVER, THIRD, ask
from test_cluster_5_controller import Command

GIVEN_UP_S = 8  # the head takes less to give up a node that does not answer


def test_a_head_that_is_started_again_knows_what_lives_elsewhere_and_runs_the_controller(nodes, noise, measured):
    before = Bridge(hello_for(nodes, "head"), nodes.environment, noise)
    before.welcome()
    on_third = {"node_id": node_of(before, THIRD)}
    replica = before.do("start", id="elsewhere", argv=SLEEP, affinity=on_third)
    role = before.do("start_role", name="elsewhere", argv=SERVER, listen_address="0.0.0.0:8000", **on_third)
    on_head = before.do("start", id="on the head", argv=SLEEP, affinity={"node_id": node_of(before, HEAD)})
    command = Command(nodes, "head")
    controller = command.ok("start", argv=SLEEP)

    began = time.monotonic()
    nodes.restart_head()
    before.kill()
    until(lambda: not alive(on_head["pid"]) and not alive(controller["pid"]))
    assert ask(8000)[0] == role["pid"], "it serves while there is no head"
    until(lambda: command.run("status").get("ok", {}).get("state") == "running", 60)
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
