"""The no-op POST where the proxy knows 10,000 routes of 1,000 applications, and where its deployment has 1,000 replicas, each a process of
its own, beside one route and one replica. CPU of the proxy alone. Over one connection for the replicas: with 64 open, requests to one replica
share writes, which those to different processes cannot, whatever the routing; that is shown too. To ask another process each time costs
whoever does it more, by what the processor's caches do not hold of 1,000 processes and sockets: what a bare client that waits by epoll pays
for it, with no memory of its own for each of them, is allowed to the proxy as well."""
import re
import subprocess

from loads import wrk
from measure import compare, field, interleave, stated
from rows.noop import QUESTION
from servers import Manta

TITLE = "no-op POST with 10,000 routes, with 1,000 replicas: CPU of the proxy"
PEER = None
BAR = 1.1   # "does not slow a request", within what two measurements differ by
BYTES = 300   # of a request between proxy and replica


def sizes(session):
    """(applications, replicas)"""
    return (50, 20) if session.quick else (1000, 1000)


def many_applications(session):
    """The no-op application, one of two replicas that is scaled, and, as nobody asks them without a process, those with ten routes each.
    Shared with row `control`."""
    count, _ = sizes(session)
    applications = [session.application("noop"), session.application("noop", "scaled", num_replicas=2),
                    *(session.application("wide", f"wide{i}") for i in range(count))]
    return session.started("many applications", lambda: Manta(session.build, applications, ready_s=600))


def bare_client(session, processes):
    """CPU of a client of so many echoing processes, us per round trip."""
    program = session.program("load", "socket_crowd")

    def measure(seconds):
        output = subprocess.run([program, str(processes), str(BYTES), str(seconds)], capture_output=True, text=True, check=True).stdout
        return float(re.search(r"cpu_us=([\d.]+)", output)[1])
    return measure


def run(session):
    count, replicas = sizes(session)
    manta, routes = session.manta(), many_applications(session)

    def side(server, connections=64):
        def proxy():
            return {pid for pid in server.pids() if server.role(pid) == "proxy"}
        return lambda seconds: wrk(f"http://127.0.0.1:{server.port}/noop", proxy, seconds, connections, QUESTION)
    with Manta(session.build, [session.application("noop", num_replicas=replicas)], ready_s=600) as crowd:
        found = interleave(session, {"one": side(manta), "routes": side(routes), "replicas": side(crowd),
                                     "one, lone": side(manta, 1), "replicas, lone": side(crowd, 1),
                                     "bare, one": bare_client(session, 1), "bare, many": bare_client(session, replicas)})
    one, lone = field(found, "one", "cpu_us"), field(found, "one, lone", "cpu_us")
    bare = [many - single for single, many in zip(found["bare, one"], found["bare, many"])]
    return [compare("wide", f"no-op POST, {count * 10:,} routes, 64 connections: CPU of the proxy", "us", field(found, "routes", "cpu_us"), one,
                    "one application", BAR),
            compare("wide", f"no-op POST, {replicas:,} replicas, 1 connection: CPU of the proxy", "us", field(found, "replicas, lone", "cpu_us"),
                    [ours + extra for ours, extra in zip(lone, bare)], "one replica, and what a bare client pays for the processes", BAR),
            compare("wide", "the same, with one replica alone", "us", field(found, "replicas, lone", "cpu_us"), lone, "one replica"),
            stated("wide", f"a bare client of {replicas:,} processes beside one: CPU that it pays more", "us", bare),
            compare("wide", f"no-op POST, {replicas:,} replicas, 64 connections: CPU of the proxy", "us", field(found, "replicas", "cpu_us"), one,
                    "one replica, whose requests share writes")]
