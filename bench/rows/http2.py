"""The no-op POST over HTTP/2 without TLS, 8 connections of 8 requests each, and over HTTP/1.1 with 64 connections by the same client, h2load.
nginx speaks HTTP/2 to the client and HTTP/1.1 to the nginx behind it, Manta HTTP/2 to its replica."""
from loads import h2load
from measure import compare, field, interleave
from rows.noop import QUESTION

TITLE = "no-op POST over HTTP/2, 8 connections of 8 requests"
PEER = "nginx"


def run(session):
    manta, upstream, nginx = session.manta(), session.nginx(), session.nginx_proxy()

    def both():
        return nginx.pids() | upstream.pids()
    ours = f"http://127.0.0.1:{manta.port}/noop"
    found = interleave(session, {
        "h2": lambda seconds: h2load(ours, manta.pids, seconds, 8, 8, QUESTION),
        "h2 nginx": lambda seconds: h2load(f"http://127.0.0.1:{nginx.h2_port}/", both, seconds, 8, 8, QUESTION),
        "h1": lambda seconds: h2load(ours, manta.pids, seconds, 64, 1, QUESTION, http1=True),
        "h1 nginx": lambda seconds: h2load(f"http://127.0.0.1:{nginx.port}/", both, seconds, 64, 1, QUESTION, http1=True),
    })
    lines = []
    for side, what in (("h2", TITLE), ("h1", "the same over HTTP/1.1, 64 connections")):
        lines += [compare("http2", f"{what}: CPU", "us", field(found, side, "cpu_us"), field(found, f"{side} nginx", "cpu_us"), "nginx -> nginx"),
                  compare("http2", f"{what}: rate", "/s", field(found, side, "rate"), field(found, f"{side} nginx", "rate"), "nginx -> nginx")]
    return lines
