"""Roles: processes of a node that run for good. Deaths of everything below and above them."""

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest
from bridge_client import Refused
from conftest import clear
from ray_nodes import HEAD, alive, kill, processes
from test_cluster_3_losses import FAMILY, SLEEP, Deaths, family_of, node_of, parent_of, until

SERVER = ["/usr/bin/python3", str(Path(__file__).with_name("role_server.py")), "{listen_fd}"]
THIRD = "10.77.0.3"

pytestmark = pytest.mark.usefixtures("tidy")


def ask(port, host=THIRD):
    """(pid, greeting) of whoever serves there."""
    with socket.create_connection((host, port), timeout=20) as connection:
        connection.settimeout(20)
        pid, _, greeting = connection.recv(100).decode().partition(" ")
    return int(pid), greeting


@pytest.fixture
def proxy(bridge):
    """What a role on the third node is started with."""
    return {
        "name": "proxy",
        "node_id": node_of(bridge, THIRD),
        "argv": SERVER,
        "listen_address": "0.0.0.0:8000",
        "environment": {"GREETING": "hello"},
    }


def listed(bridge, name="proxy"):
    return next((role for role in bridge.do("list_roles") if role["name"] == name), None)


def test_a_role_starts_listens_and_ends(bridge, proxy, measured):
    began = time.monotonic()
    started = bridge.do("start_role", **proxy)
    measured("role started, cold", time.monotonic() - began)
    assert (started["state"], started["node_id"], started["address"]) == (
        "running",
        proxy["node_id"],
        f"tcp:{THIRD}:8000",
    )
    assert ask(8000) == (started["pid"], "hello") and bridge.do("list_roles") == [started]
    assert all(node["available"]["num_cpus"] == 4 for node in bridge.do("nodes")), "it takes no resources"
    began = time.monotonic()
    bridge.do("stop_role", name="proxy", grace_s=5)
    ended = bridge.event("role_ended", name="proxy", final=True)
    measured("role stopped", bridge.when("role_ended", name="proxy", final=True) - began)
    assert (ended["pid"], ended["signal"], ended["node_id"]) == (started["pid"], 15, proxy["node_id"])
    assert bridge.do("list_roles") == [] and not alive(started["pid"])
    with pytest.raises(ConnectionRefusedError):
        ask(8000)
    assert bridge.do("stop_role", name="proxy") is None


FINISHES = """
import signal, socket, sys, time
listening = socket.socket(fileno=int(sys.argv[1]))
signal.signal(signal.SIGTERM, lambda *_: listening.close())
listening.accept()[0].send(b"up")
time.sleep(100)  # open requests
"""


def test_while_a_stopped_role_finishes_what_is_open_new_connections_are_refused(bridge, proxy):
    started = bridge.do("start_role", **{**proxy, "argv": ["/usr/bin/python3", "-c", FINISHES, "{listen_fd}"]})
    with socket.create_connection((THIRD, 8000), timeout=30) as connection:
        assert connection.recv(2) == b"up"
    bridge.do("stop_role", name="proxy", grace_s=4)

    def is_refused():
        try:
            socket.create_connection((THIRD, 8000), timeout=5).close()
            return False
        except ConnectionRefusedError:
            return True

    until(is_refused)
    assert alive(started["pid"]) and listed(bridge)["state"] == "stopping"
    assert bridge.event("role_ended", pid=started["pid"])["signal"] == 9


def test_the_same_role_once_more_changes_nothing_and_another_replaces_it_under_the_same_socket(bridge, proxy):
    first = bridge.do("start_role", **proxy)
    assert bridge.do("start_role", **proxy) == first
    second = bridge.do("start_role", **{**proxy, "environment": {"GREETING": "good day"}})
    assert ask(8000) == (second["pid"], "good day") and not alive(first["pid"])
    assert bridge.event("role_ended", pid=first["pid"])["final"] is False
    assert bridge.do("list_roles") == [second]


def test_a_role_moves_to_another_node(bridge, proxy):
    first = bridge.do("start_role", **proxy)
    moved = bridge.do("start_role", **{**proxy, "node_id": node_of(bridge, HEAD)})
    assert moved["address"] == f"tcp:{HEAD}:8000" and not alive(first["pid"])
    assert bridge.do("list_roles") == [moved] and ask(8000, HEAD)[0] == moved["pid"]


def test_a_killed_role_is_back_and_its_socket_was_never_closed(bridge, proxy, measured):
    started = bridge.do("start_role", **proxy)
    assert ask(8000)[0] == started["pid"]
    began = time.monotonic()
    kill(started["pid"])
    until(lambda: not alive(started["pid"]))
    answered = ask(8000)[0]  # connecting succeeds while nobody runs; it waits
    measured("role killed, the next process answers", time.monotonic() - began)
    assert answered != started["pid"]
    ended = bridge.event("role_ended", pid=started["pid"])
    assert (ended["signal"], ended["final"], ended["last_output"]) == (9, False, "serving")
    until(lambda: (listed(bridge)["state"], listed(bridge)["pid"]) == ("running", answered))


def test_a_role_that_ends_at_once_is_executed_less_and_less_often(bridge, proxy):
    backoff = {"first_s": 0.1, "most_s": 0.2}
    bridge.do("start_role", **{**proxy, "argv": ["/bin/sh", "-c", "echo no; exit 3"], "backoff": backoff})
    until(lambda: len([1 for _, name, data in bridge.events if name == "role_ended" and data["exit_code"] == 3]) > 3)
    until(lambda: (listed(bridge)["state"], listed(bridge)["reason"]) == ("restarting", "it ended with exit code 3"))


def test_a_killed_supervisor_takes_its_process_along_and_ray_restarts_it(bridge, proxy, measured):
    started = bridge.do("start_role", **{**proxy, "argv": ["/bin/sh", "-c", 'sleep 1000 & exec "$@"', "-", *SERVER]})
    deaths, began = Deaths(family_of(started["pid"])), time.monotonic()
    kill(parent_of(started["pid"]))
    measured("role's supervisor killed, its process dead", deaths.when() - began)
    until(lambda: not refused(8000))
    answered, _ = ask(8000)
    measured("role's supervisor killed, the next process answers", time.monotonic() - began)
    assert answered != started["pid"]
    assert bridge.event("role_ended", pid=started["pid"])["reason"] == "its supervisor was lost"
    until(lambda: listed(bridge)["pid"] == answered)


def refused(port):
    try:
        ask(port)
    except OSError:
        return True
    return False


def test_the_next_process_waits_for_what_an_earlier_supervisor_has_left(bridge, proxy):
    """It has left its group, and so escapes the guard: all the same no second one runs beside it."""
    script = 'setsid sleep 1000 & echo $! > "$0"; exec "$@"'
    left = Path("/tmp/ray/left")
    leaving = {"argv": ["/bin/sh", "-c", script, str(left), *SLEEP], "listen_address": ""}
    started = bridge.do("start_role", **{**proxy, **leaving})
    until(lambda: left.exists() and left.read_text().strip())
    survivor = int(left.read_text())
    kill(parent_of(started["pid"]))
    until(lambda: not alive(started["pid"]))
    time.sleep(1.5)
    assert alive(survivor) and listed(bridge)["pid"] in (0, started["pid"])
    kill(survivor)
    until(lambda: listed(bridge)["pid"] not in (0, started["pid"]))
    until(lambda: int(left.read_text() or survivor) != survivor)
    clear(bridge)
    until(lambda: not alive(int(left.read_text())))  # Ray ends what a worker leaves behind, if it can


def test_a_taken_port_is_told_with_port_and_node(bridge, nodes, proxy):
    script = "import socket, time; s = socket.create_server(('0.0.0.0', 8000)); print('up', flush=True); time.sleep(99)"
    other = subprocess.Popen(
        [*nodes.machines[2].prefix, "/usr/bin/python3", "-c", script], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "up\n"
    try:
        with pytest.raises(Refused, match=f"port 8000 of node {THIRD} is taken") as caught:
            bridge.do("start_role", **proxy)
        assert (caught.value.code, caught.value.reason) == ("Unavailable", "port_taken") and caught.value.remedy
        assert bridge.do("list_roles") == []
    finally:
        other.kill()
        other.wait()
    assert bridge.do("start_role", **proxy)["state"] == "running"


@pytest.mark.parametrize(
    "wrong, reason",
    [
        ({"argv": []}, "bad_role"),
        ({"argv": ["/no/such/program"]}, "not_started"),
        ({"listen_address": "nowhere:80"}, "bad_role"),
        ({"listen_address": "10.77.0.9:8000"}, "cannot_listen"),
        ({"node_id": "ab" * 28}, "node_gone"),
        ({"node_id": "nowhere"}, "bad_role"),
        ({"backoff": {"first_s": 3, "most_s": 1}}, "bad_role"),
    ],
)
def test_what_cannot_be_a_role_is_refused_and_leaves_none(bridge, proxy, wrong, reason):
    with pytest.raises(Refused) as caught:
        bridge.do("start_role", **{**proxy, **wrong})
    assert caught.value.reason == reason and bridge.do("list_roles") == []


def test_roles_outlive_bridge_registry_and_controller(open_bridge, proxy, measured):
    first = open_bridge("roles' restart", epoch=3)
    started = first.do("start_role", **proxy)
    crashes = first.do("start_role", **{**proxy, "name": "crashes", "listen_address": "", "argv": FAMILY})
    first.kill()
    kill(crashes["pid"])
    for pid in [pid for pid, command in processes().items() if command.startswith("ray::Registry")]:
        kill(pid)
    began = time.monotonic()
    answered = ask(8000)
    measured("bridge and registry killed, a role answers", time.monotonic() - began)
    assert answered[0] == started["pid"]
    second = open_bridge("roles' restart", epoch=4)
    assert listed(second) == started and second.do("start_role", **proxy) == started
    until(lambda: listed(second, "crashes")["pid"] not in (0, crashes["pid"]))
    with pytest.raises(Refused) as caught:
        open_bridge("roles' restart", epoch=3)
    assert caught.value.reason == "epoch_is_past"
    clear(second)


def test_an_older_controller_changes_no_roles(open_bridge, proxy):
    old = open_bridge("roles' epochs", epoch=7)
    started = old.do("start_role", **proxy)
    new = open_bridge("roles' epochs", epoch=8)
    old.event("superseded")
    for operation in (("start_role", {**proxy, "argv": SLEEP}), ("stop_role", {"name": "proxy"})):
        with pytest.raises(Refused) as caught:
            old.do(operation[0], **operation[1])
        assert caught.value.reason == "epoch_is_past"
    assert new.do("list_roles") == [started]
    clear(new)


def test_a_role_is_listed_until_it_has_ended_and_may_be_given_less_grace(bridge, proxy):
    deaf = ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"]
    started = bridge.do("start_role", **{**proxy, "argv": deaf})
    bridge.do("stop_role", name="proxy", grace_s=60)
    assert (listed(bridge)["state"], listed(bridge)["pid"]) == ("stopping", started["pid"])
    bridge.do("stop_role", name="proxy", grace_s=0.1)
    assert bridge.event("role_ended", name="proxy", pid=started["pid"], final=True)["signal"] == 9
    assert bridge.do("list_roles") == []


def test_a_stop_that_no_bridge_awaits_is_completed_by_the_next(open_bridge, proxy):
    deaf = ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"]
    first = open_bridge("roles' stops")
    started = first.do("start_role", **{**proxy, "argv": deaf})
    first.do("stop_role", name="proxy", grace_s=1)
    first.kill()
    second = open_bridge("roles' stops")
    assert second.event("role_ended", name="proxy", final=True)["pid"] == started["pid"]
    assert second.do("list_roles") == [] and not alive(started["pid"])
    again = second.do("start_role", **proxy)
    assert ask(8000)[0] == again["pid"]
    clear(second)


def test_output_goes_to_files_where_they_are_asked_for(bridge, proxy, tmp_path):
    shout = ["/bin/sh", "-c", "echo words; exec sleep 1000"]
    logs = {"argv": shout, "log_dir": str(tmp_path)}
    bridge.do("start_role", **{**proxy, **logs})
    bridge.do("start", id="a#b#1", **logs)
    bridge.do("start", id="a#b#2", shared=True, **logs)
    for log in (tmp_path / f"{name}.log" for name in ("proxy", "a#b#1", "a#b#2")):
        until(lambda log=log: log.exists() and log.read_text() == "words\n")  # made when the first output comes


def test_the_token_of_the_instance_is_in_no_command_line_and_no_log(bridge, proxy):
    secret = {"environment": {"MANTA_CLUSTER_TOKEN": "instance-token-0123456789"}}
    role = bridge.do("start_role", **{**proxy, **secret})
    replica = bridge.do("start", id="secret", argv=SLEEP, **secret)
    for pid in (role["pid"], replica["pid"]):
        assert b"MANTA_CLUSTER_TOKEN=instance-token-0123456789" in open(f"/proc/{pid}/environ", "rb").read()
    with pytest.raises(Refused) as caught:
        bridge.do("start", id="fails", argv=["/no/such/program"], **secret)
    assert "instance-token" not in f"{caught.value} {caught.value.remedy}"
    kill(parent_of(replica["pid"]))
    bridge.event("replica_ended", id="secret")
    assert "instance-token" not in str(bridge.events) + str(bridge.do("list")) + str(bridge.do("list_roles"))
    assert not [command for command in processes().values() if "instance-token" in command]
    logs = [Path(folder) / name for folder, _, names in os.walk("/tmp/ray") for name in names if "/logs" in folder]
    assert logs and not [path for path in logs if path.is_file() and b"instance-token" in path.read_bytes()]
