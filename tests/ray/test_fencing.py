"""What keeps a role's process single, and a lost node's from living on. Real processes, without Ray."""

import socket
import subprocess
import sys
import threading
import time

from manta_ray.fencing import answers, hold_role, silence_before_loss

HOLDER = """
import subprocess, sys
from manta_ray.fencing import hold_role
held = hold_role("cluster", "role")
child = subprocess.Popen(["/bin/sleep", "1000"], pass_fds=[held.fileno()])
print(child.pid, flush=True)
sys.stdin.read()
"""
CUT_OFF = """
import sys, time
from manta_ray.fencing import end_when_cut_off
end_when_cut_off(sys.argv[1], sys.argv[2], lambda: 0.4)
time.sleep(1.5)
print("lives")
"""


def test_a_role_is_held_by_each_process_that_inherits_it():
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child = int(holder.stdout.readline())
    got = threading.Event()
    next_one = []
    thread = threading.Thread(target=lambda: (next_one.append(hold_role("cluster", "role")), got.set()))
    thread.start()
    hold_role("cluster", "another role").close()
    holder.kill()
    holder.wait()
    assert not got.wait(0.2), "its process lives"
    subprocess.run(["kill", "-KILL", str(child)], check=True)
    assert got.wait(10)
    thread.join()
    next_one[0].close()


def test_a_machine_that_refuses_is_there():
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    assert answers("127.0.0.1", port, 1)
    server.close()
    assert answers("127.0.0.1", port, 1)


def test_a_machine_that_is_silent_is_not_there():
    began = time.monotonic()
    assert not answers("240.0.0.1", 1, 0.2)
    assert time.monotonic() - began < 5


def lives(head, node_ip):
    done = subprocess.run([sys.executable, "-c", CUT_OFF, head, node_ip], capture_output=True, text=True)
    return done.stdout == "lives\n"


def test_who_hears_nothing_of_the_head_ends():
    assert not lives("240.0.0.1:6379", "10.0.0.2")
    assert lives("240.0.0.1:6379", "240.0.0.1"), "on the head itself there is nothing to hear"
    assert lives("127.0.0.1:1", "10.0.0.2"), "a head whose store is down gives up nobody"


def test_the_silence_is_shorter_than_what_the_head_waits_at_the_least():
    assert silence_before_loss(5, 10.0) == 50.0
