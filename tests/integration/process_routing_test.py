"""Policies, priorities, tenants, limits and circuit breakers of a running instance, seen through its public port."""
import json
import os
import re
import threading
import unittest

from instance import BUILD, Instance, wait_until

APP = os.path.join(BUILD, "tests", "apps", "librouting_app.so")


def config(function="build", **settings):
    """One application; `settings` are those of its workers."""
    return {"applications": [{"name": "test", "import_path": f"{APP}:{function}",
                              "deployments": [{"name": "Worker", **settings}]}]}


class RoutingTest(unittest.TestCase):
    def deploy(self, instance, *arguments, **settings):
        status, _, body = instance.admin("PUT", "/api/serve/applications/", config(*arguments, **settings))
        self.assertEqual(status, 200, body)
        instance.wait_healthy(name="Worker")

    def start(self, *arguments, **settings):
        return Instance().run_config(config(*arguments, **settings))

    def work(self, instance, path="/work", body=None, status=200, **headers):
        answer = instance.request("POST", path, body or {}, headers={k.replace("_", "-"): v for k, v in headers.items()})
        self.assertEqual(answer[0], status, answer)
        return json.loads(answer[2])

    def hashing(self):
        return {"request_router_class": "ray.serve.some.module:ConsistentHashRouter",
                "request_router_kwargs": {"load_factor": 1.5, "vnodes": 200}}

    def test_a_session_stays_on_its_replica(self):
        with self.start(request_router_config=self.hashing()) as instance:
            homes = {}
            for _ in range(5):
                for session in range(24):
                    pid = self.work(instance, x_session_id=f"session {session}")["pid"]
                    self.assertEqual(homes.setdefault(session, pid), pid)
            self.assertEqual(set(homes.values()), set(instance.replicas(name="Worker").values()), "all three are used")

    def test_the_environment_names_another_header_of_the_session(self):
        with Instance().run_config(config(), environment={"RAY_SERVE_SESSION_ID_HEADER_KEY": "X-User"}) as instance:
            self.assertEqual(self.work(instance, x_user="u7", x_session_id="s")["session"], "u7")

    def test_a_refusal_says_when_to_come_back_as_the_file_does(self):
        told = {"status_code": 429, "retry_after_s": 6.2}
        with self.start(num_replicas=1, max_ongoing_requests=1, max_queued_requests=0, backpressure_config=told) as instance:
            running = threading.Thread(target=self.work, args=(instance,), kwargs={"body": {"sleep_ms": 2000}})
            running.start()
            [replica] = instance.details()["applications"]["test"]["deployments"]["Worker"]["replicas"]
            wait_until(lambda: instance.request("POST", "/work", {})[0] == 429, "it is full")
            status, headers, _ = instance.request("POST", "/work", {})
            running.join()
            self.assertEqual((status, headers["retry-after"]), (429, "7"))
            self.deploy(instance, num_replicas=1, max_ongoing_requests=1, max_queued_requests=0,
                        backpressure_config={**told, "retry_after_s": 9})
            [same] = instance.details()["applications"]["test"]["deployments"]["Worker"]["replicas"]
            self.assertEqual(same["pid"], replica["pid"], "no replica is touched")

    def test_a_session_that_lost_its_replica_finds_another_and_the_others_stay(self):
        with self.start(request_router_config=self.hashing()) as instance:
            before = {s: self.work(instance, x_session_id=str(s))["pid"] for s in range(24)}
            os.kill(before[0], 9)
            for session, pid in before.items():
                now = self.work(instance, x_session_id=str(session))["pid"]
                self.assertNotEqual(now, before[0])
                if pid != before[0] and now != pid:  # the replica that took the dead one's place has a share of its own
                    self.assertNotIn(now, before.values())

    def test_a_policy_changes_while_requests_run_and_touches_no_replica(self):
        with self.start() as instance:
            replicas = instance.replicas(name="Worker")
            running = threading.Thread(target=self.work, args=(instance,), kwargs={"body": {"sleep_ms": 500}})
            running.start()
            self.deploy(instance, request_router_config={"request_router_class": "round_robin"})
            wait_until(lambda: [self.work(instance)["pid"] for _ in range(6)].count(next(iter(replicas.values()))) == 2,
                       "one after the other")
            pids = [self.work(instance)["pid"] for _ in range(9)]
            self.assertEqual(pids[:3], pids[3:6])
            self.assertEqual(set(pids[:3]), set(replicas.values()))
            running.join()
            self.assertEqual(instance.replicas(name="Worker"), replicas)

    def test_an_unknown_policy_is_refused_with_the_names_there_are(self):
        with Instance().run(verb="start") as instance:
            for router, text in [({"request_router_class": "round_robbin"}, "did you mean 'round_robin'"),
                                 ({"request_router_class": "ray.serve:Mine"}, "power_of_two, round_robin"),
                                 ({"request_router_class": "consistent_hash",
                                   "request_router_kwargs": {"vnode": 5}}, "vnodes")]:
                status, _, body = instance.admin("PUT", "/api/serve/applications/", config(request_router_config=router))
                self.assertEqual(status, 400, body)
                self.assertIn(text, body)

    def served_in_order(self, instance, requests):
        """Lets `requests` (headers each) wait behind one that runs, one after the other; their names as they were served."""
        turns = {}

        def send(name, headers):
            turns[name] = self.work(instance, body={"sleep_ms": 10}, **headers)["turn"]

        threads = [threading.Thread(target=self.work, args=(instance,), kwargs={"body": {"sleep_ms": 700}})]
        threads[0].start()
        wait_until(lambda: self.value(instance, "ray_serve_num_ongoing_requests_at_replicas") == 1, "it runs")
        for name, headers in requests:
            threads.append(threading.Thread(target=send, args=(name, headers)))
            waiting = len(threads) - 2
            threads[-1].start()
            wait_until(lambda: self.value(instance, "ray_serve_deployment_queued_queries") == waiting + 1, "it waits")
        for thread in threads:
            thread.join()
        return "".join(sorted(turns, key=turns.get))

    def value(self, instance, name):
        text = instance.request("GET", "/-/metrics")[2]
        found = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line)
                 and 'deployment="Worker"' in line and 'handle="proxy"' in line]
        return sum(found) if found else None

    def test_the_higher_priority_is_served_first_and_tenants_take_turns(self):
        with self.start(num_replicas=1, max_ongoing_requests=1) as instance:
            greedy, modest = {"x_tenant_id": "greedy"}, {"x_tenant_id": "modest"}
            order = self.served_in_order(instance, [("a", greedy), ("b", greedy), ("c", greedy), ("x", modest),
                                                    ("H", {"x_request_priority": "5"}),
                                                    ("l", {"x_request_priority": "-1"})])
            self.assertEqual(order, "Haxbcl")

    def test_a_priority_that_is_no_number_is_the_clients_fault(self):
        with self.start(num_replicas=1) as instance:
            self.work(instance, x_request_priority="high", status=400)

    def test_beyond_the_rate_is_429_with_the_time_to_wait(self):
        with self.start(admission={"requests_per_s": 0.05, "burst": 2}) as instance:
            for _ in range(2):
                self.work(instance)
            status, headers, body = instance.request("POST", "/work", {})
            self.assertEqual(status, 429)
            error = json.loads(body)["error"]
            self.assertEqual(error["type"], "Overloaded")
            self.assertTrue(10 <= error["retry_after_s"] <= 20, error)
            self.assertTrue(10 <= int(headers["retry-after"]) <= 20, headers)

    def test_each_tenant_has_its_own_rate(self):
        with self.start(admission={"tenant_requests_per_s": 0.05, "tenant_burst": 1}) as instance:
            self.work(instance, x_tenant_id="a")
            self.work(instance, x_tenant_id="a", status=429)
            self.work(instance, x_tenant_id="b")

    def test_a_replica_that_fails_is_kept_away_from_and_comes_back(self):
        breaker = {"failure_threshold": 3, "window_s": 60, "open_s": 1, "success_threshold": 2}
        with self.start(num_replicas=2, circuit_breaker=breaker) as instance:
            bad, good = instance.replicas(name="Worker").values()
            failures = 0
            for _ in range(100):
                status, _, _ = instance.request("POST", "/work", {"failing": [bad]})
                failures += status == 500
            self.assertTrue(3 <= failures <= 5, f"{failures}: three, and a probe a second")
            self.assertEqual(self.value(instance, "manta_router_open_breakers"), 1)
            wait_until(lambda: self.work_or_failure(instance) == bad, "the replica that does not fail any more is used")
            wait_until(lambda: self.work(instance) and self.value(instance, "manta_router_open_breakers") == 0,
                       "the breaker closes")

    def work_or_failure(self, instance):
        status, _, body = instance.request("POST", "/work", {})
        return json.loads(body)["pid"] if status == 200 else None

    def test_tenant_priority_and_session_go_through_the_graph(self):
        with self.start("build_front") as instance:
            served = self.work(instance, x_tenant_id="t", x_request_priority="3", x_session_id="s")
            self.assertEqual((served["tenant"], served["priority"], served["session"]), ("t", 3, "s"))

    def test_a_call_may_bring_its_own_policy(self):
        with self.start("build_front") as instance:
            body = {"work": {}, "policy": "round_robin"}
            ask = lambda: self.work(instance, "/routed", body, x_session_id="s")["pid"]
            wait_until(lambda: len({ask() for _ in range(3)}) == 3, "the handle is connected to all replicas")
            self.assertEqual(len({ask() for _ in range(3)}), 3)
            body["policy"] = "consistent_hash"
            self.assertEqual(len({ask() for _ in range(20)}), 1)
            body["policy"] = "consistent"
            error = self.work(instance, "/routed", body, status=400)["error"]
            self.assertIn("did you mean 'consistent_hash'", error["message"])

    def test_a_policy_of_the_applications_own_chooses_in_its_replicas(self):
        router = {"request_router_class": "custom:by_letter"}
        with self.start("build_front", request_router_config=router) as instance:
            wait_until(lambda: len({self.work(instance, x_tenant_id=tenant)["pid"] for tenant in "abc"}) == 3,
                       "the handle is connected to all replicas")
            homes = {}
            for _ in range(3):
                for tenant in "abc":
                    pid = self.work(instance, x_tenant_id=tenant)["pid"]
                    self.assertEqual(homes.setdefault(tenant, pid), pid)
            self.assertEqual(len(set(homes.values())), 3)
            self.work(instance, x_tenant_id="x")  # the policy throws: the request goes on

    def test_a_policy_of_its_own_is_refused_where_nobody_could_run_it(self):
        with Instance().run(verb="start") as instance:
            for function, name, text in [("build", "custom:by_letter", "runs no policies of applications"),
                                         ("build_front", "custom:by_leter", "has no routing policy 'by_leter'")]:
                wish = config(function, request_router_config={"request_router_class": name})
                status, _, body = instance.admin("PUT", "/api/serve/applications/", wish)
                self.assertEqual(status, 400, body)
                self.assertIn(text, body)


if __name__ == "__main__":
    unittest.main()
