"""kill -9 of each role under load, again and again; every failed request is classified.

MANTA_KILLS (default 50) kills of each role, over one and two replicas and over idempotent and other methods; the four cases of a role run
side by side. Prints a table. What may fail: controller: nothing. Replica: requests of a method that is not idempotent, as 503
ReplicaDied with maybe_executed. Proxy: what was open on it, by a broken connection, and connects are never refused. Agent: everything
ends within a second, no process is left; requests fail by a broken or refused connection and in no other way; the next start serves again."""
import collections
import concurrent.futures
import http.client
import json
import os
import random
import signal
import socket
import threading
import time
import unittest

from instance import APP_ONE, Instance, processes, wait_until

KILLS = int(os.environ.get("MANTA_KILLS", "50"))
THREADS = 4
CASES = [(replicas, method) for replicas in (1, 2) for method in ("echo", "once")]   # echo is idempotent
RESET, REFUSED = "connection broken", "connection refused"


def kills_of_cases():
    """MANTA_KILLS spread over the cases, at least one each."""
    return [max(1, (KILLS + len(CASES) - 1 - i) // len(CASES)) for i in range(len(CASES))]


def stable_port(taken=set()):
    """A port that no outgoing connection gets while nobody listens on it: below the range of those."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        first = int(f.read().split()[0])
    while True:
        port = random.randrange(max(1024, first - 10000), first)
        with socket.socket() as probe:
            if port not in taken and probe.connect_ex(("127.0.0.1", port)) != 0:
                taken.add(port)
                return port


class Load:
    """Keep-alive connections, a request after the other; failures by class, with the time of each."""

    def __init__(self, instance, method):
        self.instance, self.method = instance, method
        self.classes = collections.Counter()
        self.samples = {}
        self.sent = 0
        self.stopping = True
        self.lock = threading.Lock()   # guards the counters
        self.threads = []

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
                kind = {ConnectionRefusedError: REFUSED, ConnectionResetError: RESET}.get(type(error), "connect " + type(error).__name__)
                self.note(kind, repr(error))
                time.sleep(0.01)
                return None
        try:
            connection.request("POST", "/" + self.method, json.dumps({"text": "x", "sleep_ms": 2}), {"content-type": "application/json"})
            answer = connection.getresponse()
            body = answer.read().decode()
        except (ConnectionError, http.client.HTTPException) as error:
            self.note(RESET, repr(error))
            connection.close()
            return None
        except OSError as error:  # a time-out, for one
            self.note(type(error).__name__, repr(error))
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

    def __enter__(self):   # may be entered again
        self.stopping = False
        self.threads = [threading.Thread(target=self.work) for _ in range(THREADS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()

    def failures(self):
        return {kind: count for kind, count in self.classes.items() if kind != "ok"}


def report(role, replicas, method, kills, load, extra=""):
    what = f"{role}, {replicas} replica(s), {method}"
    print(f"{what:<36} kills {kills:>3}  requests {load.sent:>6}  failed {json.dumps(load.failures())} {extra}", flush=True)


class KillTest(unittest.TestCase):
    def serve(self, replicas):
        instance = Instance()
        instance.http_port, instance.admin_port = stable_port(), stable_port()
        return instance.run(f"{APP_ONE}:build", "--args", json.dumps({"num_replicas": replicas}))

    @staticmethod
    def pause():
        time.sleep(random.uniform(1.01, 1.15))   # what dies sooner is held back before it is started again

    @staticmethod
    def serves(instance):
        try:
            return instance.call("echo", text="x")
        except Exception:
            return None

    def side_by_side(self, case):
        """case(replicas, method, kills) for each of CASES, all at once."""
        with concurrent.futures.ThreadPoolExecutor(len(CASES)) as pool:
            running = [pool.submit(case, *known, kills) for known, kills in zip(CASES, kills_of_cases())]
        for done in running:
            done.result()

    def check(self, load, kills, allowed, most):
        self.assertLessEqual(set(load.failures()), allowed, load.samples)
        self.assertLessEqual(sum(load.failures().values()), most, load.failures())
        self.assertGreater(load.classes["ok"], kills, "there was a load")

    def kill_role(self, role, instance, kills):
        for _ in range(kills):
            pid = wait_until(lambda: instance.pid_of(role), f"a {role}")
            self.pause()
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: instance.pid_of(role) not in (None, pid), f"the next {role}")
            wait_until(lambda: self.serves(instance), "service")

    def test_controller(self):
        def case(replicas, method, kills):
            with self.serve(replicas) as instance:
                before = instance.replicas()
                with Load(instance, method) as load:
                    self.kill_role("controller", instance, kills)
                    wait_until(lambda: self.adopted(instance) == before, "the same replicas, adopted")
                report("controller", replicas, method, kills, load)
                self.check(load, kills, set(), 0)
        self.side_by_side(case)

    @staticmethod
    def adopted(instance):
        try:
            return instance.replicas()
        except (OSError, KeyError, ValueError):
            return None

    def test_replica(self):
        def case(replicas, method, kills):
            gaps = []
            with self.serve(replicas) as instance, Load(instance, method) as load:
                for _ in range(kills):
                    wait_until(lambda: len(instance.replicas()) == replicas, "all replicas run")
                    self.pause()
                    pid = random.choice(sorted(instance.replicas().values()))
                    os.kill(pid, signal.SIGKILL)
                    begun = time.monotonic()
                    wait_until(lambda: instance.call("echo", text="x")["pid"] != pid, "service")
                    gaps.append(time.monotonic() - begun)
            report("replica", replicas, method, kills, load,
                   f"without service: median {sorted(gaps)[len(gaps) // 2] * 1000:.0f} ms, longest {max(gaps) * 1000:.0f} ms")
            allowed = {"503 ReplicaDied maybe_executed"} if method == "once" else set()
            self.check(load, kills, allowed, THREADS * kills)   # no more than were open
        self.side_by_side(case)

    def test_proxy(self):
        def case(replicas, method, kills):
            with self.serve(replicas) as instance:
                before = instance.replicas()
                with Load(instance, method) as load:
                    self.kill_role("proxy", instance, kills)
                report("proxy", replicas, method, kills, load)
                self.assertEqual(instance.replicas(), before)
                self.check(load, kills, {RESET}, THREADS * kills)   # each connection once per kill
        self.side_by_side(case)

    def test_agent(self):
        def case(replicas, method, kills):
            slowest = 0.0
            with self.serve(replicas) as instance:
                load = Load(instance, method)
                for _ in range(kills):
                    with load:
                        time.sleep(random.uniform(0.3, 0.5))
                        instance.process.kill()
                        begun = time.monotonic()
                        instance.process.wait()
                        wait_until(lambda: not processes(f"MANTA_INSTANCE={instance.state}:"), "nothing left", 5)
                        slowest = max(slowest, time.monotonic() - begun)
                    instance.run(verb="start")
                    wait_until(lambda: self.serves(instance), "service after the next start")
                report("agent", replicas, method, kills, load, f"all ended within {slowest * 1000:.0f} ms, each start recovered")
                # Each connection once per kill, and one that had just been made on the listening socket.
                self.assertLessEqual(load.failures().get(RESET, 0), 2 * THREADS * kills)
                self.check(load, kills, {RESET, REFUSED}, load.sent)
                self.assertLess(slowest, 1.0)
        self.side_by_side(case)


if __name__ == "__main__":
    unittest.main()
