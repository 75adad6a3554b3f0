"""From the exec of `manta run` to the first 200 of a no-op application, and the memory at rest of all its processes. Asks as a client
would: connects until the port listens, sends one request, repeats it until the answer is 200."""
import json
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from measure import Spread, against_limit, number
from processes import processes_below, pss_mib
from servers import free_port

TITLE = "start of a no-op application to its first 200; memory at rest"
PEER = "ray"
BODY = json.dumps({"id": "1", "text": "x"})
REQUEST = (f"POST /noop HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {len(BODY)}\r\n\r\n{BODY}").encode()


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(REQUEST)
            return connection.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def one_start(session, settle_s):
    """(seconds to the first 200, PSS MiB after `settle_s`)"""
    folder, port, admin = tempfile.mkdtemp(prefix="manta-bench-start-"), free_port(), free_port()
    library = session.build / "bench" / "apps" / "libbench_app.so"
    command = [session.build / "bin" / "manta", "run", f"{library}:noop", "--route-prefix", "/noop", "--http-port", port, "--admin-port", admin,
               "--state-dir", f"{folder}/state"]
    begun = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    try:
        while not answers(port):
            if process.poll() is not None or time.monotonic() > begun + 60:
                raise RuntimeError("manta run did not answer")
            time.sleep(0.0005)
        took = time.monotonic() - begun
        time.sleep(settle_s)
        return took, pss_mib(processes_below(process.pid))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def run(session):
    session.stop("manta")   # would share its pages with the one that is measured
    runs = 3 if session.quick else 15
    found = []
    for turn in range(runs + 1):   # the first warms the page cache
        session.say(f"start {turn}/{runs}")
        found.append(one_start(session, 0.5))
    times, memory = ([one[i] for one in found[1:]] for i in range(2))
    ray = session.ray()
    first = f"Ray Serve {number(ray.first_200_s)} s (one start)" if ray else session.no_ray
    rest = f"Ray Serve {number(pss_mib(ray.pids()))} MiB, six applications" if ray else session.no_ray
    ratio = Spread.of([value / ray.first_200_s for value in times]) if ray else None
    lines = [against_limit("start", "exec to the first 200 of a no-op application", "s", times, 0.1, peer=first),
             against_limit("start", "PSS at rest, all its processes", "MiB", memory, 40, peer=rest)]
    lines[0].ratio = ratio
    if ray:
        beside = (Spread.of([ray.first_200_s]), Spread.of([pss_mib(ray.pids())]))
        for line, theirs in zip(lines, beside):
            line.theirs, line.peer_name = theirs, "Ray Serve"
    lines[0].drawn("start")
    lines[1].drawn("memory")
    return lines
