"""The no-op POST of row `noop` at a proxy with one thread and at one with two: what a request costs the proxy must stay the same, and on a
machine with cores to spare for both threads, the replicas and the load, its rate grows. With two cores in all it cannot: there the rate says
nothing."""
from loads import wrk
from measure import compare, field, interleave
from rows.noop import QUESTION
from servers import Manta

TITLE = "no-op POST, a proxy with two threads"
PEER = None
BAR = 1.1   # within what two measurements differ by
REPLICAS = 4


def run(session):
    def server(threads):
        application = session.application("noop", num_replicas=REPLICAS)
        return session.started(f"manta, {threads} threads", lambda: Manta(session.build, [application], http_options={"threads": threads}))

    def side(server):
        def proxy():
            return {pid for pid in server.pids() if server.role(pid) == "proxy"}
        return lambda seconds: wrk(f"http://127.0.0.1:{server.port}/noop", proxy, seconds, 64, QUESTION)
    found = interleave(session, {threads: side(server(threads)) for threads in (1, 2)})
    return [compare("threads", f"{TITLE}: CPU of the proxy", "us", field(found, 2, "cpu_us"), field(found, 1, "cpu_us"), "one thread", BAR),
            compare("threads", "the same: rate", "/s", field(found, 2, "rate"), field(found, 1, "rate"), "one thread")]
