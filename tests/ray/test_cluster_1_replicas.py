"""Replicas on three nodes: start, stop, list, where they run and what they get."""

import os
import shutil
import socket
import sys
import time
from pathlib import Path

import pytest
from bridge_client import WAIT_S, Bridge, Refused
from conftest import clear, hello_for
from ray_nodes import HEAD, alive, processes

SLEEP = ["/bin/sleep", "1000"]
SERVER = """
import os, socket, sys
server = socket.socket(fileno=int(sys.argv[1]))
while True:
    connection, _ = server.accept()
    connection.sendall(os.environ["GREETING"].encode())
    connection.close()
"""

pytestmark = pytest.mark.usefixtures("tidy")


def node(bridge, address):
    return next(found for found in bridge.do("nodes") if found["address"] == address)


def environment_of(pid):
    return dict(entry.split("=", 1) for entry in open(f"/proc/{pid}/environ").read().split("\0") if "=" in entry)


def until(condition, limit_s=WAIT_S):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_nodes_are_told_with_what_they_have(bridge):
    nodes = {found["address"]: found for found in bridge.do("nodes")}
    assert sorted(nodes) == ["10.77.0.1", "10.77.0.2", "10.77.0.3"]
    assert [address for address, found in nodes.items() if found["is_head"]] == [HEAD]
    second = nodes["10.77.0.2"]
    assert (second["total"]["num_cpus"], second["total"]["num_gpus"], second["total"]["memory"]) == (4, 2, 2e9)
    assert (second["total"]["resources"], second["total"]["accelerator_type"]) == ({"licence": 1}, "T4")
    assert (second["labels"]["zone"], second["labels"]["disk"], second["draining"]) == ("b", "ssd", False)


def test_a_replica_starts_is_listed_and_ends(bridge, measured):
    began = time.monotonic()
    started = bridge.do("start", id="a#b#1", argv=SLEEP, labels='{"any": "thing"}', environment={"A": "1"})
    measured("replica started, cold", time.monotonic() - began)
    assert alive(started["pid"]) and started["labels"] == '{"any": "thing"}' and started["epoch"] == 1
    assert bridge.do("list") == [started]
    environment = environment_of(started["pid"])
    assert environment["A"] == "1" and environment["CUDA_VISIBLE_DEVICES"] == ""
    assert not [name for name in environment if name.startswith("RAY_")], (
        "a replica is no worker of Ray, and has no token"
    )
    began = time.monotonic()
    bridge.do("stop", id="a#b#1", grace_s=10)
    ended = bridge.event("replica_ended", id="a#b#1")
    measured("replica stopped", bridge.when("replica_ended", id="a#b#1") - began)
    assert (ended["signal"], ended["exit_code"], ended["pid"], ended["incarnation"]) == (
        15,
        -1,
        started["pid"],
        started["incarnation"],
    )
    assert not alive(started["pid"]) and bridge.do("list") == []


def test_the_exit_code_and_last_words_of_a_replica_are_told(bridge):
    bridge.do("start", id="crash", argv=["/bin/sh", "-c", "echo out; echo the model is missing >&2; exit 7"])
    ended = bridge.event("replica_ended", id="crash")
    assert (ended["exit_code"], ended["signal"], ended["last_output"]) == (7, 0, "out\nthe model is missing")


def test_what_cannot_be_executed_is_an_error_of_the_start(bridge):
    with pytest.raises(Refused, match="cannot execute /no/such/binary: No such file or directory") as caught:
        bridge.do("start", id="absent", argv=["/no/such/binary"])
    assert (caught.value.code, caught.value.reason) == ("Unavailable", "not_started")
    assert bridge.event("replica_ended", id="absent")["pid"] == 0


def test_starting_an_id_that_lives_changes_nothing(bridge):
    first = bridge.do("start", id="twice", argv=SLEEP)
    assert bridge.do("start", id="twice", argv=["/bin/true"]) == first


def test_an_ended_id_may_start_again_as_another_incarnation(bridge):
    first = bridge.do("start", id="again", argv=["/bin/true"])
    bridge.event("replica_ended", id="again", incarnation=first["incarnation"])
    second = bridge.do("start", id="again", argv=SLEEP)
    assert second["incarnation"] != first["incarnation"] and alive(second["pid"])


def test_a_replica_that_does_not_listen_to_stop_is_killed_after_its_grace(bridge):
    script = "trap '' TERM; echo up; while :; do sleep 0.05; done"
    bridge.do("start", id="deaf", argv=["/bin/sh", "-c", script])
    began = time.monotonic()
    bridge.do("stop", id="deaf", grace_s=0.5)
    assert time.monotonic() - began < 0.4, "stop answers when asked, not when it has ended"
    assert bridge.event("replica_ended", id="deaf")["signal"] == 9


def test_stopping_an_unknown_id_is_no_error(bridge):
    assert bridge.do("stop", id="nobody") is None


def test_connecting_succeeds_from_the_start_on(bridge):
    argv = [sys.executable, "-c", SERVER, "{listen_fd}"]
    started = bridge.do(
        "start",
        id="server",
        argv=argv,
        environment={"GREETING": "hello"},
        listen=True,
        resources={"label_selector": {"disk": "ssd"}},
    )
    kind, host, port = started["address"].split(":")
    assert (kind, host) == ("tcp", "10.77.0.2")
    with socket.create_connection((host, int(port))) as connection:
        assert connection.recv(100) == b"hello"


def test_halves_share_a_device_and_a_whole_one_gets_its_own(bridge):
    on_second = {"affinity": {"node_id": node(bridge, "10.77.0.2")["node_id"]}, "argv": SLEEP}
    halves = [bridge.do("start", id=f"half{i}", resources={"num_gpus": 0.5}, **on_second) for i in range(2)]
    whole = bridge.do("start", id="whole", resources={"num_gpus": 1}, **on_second)
    assert halves[0]["gpus"] == halves[1]["gpus"] and len(halves[0]["gpus"]) == 1
    assert sorted(halves[0]["gpus"] + whole["gpus"]) == ["0", "1"]
    assert environment_of(whole["pid"])["CUDA_VISIBLE_DEVICES"] == whole["gpus"][0]
    until(lambda: node(bridge, "10.77.0.2")["available"]["num_gpus"] == 0)
    for replica in ("half0", "half1", "whole"):
        bridge.do("stop", id=replica)
    until(lambda: node(bridge, "10.77.0.2")["available"]["num_gpus"] == 2)


def test_cpus_memory_and_custom_resources_are_booked(bridge):
    bridge.do("start", id="big", argv=SLEEP, resources={"num_cpus": 1.5, "memory": 5e8, "resources": {"licence": 1}})
    until(lambda: node(bridge, "10.77.0.2")["available"]["resources"] == {})
    free = node(bridge, "10.77.0.2")["available"]
    assert (free["num_cpus"], free["memory"]) == (2.5, 1.5e9)


@pytest.mark.parametrize(
    "selector, allowed",
    [
        ({"disk": "ssd"}, {"10.77.0.2"}),
        ({"zone": "!b"}, {"10.77.0.1"}),
        ({"zone": "in(b,c)", "disk": "!ssd"}, {"10.77.0.3"}),
    ],
)
def test_label_selectors_choose_the_node(bridge, selector, allowed):
    started = bridge.do("start", id="chosen", argv=SLEEP, resources={"label_selector": selector})
    assert {found["address"] for found in bridge.do("nodes") if found["node_id"] == started["node_id"]} == allowed


def test_the_first_fallback_with_room_is_used_where_the_selector_has_none(bridge):
    others = [{"label_selector": {"zone": "z"}}, {"label_selector": {"disk": "ssd"}}, {"label_selector": {}}]
    wanted = {"label_selector": {"zone": "nowhere"}, "fallback_strategy": others}
    started = bridge.do("start", id="second choice", argv=SLEEP, resources=wanted)
    assert started["node_id"] == node(bridge, "10.77.0.2")["node_id"]


def test_a_start_without_room_by_any_selector_says_what_its_own_lacks(bridge):
    wanted = {"label_selector": {"zone": "nowhere"}, "fallback_strategy": [{"label_selector": {"zone": "z"}}]}
    waiting = bridge.ask("start", id="nowhere", argv=SLEEP, resources=wanted)
    until(lambda: bridge.do("pending"))
    (reasons,) = (pending["reasons"] for pending in bridge.do("pending"))
    assert any("wanted nowhere" in reason for reason in reasons) and not any("wanted z" in r for r in reasons)
    bridge.do("stop", id="nowhere")
    with pytest.raises(Refused):
        bridge.answer(waiting)


def test_the_kind_of_accelerator_chooses_the_node(bridge):
    wanted = {"argv": SLEEP, "resources": {"num_gpus": 0.5, "accelerator_type": "T4"}}
    assert bridge.do("start", id="kind", **wanted)["node_id"] == node(bridge, "10.77.0.2")["node_id"]


def test_without_being_told_ray_finds_this_machines_address(nodes, noise):
    hello = {**hello_for(nodes, "stranger"), "node_ip": ""}
    newcomer = Bridge(hello, nodes.environment, noise)
    assert newcomer.welcome()["node_id"] == node(newcomer, HEAD)["node_id"]
    assert newcomer.close() == 0


def test_the_nodes_need_nothing_of_ours(nodes, noise, tmp_path):
    shutil.copytree(Path(nodes.environment["PYTHONPATH"]) / "manta_ray", tmp_path / "manta_ray")
    visitor = Bridge(hello_for(nodes, "visitor"), {**nodes.environment, "PYTHONPATH": str(tmp_path)}, noise)
    visitor.welcome()
    shutil.rmtree(tmp_path / "manta_ray")
    assert alive(visitor.do("start", id="visitor", argv=SLEEP)["pid"])
    assert alive(visitor.do("start", id="shared visitor", argv=SLEEP, shared=True)["pid"])
    clear(visitor)
    assert visitor.close() == 0


def test_affinity_is_kept(bridge):
    third = node(bridge, "10.77.0.3")["node_id"]
    assert bridge.do("start", id="hard", argv=SLEEP, affinity={"node_id": third})["node_id"] == third
    gone = "ab" * 28
    assert bridge.do("start", id="soft", argv=SLEEP, affinity={"node_id": gone, "soft": True})["node_id"] != gone
    with pytest.raises(Refused, match="Invalid node_id 'nowhere'") as caught:
        bridge.do("start", id="wrong", argv=SLEEP, affinity={"node_id": "nowhere"})
    assert caught.value.code == "InvalidArgument"


def test_what_fits_nowhere_waits_with_reasons_and_holds_nobody_up(bridge):
    waiting = bridge.ask("start", id="much", argv=SLEEP, resources={"num_gpus": 3})
    until(lambda: bridge.do("pending"))
    (pending,) = bridge.do("pending")
    assert (pending["kind"], pending["name"], pending["needs"]) == ("replica", "much", {"CPU": 1, "GPU": 3})
    assert sorted(pending["reasons"]) == [
        f"node 10.77.0.{n}: needs GPU 3, free {g} of {g}" for n, g in ((1, 2), (2, 2), (3, 0))
    ]
    assert [replica["state"] for replica in bridge.do("list")] == ["pending"]
    assert bridge.do("start", id="meanwhile", argv=SLEEP)["pid"] > 0 and not bridge.answered(waiting)
    bridge.do("stop", id="much")
    with pytest.raises(Refused, match="stopped before it ran") as caught:
        bridge.answer(waiting)
    assert caught.value.code == "Cancelled" and bridge.event("replica_ended", id="much")["pid"] == 0


@pytest.mark.parametrize("options", [{}, {"shared": True}, {"resources": {"num_gpus": 3}}])
def test_a_start_that_is_stopped_at_any_moment_leaves_nothing(bridge, options):
    for delay_s in (0.0, 0.005, 0.02, 0.1, 0.3):
        number = bridge.ask("start", id="brief", argv=SLEEP, **options)
        until(lambda: bridge.do("list") or bridge.answered(number))
        time.sleep(delay_s)
        bridge.do("stop", id="brief", grace_s=0)
        try:
            bridge.answer(number)
        except Refused as refused:
            assert (refused.code, refused.reason) == ("Cancelled", "withdrawn")
        until(lambda: not bridge.do("list"))
    until(lambda: all(found["available"]["num_cpus"] == 4 for found in bridge.do("nodes")))
    until(lambda: not [pid for pid, command in processes().items() if command == " ".join(SLEEP)])


def test_a_pending_replica_starts_when_another_makes_room(bridge):
    first = bridge.do("start", id="holder", argv=SLEEP, resources={"resources": {"slot": 1}})
    waiting = bridge.ask("start", id="next", argv=SLEEP, resources={"resources": {"slot": 1}})
    until(lambda: bridge.do("pending"))
    bridge.do("stop", id="holder")
    assert bridge.answer(waiting)["node_id"] == first["node_id"]


def test_many_starts_go_on_at_once(bridge, measured):
    began = time.monotonic()
    numbers = [bridge.ask("start", id=f"many{i}", argv=SLEEP, resources={"num_cpus": 0.1}) for i in range(6)]
    pids = {bridge.answer(number)["pid"] for number in numbers}
    measured("6 replicas started at once", time.monotonic() - began)
    assert len(pids) == 6


def test_small_replicas_share_a_supervisor_and_are_booked_one_by_one(bridge, measured):
    third = {
        "affinity": {"node_id": node(bridge, "10.77.0.3")["node_id"]},
        "shared": True,
        "argv": SLEEP,
        "resources": {"num_cpus": 0.5},
    }
    started = [bridge.do("start", id="shared0", **third)]
    began = time.monotonic()
    started += [
        bridge.answer(number) for number in [bridge.ask("start", id=f"shared{i}", **third) for i in range(1, 5)]
    ]
    measured("4 more replicas of a shared supervisor", time.monotonic() - began)
    parents = {open(f"/proc/{replica['pid']}/stat").read().rsplit(")", 1)[1].split()[1] for replica in started}
    assert len(parents) == 1
    until(lambda: node(bridge, "10.77.0.3")["available"]["num_cpus"] == 1.5)
    os.kill(started[0]["pid"], 9)
    assert bridge.event("replica_ended", id="shared0")["signal"] == 9
    until(lambda: node(bridge, "10.77.0.3")["available"]["num_cpus"] == 2)
    assert {replica["id"] for replica in bridge.do("list")} == {f"shared{i}" for i in range(1, 5)}
    assert bridge.do("list_groups") == []
    clear(bridge)
    until(lambda: not alive(int(*parents)), 30)  # an empty one leaves, so that its node may be given back


@pytest.mark.parametrize(
    "wrong",
    [
        {"argv": []},
        {"argv": SLEEP, "resources": {"num_gpus": 1.5}},
        {"argv": SLEEP, "resources": {"num_cpus": -1}},
        {"argv": SLEEP, "shared": True, "resources": {"num_gpus": 1}},
        {"argv": SLEEP, "group": {"name": "g"}, "affinity": {"node_id": "n"}},
    ],
)
def test_what_ray_would_misunderstand_is_refused(bridge, wrong):
    with pytest.raises(Refused) as caught:
        bridge.do("start", id="wrong", **wrong)
    assert caught.value.code == "InvalidArgument" and bridge.do("list") == []


def test_bad_messages_are_answered_and_the_bridge_goes_on(bridge):
    with pytest.raises(Refused, match="'fly' is none of nodes, start"):
        bridge.do("fly")
    with pytest.raises(Refused, match="args.colour"):
        bridge.do("stop", id="x", colour="red")
    assert len(bridge.do("nodes")) == 3


@pytest.mark.parametrize(
    "changes", [{"RAY_AUTH_TOKEN": "another-token-0123456789abcdefghij"}, {"RAY_AUTH_MODE": "disabled"}]
)
def test_a_wrong_token_is_refused_at_once(nodes, noise, changes, measured):
    began = time.monotonic()
    stranger = Bridge(hello_for(nodes, "stranger"), {**nodes.environment, **changes}, noise)
    with pytest.raises(Refused) as caught:
        stranger.welcome()
    measured("wrong token refused", time.monotonic() - began)
    assert caught.value.reason == "token_refused" and "RAY_AUTH_TOKEN" in caught.value.remedy
    assert stranger.process.wait(timeout=WAIT_S) == 1
