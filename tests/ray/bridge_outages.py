"""What the bridge tells of outages that other tests make: what it runs before, and what must be true afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable

from bridge_client import Bridge
from ray_nodes import HEAD, Machine, alive, kill
from test_cluster_3_losses import FAMILY, SLEEP, Deaths, family_of, node_of, until
from test_cluster_4_roles import SERVER, THIRD, ask

Measured = Callable[[str, float], None]


def populate(bridge: Bridge, node_id: str, suffix: str = "") -> dict[str, int]:
    """A replica, a shared one and a role on that node; their processes by name."""
    on_node = {"argv": FAMILY, "affinity": {"node_id": node_id}}
    role = {"node_id": node_id, "argv": SERVER, "listen_address": "0.0.0.0:8000"}
    return {
        "replica": bridge.do("start", id="replica" + suffix, **on_node)["pid"],
        "shared": bridge.do("start", id="shared" + suffix, shared=True, **on_node)["pid"],
        "role": bridge.do("start_role", name="role" + suffix, **role)["pid"],
    }


class CutOff:
    """Of the third node, which is given up."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge, self.node_id = bridge, node_of(bridge, THIRD)
        pids = populate(bridge, self.node_id)
        self.elsewhere = bridge.do("start", id="elsewhere", argv=SLEEP, affinity={"node_id": node_of(bridge, HEAD)})
        self.deaths = Deaths([*family_of(pids["replica"]), *family_of(pids["shared"]), pids["role"]])

    def begins(self, third: Machine) -> None:
        self.began = time.monotonic()
        third.cut_off()

    def is_told(self, measured: Measured) -> None:
        """While it is cut off."""
        bridge = self.bridge
        lost = bridge.when("node_lost", node_id=self.node_id)
        died = self.deaths.when()
        assert died < lost, "dead before anybody could replace it"
        for replica in ("replica", "shared"):
            assert bridge.event("replica_ended", id=replica)["node_id"] in ("", self.node_id)
            assert died < bridge.when("replica_ended", id=replica)
        assert bridge.event("role_ended", name="role", final=True)["node_id"] == self.node_id
        role_lost = bridge.when("role_ended", name="role", final=True)
        measured("node cut off: all that the bridge ran there dead", died - self.began)
        measured("node cut off: told lost", lost - self.began)
        measured("node cut off: role told lost", role_lost - self.began)
        for work in (
            lambda: bridge.do("list_roles") == [],
            lambda: bridge.do("stop_role", name="role") is None,
            lambda: [replica["id"] for replica in bridge.do("list")] == ["elsewhere"],
        ):
            asked = time.monotonic()
            assert work() and time.monotonic() - asked < 5, "a lost node holds nobody up"

    def is_over(self) -> None:
        """When a new raylet has joined."""
        until(lambda: node_of(self.bridge, THIRD) not in (None, self.node_id))
        back = populate(self.bridge, node_of(self.bridge, THIRD), " again")
        assert ask(8000)[0] == back["role"] and alive(self.elsewhere["pid"])


class ControlStoreAway:
    """The head's; its process is dead from here on."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.pids = populate(bridge, node_of(bridge, THIRD))
        self.crashing = bridge.do("start", id="crashing", argv=SLEEP, affinity={"node_id": node_of(bridge, HEAD)})

    def things_end(self, measured: Measured) -> None:
        """While it is away."""
        kill(self.pids["role"])
        until(lambda: not alive(self.pids["role"]))
        began = time.monotonic()
        self.pids["role"] = ask(8000)[0]
        measured("control store away: killed role answers again", time.monotonic() - began)
        kill(self.crashing["pid"])
        self.listing = self.bridge.ask("list_roles")

    def is_back(self, began: float, measured: Measured) -> None:
        """As soon as it is."""
        assert [role["name"] for role in self.bridge.answer(self.listing)] == ["role"]
        assert self.bridge.event("replica_ended", id="crashing", pid=self.crashing["pid"])["signal"] == 9
        measured("control store back: an end meanwhile is told", time.monotonic() - began)
        self.pids["after"] = self.bridge.do("start", id="after", argv=SLEEP)["pid"]
        measured("control store back: first new replica started", time.monotonic() - began)

    def nothing_else_has_ended(self) -> None:
        """After as long as the head takes to give a node up."""
        assert all(alive(pid) for pid in self.pids.values())
        until(lambda: {role["pid"] for role in self.bridge.do("list_roles")} == {self.pids["role"]})
        running = {replica["pid"] for replica in self.bridge.do("list")}
        assert running == {self.pids[name] for name in ("replica", "shared", "after")}
        assert len(self.bridge.do("nodes")) == 3
