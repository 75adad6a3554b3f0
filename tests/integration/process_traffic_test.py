"""Weights, stickiness, shadows and promotions of a running instance, seen through its public port."""
import collections
import http.client
import json
import math
import os
import signal
import subprocess
import tempfile
import threading
import unittest

from instance import BUILD, Instance, wait_until

APP = os.path.join(BUILD, "tests", "apps", "libtraffic_app.so")
CANARY = [{"deployment": "ModelV1", "weight": 95}, {"deployment": "ModelV2", "weight": 5}]


def config(*rules, manners=None, **environment):
    """One application with these rules; `manners`: user_config by deployment."""
    return {"applications": [{"name": "test", "import_path": f"{APP}:build", "traffic": list(rules),
                              "runtime_env": {"env_vars": environment},
                              "deployments": [{"name": name, "user_config": value}
                                              for name, value in (manners or {}).items()]}]}


class Clients:
    """Requests one after another on several connections until stopped; who answered, and what failed."""

    def __init__(self, instance, threads=3, body=None):
        self.instance, self.body, self.stopping = instance, json.dumps(body or {"text": "x"}), False
        self.models, self.failed = [], []
        self.threads = [threading.Thread(target=self.work) for _ in range(threads)]

    def work(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.instance.http_port, timeout=20)
        while not self.stopping:
            try:
                connection.request("POST", "/ask", self.body, {"content-type": "application/json"})
                answer = connection.getresponse()
                text = answer.read().decode()
                if answer.status == 200:
                    self.models.append(json.loads(text)["model"])
                else:
                    self.failed.append((answer.status, text))
            except Exception as error:  # every kind counts
                self.failed.append(repr(error))
                connection.close()
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()


class TrafficTest(unittest.TestCase):
    def start(self, *rules, **more):
        return Instance().run_config(config(*rules, **more))

    def deploy(self, instance, *rules, **more):
        status, _, body = instance.admin("PUT", "/api/serve/applications/", config(*rules, **more))
        self.assertEqual(status, 200, body)

    def traffic(self, instance):
        return json.loads(instance.admin("GET", "/api/serve/applications/test/traffic")[2])[0]

    def change(self, instance, **request):
        status, _, body = instance.admin("POST", "/api/serve/applications/test/traffic", request)
        self.assertEqual(status, 200, body)
        return json.loads(body)[0]

    def wait_phase(self, instance, phase, limit_s=40):
        def reached():
            try:
                return self.traffic(instance)["phase"] == phase
            except OSError:  # between two controllers
                return False
        wait_until(reached, phase, limit_s)

    def ask(self, connection, path="/ask", body=b'{"text": "x"}', **headers):
        connection.request("POST", path, body,
                           {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}})
        answer = connection.getresponse()
        text = answer.read().decode()
        self.assertEqual(answer.status, 200, text)
        return json.loads(text)["model"] if path == "/ask" else text

    def connect(self, instance):
        connection = http.client.HTTPConnection("127.0.0.1", instance.http_port, timeout=20)
        self.addCleanup(connection.close)
        return connection

    def pids(self, instance):
        return {name: set(instance.replicas(name=name).values()) for name in ("ModelV1", "ModelV2", "ModelV3")}

    def assert_share(self, count, of, share):
        self.assertAlmostEqual(count, of * share, delta=4 * math.sqrt(of * share * (1 - share)))

    def test_weights_divide_requests_within_the_error_of_chance(self):
        with self.start({"split": CANARY}) as instance:
            connection = self.connect(instance)
            served = collections.Counter(self.ask(connection) for _ in range(3000))
            self.assertEqual(set(served), {"ModelV1", "ModelV2"})
            self.assert_share(served["ModelV2"], 3000, 0.05)
            metrics = instance.request("GET", "/-/metrics")[2]
            for model in served:
                self.assertIn(f'manta_traffic_requests_total{{application="test",deployment="{model}",route="/"}} '
                              f'{served[model]}', metrics)
            self.assertIn('manta_traffic_share{application="test",deployment="ModelV2",route="/"} 0.05', metrics)
            wait_until(lambda: sum(t["requests"] for t in self.traffic(instance)["targets"]) == 3000, "all reported")

    def test_a_session_stays_and_other_weights_move_only_what_must(self):
        with self.start({"split": CANARY, "sticky": "session"}) as instance:
            connection = self.connect(instance)
            homes = {s: self.ask(connection, x_session_id=f"s{s}") for s in range(400)}
            self.assert_share(sum(home == "ModelV2" for home in homes.values()), 400, 0.05)
            for session, home in homes.items():
                self.assertEqual(self.ask(connection, x_session_id=f"s{session}"), home)
            self.change(instance, set=[{"deployment": "ModelV1", "weight": 70},
                                       {"deployment": "ModelV2", "weight": 30}])

            def now():
                return {s: self.ask(connection, x_session_id=f"s{s}") for s in range(400)}
            wait_until(lambda: now() != homes, "the new weights")
            after = now()
            self.assert_share(sum(home == "ModelV2" for home in after.values()), 400, 0.3)
            for session, home in homes.items():
                if home == "ModelV2":
                    self.assertEqual(after[session], "ModelV2")
            os.kill(instance.pid_of("proxy"), signal.SIGKILL)
            connection.close()

            def answers():
                try:
                    return now() == after
                except (OSError, http.client.HTTPException):
                    connection.close()
                    return False
            wait_until(answers, "the next proxy chooses the same")

    def test_a_shadow_gets_its_share_and_harms_nobody(self):
        with tempfile.NamedTemporaryFile() as log:
            rule = {"shadow": {"deployment": "ModelV3", "percent": 20, "max_in_flight": 5}}

            def seen():
                with open(log.name) as file:
                    return collections.Counter(line.strip() for line in file)
            with self.start(rule, TRAFFIC_LOG=log.name) as instance:
                connection = self.connect(instance)
                for _ in range(1000):
                    self.assertEqual(self.ask(connection, "/call", b"hello"), "ModelV1")
                wait_until(lambda: "answered" in instance.request("GET", "/-/metrics")[2], "copies")
                counted = seen()
                self.assertEqual(set(counted), {"ModelV1 - 5", "ModelV3 1 5"}, "only copies are marked")
                self.assertEqual(counted["ModelV1 - 5"], 1000)
                self.assert_share(counted["ModelV3 1 5"], 1000, 0.2)

                everything = {"shadow": {**rule["shadow"], "percent": 100}}
                slow = {"ModelV3": {"sleep_ms": 60_000}}
                self.deploy(instance, everything, manners=slow, TRAFFIC_LOG=log.name)
                enough = counted["ModelV3 1 5"] + 4
                wait_until(lambda: seen()["ModelV3 1 5"] > enough or not self.ask(connection, "/call", b"hello"),
                           "copies hang")
                for _ in range(200):  # nobody waits for a copy: the limit of a client is 20 s
                    self.assertEqual(self.ask(connection, "/call", b"hello"), "ModelV1")
                metrics = instance.request("GET", "/-/metrics")[2]
                self.assertRegex(metrics, r'manta_shadow_requests_total\{[^}]*result="dropped"\} [1-9]')

                for pid in instance.replicas(name="ModelV3").values():
                    os.kill(pid, signal.SIGKILL)
                for _ in range(300):
                    self.assertEqual(self.ask(connection, "/call", b"hello"), "ModelV1")

    def test_a_canary_that_fails_is_rolled_back(self):
        promote = {"to": "ModelV2", "steps": [50, 100], "hold_s": 60, "min_requests": 20}
        with self.start({"split": CANARY, "promote": promote}, manners={"ModelV2": {"fails": True}}) as instance:
            with Clients(instance) as clients:
                self.wait_phase(instance, "rolled_back")
            self.assertTrue(clients.failed)
            for failure in clients.failed:
                self.assertEqual(failure[0], 500, failure)
            connection = self.connect(instance)
            wait_until(lambda: all(self.ask(connection) == "ModelV1" for _ in range(20)), "only the old one")
            state = self.traffic(instance)
            self.assertEqual([t["weight"] for t in state["targets"]], [100, 0])
            self.assertIn("were errors", state["changes"][-1]["reason"])
            os.kill(instance.pid_of("controller"), signal.SIGKILL)
            self.wait_phase(instance, "rolled_back")
            self.assertEqual(self.traffic(instance)["changes"], state["changes"])
            events = json.loads(instance.admin("GET", "/api/serve/events")[2])
            self.assertIn("traffic_changed", json.dumps(events))

    def test_a_good_canary_is_promoted_although_the_controller_is_killed_on_the_way(self):
        promote = {"to": "ModelV2", "steps": [10, 50, 100], "hold_s": 2, "min_requests": 20, "max_latency_ratio": 0}
        with self.start({"split": CANARY, "promote": promote}) as instance:
            with Clients(instance) as clients:
                wait_until(lambda: self.traffic(instance)["step"] == 1, "the second step")
                before = self.traffic(instance)
                os.kill(instance.pid_of("controller"), signal.SIGKILL)

                def is_back():
                    try:
                        return self.traffic(instance)
                    except OSError:
                        return None
                state = wait_until(is_back, "the next controller")
                self.assertGreaterEqual(state["step"], 1)
                self.assertEqual(state["changes"][:2], before["changes"][:2])
                self.wait_phase(instance, "promoted")
                mark = len(clients.models)
                wait_until(lambda: len(clients.models) > mark + 50, "more requests")
            self.assertEqual(clients.failed, [])
            self.assertEqual(set(clients.models[mark + 20:]), {"ModelV2"})
            details = instance.details()["applications"]["test"]["traffic"][0]
            self.assertEqual([change["phase"] for change in details["changes"]],
                             ["promoting", "promoting", "promoting", "promoted"])

    def test_a_slow_canary_is_rolled_back(self):
        promote = {"to": "ModelV2", "steps": [50, 100], "hold_s": 60, "min_requests": 20}
        with self.start({"split": CANARY, "promote": promote}, manners={"ModelV2": {"sleep_ms": 200}}) as instance:
            with Clients(instance) as clients:
                self.wait_phase(instance, "rolled_back")
            self.assertEqual(clients.failed, [])
            self.assertIn("times as long", self.traffic(instance)["changes"][-1]["reason"])

    def test_weights_change_under_load_without_a_failed_request_or_a_restart(self):
        with self.start({"split": CANARY}) as instance:
            before = self.pids(instance)
            with Clients(instance) as clients:
                for weight in (50, 0, 100, 5):
                    self.deploy(instance, {"split": [{"deployment": "ModelV1", "weight": 100 - weight},
                                                     {"deployment": "ModelV2", "weight": weight}]})
                    mark = len(clients.models)
                    wait_until(lambda: len(clients.models) > mark + 100, "more requests")
                    self.change(instance, action="promote", deployment="ModelV2")
                    self.change(instance, set=[{"deployment": "ModelV1", "weight": 1},
                                               {"deployment": "ModelV2", "weight": 1}])
                self.deploy(instance, {"split": [{"deployment": "ModelV3", "weight": 1}]})
                wait_until(lambda: clients.models[-10:] == ["ModelV3"] * 10, "the third one alone")
                self.deploy(instance)
                wait_until(lambda: clients.models[-10:] == ["ModelV1"] * 10, "the ingress again")
            self.assertEqual(clients.failed, [])
            self.assertEqual(self.pids(instance), before)

    def test_the_command_line_shows_and_changes(self):
        with self.start({"split": CANARY, "promote": {"to": "ModelV2"}}) as instance:
            def manta(*words, code=0):
                done = subprocess.run(instance.command("traffic", *words), capture_output=True, text=True)
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                return done.stdout + done.stderr
            self.assertIn("promoting, step 1 of 4", manta("test"))
            self.assertRegex(manta("test", "/", "--set", "ModelV1=60,ModelV2=40"), r"ModelV2 +40\.00 %")
            self.assertIn("manual", manta("test"))
            self.assertRegex(manta("test", "--promote"), r"ModelV2 +100\.00 %")
            self.assertRegex(manta("test", "--rollback"), r"ModelV2 +0\.00 %")
            self.assertIn("step 1 of 4", manta("test", "--restart"))
            self.assertIn("no target of this route", manta("test", "--set", "ModelV9=1", code=1))
            self.assertIn("no traffic rules", manta("nobody", "--promote", code=1))
            explained = subprocess.run(instance.command("explain"), capture_output=True, text=True).stdout
            self.assertIn("test /: promoting", explained)

    def test_a_rule_that_cannot_be_is_refused_with_its_place(self):
        with self.start() as instance:
            for split, what in (([{"deployment": "ModelV9", "weight": 1}], "has no deployment 'ModelV9'"),
                                ([{"deployment": "ModelV1", "weight": 0}], "at least one weight above 0")):
                status, _, body = instance.admin("PUT", "/api/serve/applications/", config({"split": split}))
                self.assertEqual(status, 400)
                self.assertIn(what, body)
                self.assertIn("traffic[0].split", body)


if __name__ == "__main__":
    unittest.main()
