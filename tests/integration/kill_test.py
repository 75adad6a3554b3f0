"""kill -9 of each role under load, again and again; every failed request is classified.

MANTA_KILLS (default 50) kills per role, replica kills over one and two replicas and over idempotent and other methods. Prints a table.
What may fail: controller: nothing. Replica: requests of a method that is not idempotent, as 503 ReplicaDied with maybe_executed.
Proxy: what was open on it, by a broken connection, and connects are never refused. Agent: everything ends within a second, no
process is left, the next start serves again."""
import collections
import http.client
import json
import os
import random
import signal
import threading
import time
import unittest

from instance import APP_ONE, Instance, processes, wait_until

KILLS = int(os.environ.get("MANTA_KILLS", "50"))
THREADS = 4


class Load:
    """Keep-alive connections, a request after the other; failures by class, with the time of each."""

    def __init__(self, instance, method):
        self.instance, self.method = instance, method
        self.classes = collections.Counter()
        self.samples = {}
        self.sent = 0
        self.stopping = False
        self.lock = threading.Lock()   # guards the counters
        self.threads = [threading.Thread(target=self.work) for _ in range(THREADS)]

    def work(self):
        connection = None
        while not self.stopping:
            connection = self.ask(connection)
        if connection:
            connection.close()

    def ask(self, connection):
        """One request; returns the connection for the next one, None when it broke."""
        if connection is None:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.instance.http_port, timeout=10)
                connection.connect()
            except OSError as error:
                self.note("connect " + type(error).__name__, str(error))
                return None
        try:
            connection.request("POST", "/" + self.method, json.dumps({"text": "x", "sleep_ms": 2}), {"content-type": "application/json"})
            answer = connection.getresponse()
            body = answer.read().decode()
        except Exception as error:  # a broken connection, in whatever way
            self.note("reset", repr(error))
            connection.close()
            return None
        self.note(self.kind(answer.status, body), body)
        if answer.will_close:
            connection.close()
            return None
        return connection

    @staticmethod
    def kind(status, body):
        if status == 200:
            return "ok"
        try:
            error = json.loads(body)["error"]
        except (ValueError, KeyError):
            return f"status {status} without an error body"
        maybe = " maybe_executed" if error.get("maybe_executed") else ""
        return f"{status} {error['type']}{maybe}"

    def note(self, kind, sample):
        with self.lock:
            self.sent += 1
            self.classes[kind] += 1
            self.samples.setdefault(kind, sample)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()

    def failures(self):
        return {kind: count for kind, count in self.classes.items() if kind != "ok"}


def report(what, kills, load, extra=""):
    print(f"{what:<44} kills {kills:>3}  requests {load.sent:>6}  failed {json.dumps(load.failures())} {extra}", flush=True)


class KillTest(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(7)

    def serve(self, replicas):
        return Instance().run(f"{APP_ONE}:build", "--args", json.dumps({"num_replicas": replicas}))

    def pause(self):
        time.sleep(self.random.uniform(1.01, 1.15))   # a role that dies sooner is held back before it is started again

    def test_controller(self):
        for replicas in (1, 2):
            with self.serve(replicas) as instance, Load(instance, "once") as load:
                before = instance.replicas()
                for _ in range(KILLS // 2):
                    pid = wait_until(lambda: instance.pid_of("controller"), "a controller")
                    self.pause()
                    os.kill(pid, signal.SIGKILL)
                    wait_until(lambda: instance.pid_of("controller") not in (None, pid), "the next controller")
                wait_until(lambda: self.adopted(instance) == before, "the same replicas, adopted")
                load.__exit__()
                report(f"controller, {replicas} replica(s)", KILLS // 2, load)
                self.assertEqual(load.failures(), {}, load.samples)

    @staticmethod
    def adopted(instance):
        try:
            return instance.replicas()
        except (OSError, KeyError, ValueError):
            return None

    def test_replica(self):
        for replicas in (1, 2):
            for method, allowed in (("echo", set()), ("once", {"503 ReplicaDied maybe_executed"})):
                with self.serve(replicas) as instance, Load(instance, method) as load:
                    gaps = []
                    for _ in range(max(1, KILLS // 4)):
                        wait_until(lambda: len(instance.replicas()) == replicas, "all replicas run")
                        time.sleep(1.1)   # a replica that dies sooner is held back before it is started again
                        pid = self.random.choice(sorted(instance.replicas().values()))
                        os.kill(pid, signal.SIGKILL)
                        begun = time.monotonic()
                        wait_until(lambda: instance.call("echo", text="x")["pid"] != pid, "service")
                        gaps.append(time.monotonic() - begun)
                    load.__exit__()
                    report(f"replica, {replicas} replica(s), {method}", max(1, KILLS // 4), load,
                           f"without service: median {sorted(gaps)[len(gaps) // 2] * 1000:.0f} ms, longest {max(gaps) * 1000:.0f} ms")
                    self.assertLessEqual(set(load.failures()), allowed, load.samples)
                    self.assertLessEqual(sum(load.failures().values()), THREADS * max(1, KILLS // 4), "no more than were open")

    def test_proxy(self):
        for replicas in (1, 2):
            with self.serve(replicas) as instance, Load(instance, "once") as load:
                before = instance.replicas()
                for _ in range(KILLS // 2):
                    pid = wait_until(lambda: instance.pid_of("proxy"), "a proxy")
                    self.pause()
                    os.kill(pid, signal.SIGKILL)
                    wait_until(lambda: instance.pid_of("proxy") not in (None, pid), "the next proxy")
                    wait_until(lambda: self.serves(instance), "service")
                load.__exit__()
                report(f"proxy, {replicas} replica(s)", KILLS // 2, load)
                self.assertEqual(instance.replicas(), before)
                self.assertLessEqual(set(load.failures()), {"reset"}, load.samples)
                self.assertLessEqual(load.failures().get("reset", 0), THREADS * (KILLS // 2), "each connection once per kill")

    @staticmethod
    def serves(instance):
        try:
            return instance.call("echo", text="x")
        except Exception:
            return None

    def test_agent(self):
        slowest = 0.0
        instance = self.serve(2)
        with instance:
            for _ in range(max(1, KILLS // 5)):
                with Load(instance, "once") as load:
                    self.pause()
                    instance.process.kill()
                    begun = time.monotonic()
                    instance.process.wait()
                    wait_until(lambda: not processes(f"MANTA_INSTANCE={instance.state}:"), "nothing left", 5)
                    slowest = max(slowest, time.monotonic() - begun)
                self.assertLess(slowest, 1.0)
                instance.run(verb="start")
                wait_until(lambda: self.serves(instance), "service after the next start")
            print(f"{'agent':<44} kills {max(1, KILLS // 5):>3}  all ended within {slowest * 1000:.0f} ms, each start recovered", flush=True)


if __name__ == "__main__":
    unittest.main()
