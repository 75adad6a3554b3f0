"""A chain of three deployments, each of which passes 10 KB on to the next and the answer back, beside the last of them alone: what two more
hops cost. Three times the cost of the one would be three requests."""
from loads import wrk
from measure import compare, field, interleave
from rows.composition import QUESTION

TITLE = "a chain of three deployments beside one, 10 KB both ways, 64 connections"
PEER = None


def run(session):
    manta = session.manta()
    found = interleave(session, {name: lambda seconds, path=path: wrk(f"http://127.0.0.1:{manta.port}{path}", manta.pids, seconds, 64, QUESTION)
                                 for name, path in (("three", "/chain"), ("one", "/source/echo"))})
    return [compare("chain", f"{TITLE}: CPU", "us", field(found, "three", "cpu_us"), field(found, "one", "cpu_us"), "one deployment", 3),
            compare("chain", "the same: rate", "/s", field(found, "three", "rate"), field(found, "one", "rate"), "one deployment"),
            compare("chain", "the same: p50", "us", field(found, "three", "p50_us"), field(found, "one", "p50_us"), "one deployment")]
