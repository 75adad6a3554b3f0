"""The no-op POST of row `noop` over 1, 64 and 1,024 connections. A lone connection pays every wake-up by itself; many share them."""
from loads import wrk
from measure import compare, field, interleave
from rows.noop import QUESTION

TITLE = "no-op POST by number of connections"
PEER = "nginx"
COUNTS = (1, 64, 1024)


def run(session):
    manta, upstream, nginx = session.manta(), session.nginx(), session.nginx_proxy()

    def both():
        return nginx.pids() | upstream.pids()
    lines = []
    for count in COUNTS:
        found = interleave(session, {
            f"manta, {count}": lambda seconds, c=count: wrk(f"http://127.0.0.1:{manta.port}/noop", manta.pids, seconds, c, QUESTION),
            f"nginx, {count}": lambda seconds, c=count: wrk(f"http://127.0.0.1:{nginx.port}/", both, seconds, c, QUESTION),
        })
        ours, theirs = found
        named = f"{count:,} connection{'s' if count > 1 else ''}"
        lines += [compare("connections", f"no-op POST, {named}: CPU", "us", field(found, ours, "cpu_us"), field(found, theirs, "cpu_us"),
                          "nginx -> nginx").drawn("connections-cpu", named)]
        lines += [compare("connections", f"the same: {what}", unit, field(found, ours, name), field(found, theirs, name), "nginx -> nginx")
                  for what, unit, name in (("p50", "us", "p50_us"), ("p99", "us", "p99_us"))]
    return lines
