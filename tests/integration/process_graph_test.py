"""Deployments that call each other, and the processes between them."""
import json
import os
import signal
import statistics
import threading
import unittest

from instance import BUILD, Instance, wait_until

GRAPH_APP = os.path.join(BUILD, "tests", "apps", "libtest_graph_app.so")


def sockets(pid):
    """Connected Unix sockets of a process."""
    found = 0
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found += os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:")
        except OSError:
            pass
    return found


class GraphTest(unittest.TestCase):
    def begun(self, **args):
        return Instance().begin(f"{GRAPH_APP}:build", "--args", json.dumps(args))

    def running(self, instance, name):
        try:
            return instance.replicas(application="graph", name=name)
        except (OSError, KeyError, ValueError):
            return {}

    def test_a_caller_starts_when_what_it_calls_runs(self):
        with self.begun(construct_s=2, call_in_constructor=True) as instance:
            def caller():
                try:
                    return instance.deployment("graph", "Caller")
                except (OSError, KeyError, ValueError):
                    return {"message": ""}
            wait_until(lambda: caller()["message"] == "waiting for Worker", "the reason")
            self.assertEqual(caller()["replica_states"], {})
            instance.wait_ready()
            self.assertEqual(json.loads(instance.request("POST", "/first")[2]), 1)
            # Only the first start waits.
            worker, = self.running(instance, "Worker").values()
            first, = self.running(instance, "Caller").values()
            os.kill(worker, signal.SIGKILL)
            os.kill(first, signal.SIGKILL)
            started = lambda: [r for r in instance.details()["applications"]["graph"]["deployments"]["Caller"]["replicas"] if r["pid"] != first]
            wait_until(started, "the next caller")
            self.assertEqual(self.running(instance, "Worker"), {})
            wait_until(lambda: self.running(instance, "Caller"), "its constructor waits for the worker")
            self.assertEqual(json.loads(instance.request("POST", "/first")[2]), 1)

    def test_a_name_that_no_deployment_has_fails_the_call(self):
        with self.begun() as instance:
            instance.wait_ready()
            self.assertEqual(instance.request("POST", "/call_by_name", ["Nobody"])[2], '"NotFound"')
            self.assertEqual(instance.request("POST", "/call_by_name", ["Worker"])[2], '""')

    def test_the_bound_of_a_queue_says_what_it_bounds(self):
        with self.begun() as instance:
            instance.wait_ready()
            worker = instance.details()["applications"]["graph"]["deployments"]["Worker"]
            self.assertEqual(worker["max_queued_requests_bounds"], "each caller")

    def test_replicas_connect_only_to_what_they_call(self):
        with self.begun(callers=2, workers=6) as instance:
            instance.wait_ready()
            few = sockets(next(iter(self.running(instance, "Worker").values())))
            config = instance.config(GRAPH_APP, callers=2, workers=6)
            config["applications"][0]["deployments"] = [{"name": "Worker", "num_replicas": 12}]
            self.assertEqual(instance.admin("PUT", "/api/serve/applications/", config)[0], 200)
            wait_until(lambda: len(self.running(instance, "Worker")) == 12, "more workers", 60)
            instance.wait_healthy(application="graph", name="Worker")
            self.assertEqual(sockets(next(iter(self.running(instance, "Worker").values()))), few)

    def test_three_calling_processes_get_equal_shares_and_leave_no_place_idle(self):
        with self.begun(callers=3) as instance:
            instance.wait_ready()
            answers = []
            body = {"calls": 300, "at_once": 4, "work_ms": 2}
            ask = lambda: answers.append(json.loads(instance.request("POST", "/load", body, timeout=120)[2]))
            threads = [threading.Thread(target=ask) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(len({answer["pid"] for answer in answers}), 3, "a process each")
            numbers = [[work["number"] for work in answer["works"]] for answer in answers]
            begin, end = max(map(min, numbers)), min(map(max, numbers))   # all three called
            shares = [sum(begin <= number <= end for number in of_one) for of_one in numbers]
            print("shares", shares, flush=True)
            self.assertGreater(sum(shares), 450)
            for share in shares:
                self.assertLess(abs(share - sum(shares) / 3), 0.1 * sum(shares) / 3, shares)
            idle = [work["idle_us"] for answer in answers for work in answer["works"] if begin < work["number"] <= end]
            print("idle between two: median", statistics.median(idle), "us", flush=True)
            self.assertLess(statistics.median(idle), 10_000, "a grant that is not used lapses after so long")


class HungProxyTest(unittest.TestCase):
    def test_a_proxy_that_hangs_is_replaced(self):
        often = {"MANTA_PROXY_HEALTH_CHECK_PERIOD_S": "0.2", "MANTA_PROXY_HEALTH_CHECK_TIMEOUT_S": "1"}
        with Instance().run(f"{GRAPH_APP}:build", environment=often) as instance:
            node, = instance.status()["proxies"]
            hung = instance.pid_of("proxy")
            os.kill(hung, signal.SIGSTOP)
            wait_until(lambda: instance.pid_of("proxy") not in (None, hung), "the next proxy")
            self.assertEqual(instance.request("POST", "/first")[0], 200)
            wait_until(lambda: instance.status()["proxies"][node] == "HEALTHY", "HEALTHY")
            self.assertIn(f'proxy_status{{node_id="{node}"}} 2', instance.admin("GET", "/-/metrics")[2])


if __name__ == "__main__":
    unittest.main()
