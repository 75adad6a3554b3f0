"""Start and stop hooks, functions that record statistics, and declared places of methods, in real processes."""
import json
import os
import tempfile
import threading
import time
import unittest

from instance import Instance, wait_until
from programming import config, post, start


class HooksTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="manta-test-")
        self.addCleanup(self.folder.cleanup)
        self.events = os.path.join(self.folder.name, "events")

    def happened(self):
        if not os.path.exists(self.events):
            return []
        with open(self.events) as file:
            return [line.split() for line in file]

    def call(self, instance, path, body=""):
        return json.loads(post(instance, path, body))

    def test_on_start_and_on_stop_run_once_in_each_replica(self):
        with start(self.addCleanup, events=self.events, workers=2) as instance:
            pids = {str(pid) for pid in instance.replicas(name="Worker").values()}
            self.assertEqual(sorted(self.happened()), sorted(["start", pid] for pid in pids))
            instance.stop()
            self.assertEqual(sorted(self.happened()[2:]), sorted(["stop", pid] for pid in pids))

    def test_a_failure_of_on_start_is_the_start_failure_with_its_message(self):
        with Instance().begin(verb="start") as instance:
            wait_until(lambda: self.put(instance, config(refuse=True)) == 200, "deployed")
            wait_until(lambda: "on_start() failed: no licence for this machine" in
                       instance.admin("GET", "/api/serve/applications/")[2], "the message is shown")

    def put(self, instance, wanted):
        try:
            return instance.admin("PUT", "/api/serve/applications/", wanted)[0]
        except OSError:
            return 0

    def test_routing_statistics_reach_a_policy_of_the_callers(self):
        with start(self.addCleanup, workers=3, by_weight=True) as instance:
            def pids():
                return {self.call(instance, "/worker_pid") for _ in range(10)}
            wait_until(lambda: len(pids()) == 1, "all requests go to the heaviest replica")

    def test_autoscaling_statistics_reach_the_controller(self):
        scaled = {"name": "Worker", "autoscaling_config": {"min_replicas": 1, "max_replicas": 2,
                                                          "target_ongoing_requests": 5}}
        with start(self.addCleanup, deployments=[scaled]) as instance:
            def metrics():
                answer = instance.admin("GET", "/api/serve/details")[2]
                return '"depth":7.5' in answer.replace(" ", "")
            wait_until(metrics, "the controller shows what the replicas record")

    def test_an_exclusive_method_runs_once_at_a_time(self):
        with start(self.addCleanup) as instance:
            self.assertEqual(self.call(instance, "/most_alone", "[6]"), 1)

    def test_health_checks_and_where_am_i_wait_for_no_request(self):
        with start(self.addCleanup) as instance:
            pid = instance.replicas(name="Blocker")
            blocked = [threading.Thread(target=self.call, args=(instance, "/block", "[1500]")) for _ in range(2)]
            for thread in blocked:
                thread.start()
            time.sleep(0.3)
            begun = time.monotonic()
            self.assertEqual(self.call(instance, "/where")["pid"], next(iter(pid.values())))
            self.assertEqual(self.call(instance, "/aside"), 1, "it has a thread of its own")
            self.assertLess(time.monotonic() - begun, 1.0)
            for thread in blocked:
                thread.join()
            self.assertEqual(instance.replicas(name="Blocker"), pid, "no health check failed meanwhile")


if __name__ == "__main__":
    unittest.main()
