"""A model of 5 ms, whatever the size of the batch: how near to full does batching keep it?"""
import time

from loads import wrk
from measure import compare, field, interleave
from rows.noop import QUESTION

TITLE = "batching, 64 clients, 5 ms model, batches of 32: rate"
PEER = "ray"
BATCH, MODEL_S = 32, 0.005


class BareLoop:
    """What the model could do if its batches were always full."""

    def __init__(self, seconds):
        begun = time.monotonic()
        rounds = 0
        while (took := time.monotonic() - begun) < seconds:
            time.sleep(MODEL_S)
            rounds += 1
        self.rate = rounds * BATCH / took


def run(session):
    manta, ray = session.manta(), session.ray()
    sides = {"manta": lambda seconds: wrk(f"http://127.0.0.1:{manta.port}/batch", manta.pids, seconds, 64, QUESTION), "bare": BareLoop}
    if ray:
        sides["ray"] = lambda seconds: wrk(f"http://127.0.0.1:{ray.port}/batch", ray.pids, seconds, 64, QUESTION)
    found = interleave(session, sides)
    ours = field(found, "manta", "rate")
    return [compare("batch", TITLE, "/s", ours, field(found, "bare", "rate"), "the same sleep in a loop", 0.95, at_least=True),
            session.beside_ray("batch", "the same", "/s", ours, field(found, "ray", "rate")),
            session.beside_ray("batch", "the same: CPU", "us", field(found, "manta", "cpu_us"), field(found, "ray", "cpu_us"))]
