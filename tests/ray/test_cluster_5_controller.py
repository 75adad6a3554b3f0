"""The controller's own process: started without a bridge, executed again in place, ended for good by its exit code."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest
from ray_nodes import HEAD, alive, kill
from test_cluster_3_losses import SLEEP, Deaths, family_of, parent_of, until


class Command:
    """python -m manta_ray controller, in a namespace of one test."""

    def __init__(self, nodes, namespace):
        self.environment = nodes.environment
        self.asked = {"address": nodes.address, "namespace": namespace, "node_ip": HEAD}

    def run(self, what, **arguments):
        done = subprocess.run(
            [sys.executable, "-m", "manta_ray", "controller", what],
            input=json.dumps({**self.asked, **arguments}),
            capture_output=True,
            text=True,
            env=self.environment,
        )
        (line,) = done.stdout.splitlines()  # one document, whatever Ray prints
        message = json.loads(line)
        assert done.returncode == (1 if "error" in message else 0), done.stderr
        return message

    def ok(self, what, **arguments):
        message = self.run(what, **arguments)
        assert "ok" in message, message
        return message["ok"]


@pytest.fixture
def controller(nodes, request):
    command = Command(nodes, f"controller {request.node.name}"[:60])
    yield command
    command.run("stop", grace_s=0)


def shell(script):
    return ["/bin/sh", "-c", script]


def test_a_controller_starts_is_attached_to_and_ends(controller, measured):
    assert controller.ok("status")["state"] == "absent"
    began = time.monotonic()
    started = controller.ok("start", argv=SLEEP, environment={"MANTA_CLUSTER_TOKEN": "secret"})
    measured("controller started by the command", time.monotonic() - began)
    assert (started["state"], started["attached"], started["argv"]) == ("running", False, SLEEP)
    environment = open(f"/proc/{started['pid']}/environ").read()
    assert "MANTA_CLUSTER_TOKEN=secret" in environment and "RAY_AUTH_TOKEN=" in environment, "its bridge joins"
    again = controller.ok("start", argv=["/bin/true"])
    assert again == {**started, "attached": True}
    assert controller.ok("status") == started
    stopped = controller.ok("stop", grace_s=5)
    assert (stopped["state"], stopped["signal"], stopped["pid"]) == ("ended", 15, 0) and not alive(started["pid"])
    assert controller.ok("status") == stopped == controller.ok("stop")


def test_a_killed_controller_is_executed_again_in_place(controller, measured):
    started = controller.ok("start", argv=shell("sleep 1000 & wait"))
    deaths, supervisor, began = Deaths(family_of(started["pid"])), parent_of(started["pid"]), time.monotonic()
    kill(started["pid"])
    until(lambda: children_of(supervisor) - {started["pid"]} and not alive(started["pid"]))
    measured("controller killed, executed again", time.monotonic() - began)
    assert deaths.when()
    found = controller.ok("status")
    assert (found["state"], found["restarts"], found["signal"]) == ("running", 1, 9)
    assert parent_of(found["pid"]) == supervisor


def children_of(pid):
    text = "".join(text_of(f"/proc/{pid}/task/{task}/children") for task in tasks_of(pid))
    return {int(child) for child in text.split() if "sleep 1000" in text_of(f"/proc/{child}/cmdline")}


def text_of(path):
    """Threads and processes may end while they are looked at."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def tasks_of(pid):
    return os.listdir(f"/proc/{pid}/task")


@pytest.mark.parametrize("code", [0, 3])
def test_an_exit_code_that_is_final_ends_it(controller, code):
    controller.ok("start", argv=shell(f"echo the last words; exit {code}"))
    until(lambda: controller.ok("status")["state"] == "ended")
    ended = controller.ok("status")
    assert (ended["exit_code"], ended["last_output"], ended["pid"]) == (code, "the last words", 0)
    assert controller.ok("start", argv=SLEEP)["attached"] is False


def test_another_exit_code_does_not(controller):
    controller.ok("start", argv=shell("echo once more; exit 7"), backoff={"first_s": 0.05, "most_s": 0.1})
    until(lambda: controller.ok("status")["restarts"] > 2)
    found = controller.ok("status")
    assert found["state"] in ("running", "restarting") and found["exit_code"] == 7


def test_a_killed_supervisor_of_the_controller_is_restarted_and_no_two_processes_run(controller, measured):
    started = controller.ok("start", argv=shell("sleep 1000 & wait"))
    deaths, began = Deaths(family_of(started["pid"])), time.monotonic()
    kill(parent_of(started["pid"]))
    measured("controller's supervisor killed, the controller dead", deaths.when() - began)
    until(lambda: controller.ok("status")["pid"] not in (0, started["pid"]))
    measured("controller's supervisor killed, told with its next process", time.monotonic() - began)


def test_a_stop_holds_although_the_supervisor_is_killed_meanwhile(controller, tmp_path):
    asked = tmp_path / "asked"
    deaf = f"trap 'touch {asked}' TERM; echo up; while :; do sleep 0.05; done"
    started = controller.ok("start", argv=shell(deaf))
    stopping = threading.Thread(target=lambda: controller.run("stop", grace_s=30))
    supervisor = parent_of(started["pid"])
    stopping.start()
    until(asked.exists)
    kill(supervisor)
    stopping.join()
    assert controller.ok("status")["state"] == "ended" and not alive(started["pid"])


def test_a_controller_that_cannot_be_executed_is_told(controller):
    error = controller.run("start", argv=["/no/such/program"], environment={"MANTA_CLUSTER_TOKEN": "secret"})["error"]
    assert error["reason"] == "not_started" and "cannot execute /no/such/program" in error["message"]
    assert error["remedy"] and "secret" not in str(error)


@pytest.mark.parametrize(
    "wrong, reason",
    [
        ({"address": "nowhere"}, "bad_address"),
        ({"address": f"{HEAD}:1"}, "cluster_unreachable"),
        ({"protocol": 99}, "protocol_differs"),
        ({"colour": "red"}, "bad_message"),
    ],
)
def test_the_errors_of_connecting_are_those_of_the_hello(controller, wrong, reason):
    assert controller.run("status", **wrong)["error"]["reason"] == reason


def test_a_wrong_token_is_refused_to_the_command(controller):
    controller.environment = {**controller.environment, "RAY_AUTH_TOKEN": "another-token-0123456789abcdefghij"}
    assert controller.run("status")["error"]["reason"] == "token_refused"
    controller.environment = {**controller.environment, "RAY_AUTH_TOKEN": "token-of-the-tests-0123456789abcdef"}
