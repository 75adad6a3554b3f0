"""Bodies of 100 B, 10 KB, 1 MB and 16 MB, sent through proxy and replica to a method that takes them as they are and answers with their
length; nginx passes the same bytes on, without keeping them, to a bare server that reads them. 64 connections, 16 for 1 MB, 4 for 16 MB."""
from loads import wrk
from measure import compare, field, interleave
from servers import Nginx, Server, free_port

TITLE = "a body on its way in, by size"
PEER, PEER_NAME = "nginx", "nginx -> bare server"
SIZES = {"100 B": (100, 64, 0), "10 KB": (10_000, 64, 0), "1 MB": (1_000_000, 16, 3), "16 MB": (16_000_000, 4, 5)}   # bytes, connections, least seconds


def run(session):
    port = free_port()
    with Server([session.program("load", "mock_engine"), port, 1, 0], "bare") as bare:
        bare.port = port
        with Nginx(upstream=bare) as nginx:
            return lines_of(session, nginx, lambda: nginx.pids() | bare.pids())


def lines_of(session, nginx, both):
    manta, lines = session.manta(), []
    for size, (count, connections, least) in SIZES.items():
        def side(url, pids, body="x" * count, c=connections, least=least):
            return lambda seconds: wrk(url, pids, max(seconds, least), c, body)
        found = interleave(session, {f"manta, {size}": side(f"http://127.0.0.1:{manta.port}/sink/take", manta.pids),
                                     f"nginx, {size}": side(f"http://127.0.0.1:{nginx.port}/", both)})
        ours, theirs = found
        lines += [compare("bodies", f"a body of {size}, {connections} connections: CPU", "us", field(found, ours, "cpu_us"),
                          field(found, theirs, "cpu_us"), PEER_NAME).drawn("bodies-cpu", size),
                  compare("bodies", "the same: rate", "/s", field(found, ours, "rate"), field(found, theirs, "rate"), PEER_NAME)]
    return lines
