"""The public door alone: `GET /-/healthz` over 64 connections, beside a fixed answer of nginx."""
from loads import wrk
from measure import compare, field, interleave

TITLE = "ingress alone, GET /-/healthz, 64 connections"
PEER = "nginx"


def run(session):
    manta, nginx = session.manta(), session.nginx()
    found = interleave(session, {
        "manta": lambda seconds: wrk(f"http://127.0.0.1:{manta.port}/-/healthz", manta.pids, seconds, 64),
        "nginx": lambda seconds: wrk(f"http://127.0.0.1:{nginx.port}/", nginx.pids, seconds, 64),
    })
    return [compare("ingress", f"{TITLE}: CPU", "us", field(found, "manta", "cpu_us"), field(found, "nginx", "cpu_us"), "nginx static", 1.3),
            compare("ingress", "the same: rate", "/s", field(found, "manta", "rate"), field(found, "nginx", "rate"), "nginx static", None)]
