"""Mixed traffic on an instance for as long as one likes, what happens to it meanwhile, and what its processes hold."""
import collections
import http.client
import json
import os
import random
import statistics
import threading
import time

ROLES = ("run", "controller", "proxy", "replica")


# --- traffic


class Traffic:
    """Closed loops of calls, streams, batches, and of clients that leave in the middle. `outcomes`: how many of each kind ended how."""

    KINDS = {"ask": 50, "once": 15, "batched": 15, "tokens": 10, "cancelled call": 5, "cancelled stream": 5}   # shares

    def __init__(self, port, threads, seed):
        self.port, self.seed = port, seed
        self.outcomes = collections.Counter()
        self.samples = {}
        self.over = False
        self.lock = threading.Lock()   # guards outcomes and samples
        self.threads = [threading.Thread(target=self._work, args=(number,)) for number in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        for thread in self.threads:
            thread.join()

    def failures(self):
        """{(kind, how): number} of what did not end well; a client that leaves does not fail."""
        with self.lock:
            return {key: count for key, count in self.outcomes.items() if key[1] != "ok"}

    def count(self):
        with self.lock:
            return sum(self.outcomes.values())

    def _work(self, number):
        choose = random.Random(self.seed * 1000 + number)
        kinds, shares = list(self.KINDS), list(self.KINDS.values())
        connection = None
        while not self.over:
            kind = choose.choices(kinds, shares)[0]
            connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            how, sample, keeps = self._ask(connection, kind)
            with self.lock:
                self.outcomes[kind, how] += 1
                self.samples.setdefault((kind, how), sample)
            if not keeps:
                connection.close()
                connection = None
            if how != "ok":
                time.sleep(0.01)
        if connection:
            connection.close()

    def _ask(self, connection, kind):
        """(how it ended, what was seen, whether the connection may be used again)"""
        try:
            if kind == "cancelled call":
                self._post(connection, "/ask", {"text": "x", "sleep_ms": 2000})
                time.sleep(0.01)
                return "ok", "", False
            if kind in ("tokens", "cancelled stream"):
                return self._stream(connection, leaves=kind == "cancelled stream")
            self._post(connection, f"/{kind}", {"text": kind, "sleep_ms": 1})
            answer = connection.getresponse()
            body = answer.read().decode()
            if answer.status == 200 and json.loads(body)["text"] != kind:
                return "the answer of another request", body, False
            return self.how(answer.status, body), body, not answer.will_close
        except (http.client.HTTPException, OSError) as error:
            return type(error).__name__, repr(error), False

    def _stream(self, connection, leaves):
        count = 2000 if leaves else 10
        self._post(connection, "/tokens", {"count": count, "pause_ms": 1}, {"accept": "text/event-stream"})
        answer = connection.getresponse()
        if answer.status != 200:
            return self.how(answer.status, answer.read().decode()), "", False
        if leaves:
            answer.read1(1000)
            return "ok", "", False
        body = answer.read().decode()
        whole = body.count("data: {\"index\":") == count
        return "ok" if whole else "stream cut: " + self.how(200, body[body.rfind("data: ") + 6:], "without an error"), body[-300:], not answer.will_close

    @staticmethod
    def _post(connection, path, body, headers=None):
        connection.request("POST", path, json.dumps(body), {"content-type": "application/json", **(headers or {})})

    @staticmethod
    def how(status, body, otherwise="ok"):
        try:
            error = json.loads(body)["error"]
            return error["type"] + (" maybe executed" if error.get("maybe_executed") else "")
        except (ValueError, KeyError, TypeError):
            return otherwise if status == 200 else f"status {status} without an error body"


# --- what processes hold


def role_of(command):
    """"run", "controller", "proxy" or "replica" of a command line."""
    return next((word for word in command.split()[1:2] if word in ROLES), "")


def pss_kib(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except OSError:
        return 0


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def held(instance):
    """{role: (PSS in KiB of one process, its descriptors)}: of replicas the mean."""
    found = collections.defaultdict(list)
    for pid, command in {**instance.children(), instance.process.pid: "manta run"}.items():
        role = role_of(command)
        if role:
            found[role].append((pss_kib(pid), descriptors(pid)))
    return {role: tuple(statistics.mean(column) for column in zip(*ones)) for role, ones in found.items()}


def growth(samples):
    """(mean of the first third, of the last third): what trends and what only swings are told apart by."""
    third = max(1, len(samples) // 3)
    return statistics.mean(samples[:third]), statistics.mean(samples[-third:])


def unfinished(page):
    """Lines of a page of metrics that count requests which still run or wait, but for the one that asks for the page."""
    most = {"num_ongoing_http_requests": 1, "num_ongoing_requests_at_replicas": 0, "replica_processing_queries": 0, "deployment_queued_queries": 0,
            "manta_router_queued_bytes": 0}
    return [line for line in page.splitlines() for name, count in most.items()
            if not line.startswith("#") and line.split("{")[0].endswith(name) and float(line.split()[-1]) > count]
