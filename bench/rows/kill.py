"""kill -9 of the only replica under load: how long nobody is served, and which requests fail."""
import collections
import http.client
import json
import os
import signal
import threading
import time

from measure import Line, Spread, verdict
from rows.noop import QUESTION
from servers import Manta

TITLE = "kill -9 of the only replica, 8 clients: longest time without a 200"
PEER = "ray"
CLIENTS, GAP_BAR_S = 8, 0.2
MAYBE = "503 ReplicaDied, maybe executed"


def kind(status, body):
    """Names the outcome of one request."""
    if status == 200:
        return "ok"
    try:
        error = json.loads(body)["error"]
        return f"{status} {error['type']}" + (", maybe executed" if error.get("maybe_executed") else "")
    except (ValueError, KeyError, TypeError):
        return f"{status} without an error body"


class Clients:
    """Closed loops on kept connections. A failed request is counted, not repeated; the next one follows 10 ms later."""

    def __init__(self, port, path):
        self.port, self.path = port, path
        self.outcomes = collections.Counter()
        self.served = []        # times of every 200
        self.over = False
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(CLIENTS)]

    def _work(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.over:
            try:
                connection.request("POST", self.path, QUESTION, {"content-type": "application/json"})
                answer = connection.getresponse()
                outcome = kind(answer.status, answer.read())
            except (OSError, http.client.HTTPException) as error:
                outcome = f"connection: {type(error).__name__}"
                connection.close()
            with self.lock:
                self.outcomes[outcome] += 1
                if outcome == "ok":
                    self.served.append(time.monotonic())
            time.sleep(0.002 if outcome == "ok" else 0.01)
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        for thread in self.threads:
            thread.join()

    def gap_after(self, moment):
        """Longest time between two 200s, from the last one before `moment` on."""
        with self.lock:
            times = sorted(self.served)
        return max((b - a for a, b in zip(times, times[1:]) if b > moment), default=float("inf"))


def kills(session, server, path, deployment, count, rest_s):
    """Kills the replica `count` times, `rest_s` after it serves again; (gaps in s, outcomes)."""
    gaps = []
    with Clients(server.port, path) as clients:
        for number in range(count):
            session.say(f"kill {number + 1}/{count} of {path}")
            time.sleep(rest_s)
            victims = server.replica(deployment)
            moment = time.monotonic()
            for pid in victims:
                os.kill(pid, signal.SIGKILL)
            while not (server.replica(deployment) - victims and clients.served and clients.served[-1] > moment + 0.02):
                if time.monotonic() > moment + 60:
                    raise RuntimeError("no replica came back")
                time.sleep(0.02)
            time.sleep(0.5)
            gaps.append(clients.gap_after(moment))
    return gaps, clients.outcomes


def told(outcomes):
    failed = [f"{count} x {name}" for name, count in sorted(outcomes.items()) if name != "ok"]
    return f"{', '.join(failed) or 'none'} of {sum(outcomes.values()):,} requests"


def run(session):
    count = 2 if session.quick else 10
    with Manta(session.build, [session.application("noop")]) as manta:
        gaps, outcomes = kills(session, manta, "/noop/once", "Noop", count, 1.2)   # one that dies within a second is held back
        _, idempotent = kills(session, manta, "/noop", "Noop", count, 1.2)
    ray, gap, failed = session.ray(), session.no_ray, session.no_ray
    if ray:
        theirs, their_outcomes = kills(session, ray, "/noop", "noop:Noop", 1, 2)
        gap, failed = f"Ray Serve {Spread.of(theirs)} s (one kill)", f"Ray Serve {told(their_outcomes)} (one kill)"
    ours = Spread.of(gaps)
    ratio = Spread.of([value / theirs[0] for value in gaps]) if ray else None
    return [Line("kill", TITLE, f"{ours} s", gap, ratio, f"<= {GAP_BAR_S} s", verdict(ours, GAP_BAR_S)),
            Line("kill", f"failed requests, not idempotent, {count} kills", told(outcomes), failed, None, "only maybe executed",
                 "yes" if set(outcomes) <= {"ok", MAYBE} else "no"),
            Line("kill", f"failed requests, idempotent, {count} kills", told(idempotent), "-", None, "none", "yes" if set(idempotent) <= {"ok"} else "no")]
