"""Real processes, without Ray."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from manta_ray.child_process import ChildPlan, ChildProcess
from manta_ray.output_tail import LINE_BYTES, LINES, OutputTail
from ray_nodes import alive

HOLDER = """
import os, sys, threading
from manta_ray.child_process import ChildPlan, ChildProcess
plan = ChildPlan(["/bin/sh", "-c", "sleep 1000 & echo $!; wait"], dict(os.environ))
child = ChildProcess(plan, lambda data: os.write(1, data))
child.run(lambda pid: os.write(1, b"%d\\n" % pid))
"""


def run(script, environment=None, inherited=(), during=None):
    """The end of a shell's script, and what `during(child, pid)` does while it runs."""
    child = ChildProcess(
        ChildPlan(["/bin/sh", "-c", script], environment or dict(os.environ), list(inherited)), lambda _: None
    )
    worker = []

    def started(pid):
        if during:
            worker.append(threading.Thread(target=during, args=(child, pid)))
            worker[0].start()

    end = child.run(started)
    for thread in worker:
        thread.join()
    return end


def until(condition):
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.005)


def test_the_exit_code_and_the_last_output_are_kept():
    end = run("echo one; echo two >&2; exit 7")
    assert (end.exit_code, end.signal, end.last_output, end.reason) == (7, 0, "one\ntwo", "")


def test_a_signal_is_no_exit_code():
    end = run("kill -SEGV $$")
    assert (end.exit_code, end.signal) == (-1, signal.SIGSEGV)


def test_what_cannot_be_executed_says_why():
    end = ChildProcess(ChildPlan(["/no/such/program"], {}), lambda _: None).run(lambda _: None)
    assert (end.pid, end.reason) == (0, "cannot execute /no/such/program: No such file or directory")


def test_only_the_given_environment_and_descriptors_reach_it():
    read, write = os.pipe()
    other = os.open("/dev/null", os.O_RDONLY)
    end = run("env; ls /proc/self/fd", {"A": "1", "PATH": os.environ["PATH"]}, [write])
    for descriptor in (read, write, other):
        os.close(descriptor)
    lines = end.last_output.split("\n")
    assert "A=1" in lines and not any(line.startswith("PYTHONPATH") for line in lines)
    assert str(write) in lines and str(other) not in lines and str(read) not in lines


def test_stop_lets_it_end_by_itself():
    end = run(
        "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.01; done",
        during=lambda child, _: (time.sleep(0.2), child.stop(10)),
    )
    assert (end.exit_code, end.last_output.split("\n")[-1]) == (3, "bye")


def test_stop_kills_what_does_not_listen_and_all_it_has_started():
    found = []

    def during(child, pid):
        until(
            lambda: (
                os.path.exists(f"/proc/{pid}/task/{pid}/children")
                and open(f"/proc/{pid}/task/{pid}/children").read().strip()
            )
        )
        found.extend(int(text) for text in open(f"/proc/{pid}/task/{pid}/children").read().split())
        child.stop(0.1)

    end = run("trap '' TERM; sleep 1000 & while :; do wait; done", during=during)
    assert end.signal == signal.SIGKILL
    assert found and not any(alive(pid) for pid in found)


def test_stopped_before_it_was_started_it_never_runs():
    child = ChildProcess(ChildPlan(["/bin/true"], {}), lambda _: None)
    child.stop(1)
    assert child.run(lambda _: pytest.fail("it was started")).reason == "stopped before it was started"


def test_what_its_child_leaves_behind_goes_with_it():
    pids = []
    end = run("sleep 1000 >/dev/null 2>&1 & echo $!; exit 0")
    pids = [int(end.last_output)]
    assert end.exit_code == 0 and not alive(pids[0])


def test_a_killed_holder_takes_the_process_and_its_children_along():
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE)
    pids = [int(holder.stdout.readline()) for _ in range(2)]
    assert all(alive(pid) for pid in pids)
    holder.kill()
    holder.wait()
    until(lambda: not any(alive(pid) for pid in pids))


def test_a_listening_descriptor_is_handed_over_and_not_kept():
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def during(child, _):
        server.close()
        socket.create_connection(("127.0.0.1", port)).close()  # in the backlog of a process that does not even accept
        child.stop(0)

    run("exec sleep 1000", inherited=[server.fileno()], during=during)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_the_tail_is_bounded_in_lines_and_bytes_and_is_text():
    tail = OutputTail()
    for number in range(1000):
        tail.add(b"line %d\n" % number)
    tail.add(b"\xff\x00" + b"x" * 50_000)
    lines = tail.text().split("\n")
    assert len(lines) <= LINES + 1 and max(map(len, lines)) <= LINE_BYTES
    assert lines[-1].startswith("??xxx") and "line 999" in lines


def test_nothing_of_python_runs_around_the_fork():
    """Threads of this process may hold or take the locks that such code is about."""
    seen = []
    os.register_at_fork(before=lambda: seen.append("before"))
    assert run("echo up").last_output == "up"
    assert seen == []
