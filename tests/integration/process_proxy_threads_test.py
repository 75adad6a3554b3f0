"""A proxy with two threads: both serve, what is said of the proxy holds over both, and nothing is lost when things change."""
import http.client
import json
import os
import re
import signal
import threading
import unittest

from instance import APP_ONE, APP_TWO, BUILD, Instance, wait_until
from load import Load

ROUTING_APP = os.path.join(BUILD, "tests", "apps", "librouting_app.so")


def two_threads(library, **settings):
    application = {"name": "test", "import_path": f"{library}:build"}
    if settings:
        application["deployments"] = [{"name": "Worker", **settings}]
    return {"http_options": {"threads": 2}, "applications": [application]}


class Client:
    """One connection that stays."""

    def __init__(self, instance):
        self.connection = http.client.HTTPConnection("127.0.0.1", instance.http_port, timeout=30)

    def __enter__(self):
        self.connection.connect()
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask(self, path, body):
        self.connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status


class Waiting:
    """Requests that are under way at the same time, each on a connection of its own, which the threads get in turn."""

    def __init__(self, instance, count, body):
        self.statuses = []
        self.threads = [threading.Thread(target=self.ask, args=(instance, body)) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def ask(self, instance, body):
        self.statuses.append(instance.request("POST", "/work", body, timeout=60)[0])

    def end(self):
        for thread in self.threads:
            thread.join()
        return sorted(self.statuses)


def switches(pid):
    """How often each thread of a process has waited."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as status:
            found[task] = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read(), re.M)[1])
    return found


class ProxyThreadsTest(unittest.TestCase):
    def value(self, instance, name, **labels):
        text = instance.request("GET", "/-/metrics")[2]
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name + "{")
                   and all(f'{key}="{value}"' in line for key, value in labels.items()))

    def test_both_threads_serve_and_the_figures_are_of_both(self):
        with Instance().run_config(two_threads(APP_ONE)) as instance:
            proxy = instance.pid_of("proxy")
            before = switches(proxy)
            clients = [Client(instance) for _ in range(4)]
            for client in clients:
                client.__enter__()
            for _ in range(100):
                for client in clients:
                    self.assertEqual(client.ask("/echo", {"text": "x"}), 200)
            served = [task for task, count in switches(proxy).items() if count - before.get(task, 0) >= 200]
            self.assertEqual(len(served), 2, "each waited for at least half of the requests")
            self.assertEqual(self.value(instance, "ray_serve_num_http_requests", route="/echo", status_code="200"), 400)
            self.assertEqual(self.value(instance, "ray_serve_http_request_latency_ms_count", route="/echo"), 400)
            self.assertEqual(self.value(instance, "ray_serve_num_router_requests", route="/echo"), 400)
            self.assertEqual(self.value(instance, "ray_serve_num_ongoing_requests_at_replicas", deployment="Echo"), 0)
            self.assertEqual(self.value(instance, "ray_serve_deployment_request_counter"), 400)
            for client in clients:
                client.__exit__()

    def test_the_bound_of_the_queue_is_that_of_the_proxy(self):
        with Instance().run_config(two_threads(ROUTING_APP, num_replicas=1, max_ongoing_requests=1,
                                               max_queued_requests=5)) as instance:
            running = Waiting(instance, 1, {"sleep_ms": 5000})
            wait_until(lambda: self.value(instance, "ray_serve_num_ongoing_requests_at_replicas"), "it runs")
            others = Waiting(instance, 20, {})
            wait_until(lambda: len(others.statuses) == 15, "those that are too many are told")
            self.assertEqual(set(others.statuses), {503})
            self.assertEqual(self.value(instance, "ray_serve_deployment_queued_queries"), 5)
            self.assertEqual(others.end(), [200] * 5 + [503] * 15)
            self.assertEqual(running.end(), [200])
            self.assertEqual(self.value(instance, "ray_serve_deployment_queued_queries"), 0)

    def test_the_rate_is_that_of_the_proxy(self):
        with Instance().run_config(two_threads(ROUTING_APP, admission={"requests_per_s": 0.001, "burst": 10})) as instance:
            self.assertEqual(Waiting(instance, 30, {}).end(), [200] * 10 + [429] * 20)

    def test_a_session_stays_on_its_replica_whichever_thread_it_comes_to(self):
        hashing = {"request_router_class": "consistent_hash"}
        with Instance().run_config(two_threads(ROUTING_APP, num_replicas=3, request_router_config=hashing)) as instance:
            def homes():
                found = {}
                for _ in range(4):  # an odd number of connections: each session comes to both threads
                    for session in range(9):
                        body = instance.request("POST", "/work", {}, headers={"x-session-id": f"s{session}"})[2]
                        found.setdefault(session, set()).add(json.loads(body)["pid"])
                return found

            homes()  # a thread that has just begun may not have reached all of the replicas
            settled = homes()
            self.assertTrue(all(len(pids) == 1 for pids in settled.values()), settled)

    def test_no_request_is_lost_when_the_proxy_is_replaced(self):
        with Instance().run_config(two_threads(APP_ONE)) as instance, Load(instance, threads=4, sleep_ms=5) as load:
            for _ in range(3):
                proxy, done = instance.pid_of("proxy"), len(load.done)
                os.kill(proxy, signal.SIGTERM)
                wait_until(lambda: instance.pid_of("proxy") not in (None, proxy), "the next life")
                wait_until(lambda: len(load.done) > done + 50, "it serves")
        self.assertEqual(load.failed, [])

    def test_no_request_is_lost_by_an_update(self):
        with Instance().run_config(two_threads(APP_ONE)) as instance:
            with Load(instance, threads=4) as load:
                self.assertEqual(instance.deploy(APP_TWO)[0], 200)
                wait_until(lambda: load.done and load.done[-1]["version"] == "two", "the new version")
                done = len(load.done)
                wait_until(lambda: len(load.done) > done + 50, "it serves")
            self.assertEqual(load.failed, [])

    def test_a_killed_proxy_is_back_with_both_threads(self):
        with Instance().run_config(two_threads(APP_ONE)) as instance:
            proxy = instance.pid_of("proxy")
            os.kill(proxy, signal.SIGKILL)
            connections = [Client(instance) for _ in range(4)]
            for client in connections:  # some wait in the listening socket
                with client:
                    self.assertEqual(client.ask("/echo", {"text": "x"}), 200)
            self.assertEqual(instance.request("GET", "/-/healthz")[2], "success")

    def test_a_request_under_way_ends_before_the_instance_does(self):
        with Instance().run_config(two_threads(ROUTING_APP, num_replicas=1, max_ongoing_requests=10)) as instance:
            running = Waiting(instance, 6, {"sleep_ms": 1500})
            wait_until(lambda: self.value(instance, "ray_serve_num_ongoing_requests_at_replicas") == 6, "they run")
            self.assertEqual(instance.stop(), 0)
            self.assertEqual(running.end(), [200] * 6)


if __name__ == "__main__":
    unittest.main()
