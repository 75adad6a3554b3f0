"""A POST of 200 bytes of JSON through proxy and replica: two processes, routing, deadlines and metrics on."""
import json

from loads import wrk
from measure import compare, field, interleave

TITLE = "no-op POST, 200 B JSON, 64 connections"
PEER = "ray"
QUESTION = json.dumps({"id": "req-000001", "text": "The quick brown fox jumps over the lazy dog and the model answers. " * 2,
                       "params": {"top_k": 5, "t": 0.7}}, separators=(",", ":"))


def run(session):
    manta, upstream, nginx, ray = session.manta(), session.nginx(), session.nginx_proxy(), session.ray()

    def both():
        return nginx.pids() | upstream.pids()
    sides = {
        "manta": lambda seconds: wrk(f"http://127.0.0.1:{manta.port}/noop", manta.pids, seconds, 64, QUESTION),
        "nginx": lambda seconds: wrk(f"http://127.0.0.1:{nginx.port}/", both, seconds, 64, QUESTION),
    }
    if ray:
        sides["ray"] = lambda seconds: wrk(f"http://127.0.0.1:{ray.port}/noop", ray.pids, seconds, 64, QUESTION)
    found = interleave(session, sides)
    ours = field(found, "manta", "cpu_us")
    return [compare("noop", f"{TITLE}: CPU", "us", ours, field(found, "nginx", "cpu_us"), "nginx -> nginx", 0.8).drawn("noop-cpu"),
            session.beside_ray("noop", "the same: CPU", "us", ours, field(found, "ray", "cpu_us"), 1 / 20, bar_text="<= 1/20").drawn("noop-cpu"),
            session.beside_ray("noop", "the same: rate", "/s", field(found, "manta", "rate"), field(found, "ray", "rate")).drawn("noop-rate")]
