"""Ingress deployment -> handle -> second deployment and back, 10 KB each way: as it is deployed by default, and with both in one process
(`placement: together`), which needs one line of the configuration and no other code."""
import json

from loads import wrk
from measure import field, interleave

TITLE = "composition through a handle, 10 KB both ways, 64 connections"
PEER = "ray"
QUESTION = json.dumps({"data": "x" * 10230}, separators=(",", ":"))


def run(session):
    manta, ray = session.manta(), session.ray()

    def asks(path):
        return lambda seconds: wrk(f"http://127.0.0.1:{manta.port}{path}", manta.pids, seconds, 64, QUESTION)
    sides = {"manta": asks("/composition"), "together": asks("/composition_together")}
    if ray:
        sides["ray"] = lambda seconds: wrk(f"http://127.0.0.1:{ray.port}/composition", ray.pids, seconds, 64, QUESTION)
    found = interleave(session, sides)
    return [session.beside_ray("composition", f"{TITLE}: CPU", "us", field(found, "manta", "cpu_us"), field(found, "ray", "cpu_us"),
                               1 / 50, bar_text="<= 1/50").drawn("composition-cpu"),
            session.beside_ray("composition", "the same: rate", "/s", field(found, "manta", "rate"), field(found, "ray", "rate")),
            session.beside_ray("composition", "the same, placed together: CPU", "us", field(found, "together", "cpu_us"),
                               field(found, "ray", "cpu_us"), 1 / 50, bar_text="<= 1/50"),
            session.beside_ray("composition", "the same, placed together: rate", "/s", field(found, "together", "rate"),
                               field(found, "ray", "rate"))]
