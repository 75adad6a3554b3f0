"""Mixed traffic for SOAK_SECONDS (default 75; `make soak`: an hour) while replicas, the proxy and the controller are killed, versions rolled
out, deployments scaled, applications come and go and clients leave: memory stays flat, no descriptor is lost, nothing is left running, and only
requests fail that a kill may have interrupted. What is asked of the instance goes through the command line. SOAK_SEED repeats a run's choices."""
import json
import os
import random
import re
import signal
import sys
import time
import unittest

import soak
from instance import BUILD, Instance, manta, wait_until

SECONDS = float(os.environ.get("SOAK_SECONDS", "75"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
THREADS = 6
PERIOD_S = float(os.environ.get("SOAK_PERIOD_S", min(20.0, max(2.0, SECONDS / 30))))   # between two events
ROLES_UNTIL = 0.2   # share of the time in which proxy and controller are killed; then they live on, so that what they lose adds up
LIBRARY = os.path.join(BUILD, "tests", "apps", "libsoak_app.so")
MOST_KIB, MOST_SHARE = 4 << 10, 0.15   # growth from the first third to the last: the log of events fills up, the heap settles
SPARE_DESCRIPTORS = 3
DIED = "ReplicaDied maybe executed"
BROKEN = {"RemoteDisconnected", "ConnectionResetError", "BrokenPipeError", "IncompleteRead"}


class Events:
    """What happens to the instance. `counts`: how often."""

    def __init__(self, instance):
        self.instance, self.choose = instance, random.Random(SEED)
        self.counts = {"kill_replica": 0, "kill_proxy": 0, "kill_controller": 0, "roll_out": 0, "scale": 0, "come_and_go": 0}
        self.version = 1
        self.guests = 0

    def one(self, share):
        """The next event, at `share` of the whole time; returns once the instance is as it should be again."""
        names = list(self.counts) if share < ROLES_UNTIL else ["kill_replica", "roll_out", "scale", "come_and_go"]
        name = min(names, key=lambda name: (self.counts[name], self.choose.random()))
        getattr(self, name)()
        self.counts[name] += 1
        wait_until(self.complete, f"all runs after {name}", 60)
        return name

    def kill_replica(self):
        name = self.choose.choice(["Front", "Worker"])
        os.kill(self.choose.choice(sorted(self.replicas(name).values())), signal.SIGKILL)

    def kill_role(self, role):
        pid = wait_until(lambda: self.instance.pid_of(role), f"a {role}")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.instance.pid_of(role) not in (None, pid), f"the next {role}")

    def kill_proxy(self):
        self.kill_role("proxy")

    def kill_controller(self):
        self.kill_role("controller")

    def roll_out(self):
        self.version += 1
        manta(self.instance, "deploy", self.config())

    def scale(self):
        manta(self.instance, "scale", "Worker", str(3 if len(self.replicas("Worker")) == 2 else 2))

    def come_and_go(self):
        """Another application, of a name that no other has had, is deployed, called and deleted."""
        self.guests += 1
        guest = f"guest{self.guests}"
        manta(self.instance, "deploy", self.config({"name": guest, "route_prefix": f"/{guest}"}))
        wait_until(lambda: self.instance.request("POST", f"/{guest}/ask", {"text": "x"})[0] == 200, f"{guest} answers", 60)
        manta(self.instance, "deploy", self.config())
        wait_until(lambda: self.instance.status()["applications"].keys() == {"soak"}, f"{guest} has gone", 60)

    def config(self, *guests):
        path = os.path.join(self.instance.state, "soak.json")
        code = {"import_path": f"{LIBRARY}:build", "args": {"version": str(self.version)}}
        with open(path, "w") as file:
            json.dump({"applications": [{**code, **more} for more in ({}, *guests)]}, file)
        return path

    def replicas(self, name):
        return self.instance.replicas(application="soak", name=name)

    def complete(self):
        try:
            deployments = self.instance.status()["applications"]["soak"]["deployments"]
            return all(one["status"] == "HEALTHY" for one in deployments.values()) and all(len(self.replicas(name)) >= 2 for name in deployments)
        except (OSError, KeyError, ValueError):
            return False


def permitted(kind, how):
    """Whether a kill of a replica may have made a request of this kind end like this."""
    if how == DIED:
        return kind in ("once", "tokens", "cancelled stream")
    return kind == "tokens" and how.startswith("stream cut: ") and how != "stream cut: the answer of another request"


class SoakTest(unittest.TestCase):
    def test_nothing_is_lost_and_nothing_grows(self):
        print(f"{SECONDS:.0f} s, SOAK_SEED={SEED}", file=sys.stderr, flush=True)
        with Instance() as instance:
            events = Events(instance)
            instance.run(events.config())
            before = self.at_rest(instance)
            with soak.Traffic(instance.http_port, THREADS, SEED) as traffic:
                samples = self.endure(instance, events, traffic)
            manta(instance, "scale", "Worker", "2")
            after = self.at_rest(instance)
            self.check_no_guests(instance)
            self.report(events, traffic, samples, before, after)
            self.check_failures(events, traffic)
            self.check_memory(samples)
            for role, (_, count) in after.items():
                self.assertLessEqual(count, before[role][1] + SPARE_DESCRIPTORS, f"descriptors of {role}")
            self.assertEqual(instance.stop(), 0)

    def endure(self, instance, events, traffic):
        """Events until the time is over; what the processes held between them, from when proxy and controller are left alone."""
        begun, samples = time.monotonic(), []
        while (share := (time.monotonic() - begun) / SECONDS) < 1:
            name = events.one(share)
            if share >= ROLES_UNTIL:
                samples.append(soak.held(instance))
            failed = sum(traffic.failures().values())
            print(f"{share * 100:3.0f} %  {name:<16} {traffic.count():>9,} requests, {failed} failed", file=sys.stderr, flush=True)
            time.sleep(PERIOD_S * events.choose.uniform(0.6, 1.4))
        return samples

    def at_rest(self, instance):
        """What the processes hold when nobody asks, once every count of requests is 0 and two replicas of each deployment run."""
        def quiet():
            page = instance.request("GET", "/-/metrics")[2]
            return not soak.unfinished(page) and all(len(instance.replicas(application="soak", name=name)) == 2 for name in ("Front", "Worker"))
        try:
            wait_until(quiet, "no request runs or waits", 30)
        except AssertionError:
            self.fail("left running: " + "\n".join(soak.unfinished(instance.request("GET", "/-/metrics")[2])))
        return soak.held(instance)

    def check_failures(self, events, traffic):
        kills = events.counts["kill_replica"]
        by_replica = by_proxy = 0
        for (kind, how), count in traffic.failures().items():
            if permitted(kind, how):
                by_replica += count
            elif how in BROKEN:
                by_proxy += count
            else:
                self.fail(f"{count} x {kind}: {how}: {traffic.samples[kind, how]}")
        self.assertLessEqual(by_replica, THREADS * kills, "no more than were open")
        self.assertLessEqual(by_proxy, THREADS * events.counts["kill_proxy"], f"connections that no kill of the proxy broke: {traffic.failures()}")
        self.assertGreater(traffic.count(), SECONDS, "there was a load")

    def check_no_guests(self, instance):
        """Of an application that is gone the controller alone has metrics, for a minute."""
        of_callers = re.findall(r'ray_serve_(?:handle_request_counter|num_http_requests)_total\{application="(\w+)"', instance.request("GET", "/-/metrics")[2])
        self.assertEqual(set(of_callers), {"soak"})

    def check_memory(self, samples):
        self.assertGreaterEqual(len(samples), 3, "too short to see a trend")
        for role in soak.ROLES:
            early, late = soak.growth([sample[role][0] for sample in samples if role in sample])
            self.assertLessEqual(late - early, max(MOST_KIB, early * MOST_SHARE), f"PSS of {role} in KiB: {early:.0f}, then {late:.0f}")

    @staticmethod
    def report(events, traffic, samples, before, after):
        print(f"\n{traffic.count():,} requests; {', '.join(f'{count} x {name}' for name, count in events.counts.items())}")
        for (kind, how), count in sorted(traffic.failures().items()):
            print(f"  failed: {count} x {kind}: {how}")
        print(f"  {'':<12}{'PSS, first third':>18}{'last third':>14}{'descriptors at rest, before':>30}{'after':>8}")
        for role in soak.ROLES:
            early, late = soak.growth([sample[role][0] for sample in samples if role in sample])
            print(f"  {role:<12}{early / 1024:>14.1f} MiB{late / 1024:>10.1f} MiB{before[role][1]:>30.1f}{after[role][1]:>8.1f}", flush=True)


if __name__ == "__main__":
    unittest.main()
