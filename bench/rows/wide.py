"""The no-op POST where the proxy knows 10,000 routes of 1,000 applications, and where its deployment has 1,000 replicas, each a process of
its own, beside one route and one replica. CPU of the proxy alone. Over one connection for the replicas: with 64 open, requests to one replica
share writes, which those to different processes cannot, whatever the routing; that is shown too."""
from loads import wrk
from measure import compare, field, interleave
from rows.noop import QUESTION
from servers import Manta

TITLE = "no-op POST with 10,000 routes, with 1,000 replicas: CPU of the proxy"
PEER = None
BAR = 1.1   # "does not slow a request", within what two measurements differ by


def sizes(session):
    """(applications, replicas)"""
    return (50, 20) if session.quick else (1000, 1000)


def many_applications(session):
    """Each with ten routes and, as nobody asks them, no process; and the no-op application. Shared with row `control`."""
    count, _ = sizes(session)
    applications = [session.application("noop", num_replicas=2), *(session.application("wide", f"wide{i}") for i in range(count))]
    return session.started("many applications", lambda: Manta(session.build, applications, ready_s=600))


def run(session):
    count, replicas = sizes(session)
    manta, routes = session.manta(), many_applications(session)

    def side(server, connections=64):
        def proxy():
            return {pid for pid in server.pids() if server.role(pid) == "proxy"}
        return lambda seconds: wrk(f"http://127.0.0.1:{server.port}/noop", proxy, seconds, connections, QUESTION)
    with Manta(session.build, [session.application("noop", num_replicas=replicas)], ready_s=600) as crowd:
        found = interleave(session, {"one": side(manta), "routes": side(routes), "replicas": side(crowd),
                                     "one, lone": side(manta, 1), "replicas, lone": side(crowd, 1)})
    one = field(found, "one", "cpu_us")
    return [compare("wide", f"no-op POST, {count * 10:,} routes, 64 connections: CPU of the proxy", "us", field(found, "routes", "cpu_us"), one,
                    "one application", BAR),
            compare("wide", f"no-op POST, {replicas:,} replicas, 1 connection: CPU of the proxy", "us", field(found, "replicas, lone", "cpu_us"),
                    field(found, "one, lone", "cpu_us"), "one replica", BAR),
            compare("wide", "the same, 64 connections", "us", field(found, "replicas", "cpu_us"), one, "one replica, whose requests share writes")]
