"""Operating an instance: events, drains, effective configuration, controller health, cost, places of the proxy, logs."""
import glob
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from instance import APP_ONE, MANTA, Instance, manta, wait_until
from load import Load


def events(instance, since=0):
    return json.loads(instance.admin("GET", f"/api/serve/events?since={since}")[2])["events"]


def kinds(instance):
    return [event["kind"] for event in events(instance)]


class EventsTest(unittest.TestCase):
    def test_a_killed_replica_and_a_killed_controller_are_told(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            self.assertIn("replica_ready", kinds(instance))
            [deployed] = [e for e in events(instance) if e["kind"] == "deployed"]
            self.assertEqual(deployed["application"], "test")
            self.assertIn("manta run", deployed["by"])
            [(replica, pid)] = instance.replicas().items()
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: "replica_died" in kinds(instance), "the death")
            [died] = [e for e in events(instance) if e["kind"] == "replica_died"]
            self.assertEqual(died["replica"], replica)
            self.assertIn("killed by signal 9", died["message"])
            instance.wait_healthy()
            before = events(instance)
            os.kill(instance.pid_of("controller"), signal.SIGKILL)
            wait_until(lambda: kinds(instance).count("controller_started") == 2, "the next controller")
            after = events(instance)
            self.assertEqual(after[:len(before)], before)
            self.assertEqual([e["id"] for e in after], list(range(1, len(after) + 1)))

    def test_the_command_follows_over_a_restart_of_the_controller(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            follower = subprocess.Popen([MANTA, "events", "-f", "--json", "--application", "test", "--admin-port",
                                         str(instance.admin_port)], stdout=subprocess.PIPE, text=True)
            seen = []
            reader = threading.Thread(target=lambda: seen.extend(json.loads(line) for line in follower.stdout))
            reader.start()
            try:
                wait_until(lambda: any(e["kind"] == "application_status" for e in seen), "what was before")
                os.kill(instance.pid_of("controller"), signal.SIGKILL)
                wait_until(lambda: any(e["kind"] == "replica_adopted" for e in seen), "the adoption")
                manta(instance, "scale", "Echo", "2")
                wait_until(lambda: any("num_replicas 1 -> 2" in e["message"] for e in seen), "the change")
            finally:
                follower.kill()
                reader.join()
                follower.stdout.close()
                follower.wait()
            ids = [e["id"] for e in seen]
            self.assertEqual(ids, sorted(set(ids)), "each once, in order")
            self.assertEqual({e["application"] for e in seen}, {"test"})

    def test_the_stream_is_server_sent_events_and_goes_on_after_the_last_id(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            known = events(instance)
            connection = http.client.HTTPConnection("127.0.0.1", instance.admin_port, timeout=10)
            connection.request("GET", "/api/serve/events", headers={"accept": "text/event-stream",
                                                                   "last-event-id": str(known[-2]["id"])})
            answer = connection.getresponse()
            self.assertEqual(answer.getheader("content-type"), "text/event-stream")
            lines = [answer.readline().decode() for _ in range(5)]
            self.assertEqual(lines[2:4], [f"id: {known[-1]['id']}\n", f"event: {known[-1]['kind']}\n"])
            self.assertEqual(json.loads(lines[4].removeprefix("data: ")), known[-1])
            connection.close()

    def test_bad_questions_are_refused_and_text_is_for_people(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            self.assertEqual(instance.admin("GET", "/api/serve/events?since=yesterday")[0], 400)
            self.assertEqual(instance.admin("POST", "/api/serve/events")[0], 405)
            self.assertIn("expected the id of an event or an age", manta(instance, "events", "--since", "x", code=1))
            self.assertRegex(manta(instance, "events", "--since", "10m"), r"replica_ready +test#Echo#\w+: ready after")


class DrainTest(unittest.TestCase):
    def test_a_drained_replica_is_replaced_and_no_request_fails(self):
        with Instance().run(f"{APP_ONE}:build", "num_replicas=2") as instance:
            leaving = sorted(instance.replicas())[0]
            with Load(instance, sleep_ms=5) as load:
                manta(instance, "drain", leaving)
                wait_until(lambda: leaving not in instance.replicas("STOPPING") and len(instance.replicas()) == 2
                           and leaving not in instance.replicas(), "the replacement")
                wait_until(lambda: "drain_completed" in kinds(instance), "the end of the drain")
            self.assertEqual(load.failed, [])
            self.assertGreater(len(load.done), 10)
            order = [k for k in kinds(instance) if k in ("drain_started", "drain_completed")]
            self.assertEqual(order, ["drain_started", "drain_completed"])
            self.assertIn("there is no replica", manta(instance, "drain", "test#Echo#nobody", code=1))
            manta(instance, "drain", code=2)

    def test_a_drain_of_the_only_node_waits_with_the_reason_until_it_is_undone(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            node = instance.details()["controller_info"]["node_id"]
            manta(instance, "drain", "--node", node)

            def migrating():
                return instance.deployment()["replica_states"].get("PENDING_MIGRATION") == 1
            wait_until(migrating, "PENDING_MIGRATION")
            self.assertEqual(instance.call(text="a")["text"], "a")
            wait_until(lambda: "is being drained" in instance.deployment()["message"], "the reason")
            [entry] = instance.details()["nodes"]
            self.assertEqual((entry["node_id"], entry["state"], entry["replicas"]), (node, "DRAINING", 1))
            self.assertIn("is being drained", entry["message"])
            self.assertIn("may be used again", manta(instance, "drain", "--node", node, "--undo"))
            wait_until(lambda: instance.deployment()["replica_states"] == {"RUNNING": 1}, "RUNNING")
            self.assertIn("there is no node 'x'", manta(instance, "drain", "--node", "x", code=1))

    def test_at_the_deadline_a_drained_node_is_empty_though_nothing_replaces_what_ran(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            node = instance.details()["controller_info"]["node_id"]
            for wrong in (("--deadline", "soon"), ("--deadline", "0s"), ("--deadline", "5s", "--undo")):
                self.assertIn("--deadline", manta(instance, "drain", "--node", node, *wrong, code=2))
            status, _, body = instance.admin("POST", "/api/serve/drain", {"node": node, "deadline_s": -1})
            self.assertEqual((status, json.loads(body)["error"]["detail"]), (400, "$.deadline_s"))
            manta(instance, "drain", "--node", node, "--deadline", "1h")
            [entry] = instance.details()["nodes"]
            self.assertGreater(entry["deadline"], time.time() + 3000)
            self.assertEqual(instance.call(text="a")["text"], "a")
            manta(instance, "drain", "--node", node, "--deadline", "10s")
            wait_until(lambda: not instance.replicas() and not instance.replicas("PENDING_MIGRATION"), "none is left")
            wait_until(lambda: instance.details()["nodes"][0]["state"] == "DRAINED", "DRAINED")
            self.assertIn("is being drained", instance.deployment()["message"])
            self.assertIn("in 10 s at latest", "".join(e["message"] for e in events(instance)))
            manta(instance, "drain", "--node", node, "--undo")
            instance.wait_healthy()


class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="manta-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, text):
        path = os.path.join(self.folder, "app.yaml")
        with open(path, "w") as handle:
            handle.write(text)
        return path

    def test_each_value_in_force_has_its_origin(self):
        path = self.file(f"""applications:
- name: shown
  import_path: {APP_ONE}:build
  deployments:
  - name: Echo
    max_ongoing_requests: ${{CALLS:-7}}
    num_replicas: 2
""")
        with Instance().run(path) as instance:
            self.assertEqual(manta(instance, "config", "--effective"), manta(instance, "config", "shown", "--effective"))
            table = manta(instance, "config", "shown", "Echo", "--effective")
            self.assertRegex(table, r"num_replicas +2 +file app.yaml:7\n")
            self.assertRegex(table, r"max_ongoing_requests +7 +environment app.yaml:6 \$\{CALLS:-7\}\n")
            self.assertRegex(table, r"health_check_timeout_s +30.0 +default\n")
            self.assertRegex(table, r"ray_actor_options +\{.*code\n")
            manta(instance, "scale", "shown/Echo", "1")
            table = manta(instance, "config", "shown", "Echo", "--effective")
            self.assertRegex(table, r"num_replicas +1 +API\n")
            self.assertRegex(table, r"max_ongoing_requests +7 +environment app.yaml:6")
            self.assertNotIn("places", manta(instance, "config", "shown"))
            self.assertEqual(instance.admin("GET", "/api/serve/applications/nobody/effective")[0], 404)

    def test_logs_follow_the_configuration_without_a_restart(self):
        logs = os.path.join(self.folder, "logs")
        os.mkdir(logs)
        entry = {"name": "logged", "import_path": f"{APP_ONE}:build"}
        json_here = {"encoding": "JSON", "logs_dir": logs}
        with Instance().run(f"{APP_ONE}:build", "name=logged") as instance:
            replicas = instance.replicas(application="logged")

            def put(**more):
                status, _, body = instance.admin("PUT", "/api/serve/applications/",
                                                 {"applications": [{**entry, "args": {"name": "logged"}}], **more})
                self.assertEqual(status, 200, body)
                instance.wait_healthy(application="logged")

            def records(name):
                found = []
                for path in glob.glob(os.path.join(logs, name)):
                    with open(path) as handle:
                        found += [json.loads(line) for line in handle]
                return found

            def call_and_find(name, message, request):
                instance.request("POST", "/echo", {"text": "a"}, headers={"x-request-id": request})
                return [r for r in records(name) if r.get("request_id") == request and re.match(message, r["message"])]

            put(logging_config=json_here)
            wait_until(lambda: call_and_find("proxy.log", r"POST /echo 200 [\d.]+ms$", "r1"), "the proxy's record")
            [record] = wait_until(lambda: call_and_find("logged_Echo_*.log", r"CALL echo OK [\d.]+ms$", "r2")[:1],
                                  "the replica's record")
            self.assertEqual((record["application"], record["deployment"], record["component_name"], record["levelname"]),
                             ("logged", "Echo", "replica", "INFO"))
            self.assertIn(record["replica"], replicas)
            self.assertTrue(records("controller.log"))
            put(logging_config={**json_here, "enable_access_log": False})
            wait_until(lambda: instance.request("POST", "/echo", {"text": "a"}, headers={"x-request-id": "r3"})[0] == 200,
                       "an answer")
            put(logging_config=json_here)
            wait_until(lambda: call_and_find("logged_Echo_*.log", "CALL", "r4"), "records again")
            self.assertFalse([r for r in records("logged_Echo_*.log") if r.get("request_id") == "r3"])
            self.assertEqual(instance.replicas(application="logged"), replicas, "nothing has restarted")
            status, _, body = instance.admin("PUT", "/api/serve/applications/",
                                             {"applications": [entry], "logging_config": {"log_level": "LOUD"}})
            self.assertEqual(status, 400)
            self.assertIn("expected DEBUG, INFO, WARNING, ERROR or CRITICAL, found 'LOUD'", body)


class PlacesTest(unittest.TestCase):
    def test_without_a_proxy_applications_run_and_the_status_shows_none(self):
        with Instance().run(f"{APP_ONE}:build", "--proxy-location", "Disabled") as instance:
            self.assertIn("ready: without HTTP", instance.output())
            instance.wait_healthy()
            self.assertEqual(instance.status()["proxies"], {})
            self.assertEqual(instance.details()["proxy_location"], "Disabled")
            self.assertIsNone(instance.pid_of("proxy"))
            with self.assertRaises(OSError):
                instance.request("GET", "/-/healthz")
            self.assertIn("proxy_location Disabled", manta(instance, "cost", "--price", "1", code=1))
            self.assertEqual(instance.stop(), 0)

    def test_flags_of_grpc_are_ignored_with_a_warning_and_head_only_is_every_node(self):
        with Instance().begin("--proxy-location", "headonly", "--grpc-port", "9000", "--grpc-servicer-functions", "a:b",
                              "--address", "http://elsewhere:8265", verb="start") as instance:
            self.assertEqual(instance.process.wait(20), 1)
            self.assertIn("an instance starts on this machine", instance.output())
        with Instance().run("--proxy-location", "headonly", "--grpc-port", "9000", verb="start") as instance:
            self.assertIn("warning: --grpc-port: gRPC is not served", instance.output())
            self.assertEqual(instance.deploy()[0], 200)
            instance.wait_healthy()
            self.assertEqual(instance.details()["proxy_location"], "HeadOnly")
            self.assertEqual(list(instance.status()["proxies"].values()), ["HEALTHY"])

    def test_an_import_path_is_looked_for_in_the_app_dir_and_has_the_runtime_env(self):
        folder, name = os.path.split(APP_ONE)
        with Instance().run(f"{name}:build", "--app-dir", folder, "--blocking", "--runtime-env-json",
                            '{"env_vars": {"COLOUR": "green"}}') as instance:
            config = instance.details()["applications"]["test"]["deployed_app_config"]
            self.assertEqual(config["runtime_env"], {"env_vars": {"COLOUR": "green"}})
            [pid] = instance.replicas().values()
            with open(f"/proc/{pid}/environ", "rb") as handle:
                self.assertIn(b"COLOUR=green", handle.read().split(b"\0"))


class FiguresTest(unittest.TestCase):
    def test_controller_health_has_figures_of_its_loop(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            health = json.loads(manta(instance, "controller-health", "--json"))
            self.assertGreater(health["num_control_loops"], 2)
            self.assertEqual(health["loop_duration_s"]["count"], health["num_control_loops"])
            self.assertGreater(health["loop_duration_s"]["max"], 0)
            self.assertEqual((health["num_applications"], health["num_replicas"]), (1, 1))
            self.assertEqual(instance.details()["controller_health_metrics"].keys(), health.keys())
            self.assertIn("control loops", manta(instance, "controller-health"))

    def test_cost_is_told_for_the_rate_that_is_measured(self):
        with Instance().run(f"{APP_ONE}:build") as instance, Load(instance, threads=1, sleep_ms=10) as load:
            begun, before = time.monotonic(), len(load.done)
            report = json.loads(manta(instance, "cost", "--price", "2.01", "--window", "2", "--json"))
            rate = (len(load.done) - before) / (time.monotonic() - begun) * 3600
            rows = {(row["application"], row["deployment"]): row for row in report["rows"]}
            for key in (("", ""), ("test", "Echo")):
                row = rows[key]
                self.assertGreater(row["requests_per_hour"], rate / 3)
                self.assertLess(row["requests_per_hour"], rate * 3)
                self.assertAlmostEqual(row["dollars_per_million"], 2.01 / row["requests_per_hour"] * 1e6, places=6)

    def test_explain_names_the_candidates_and_what_turned_requests_away(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            status, _, body = instance.admin("PATCH", "/api/serve/applications/test", {
                "deployments": [{"name": "Echo", "max_ongoing_requests": 1, "max_queued_requests": 1}]})
            self.assertEqual(status, 200, body)
            instance.wait_healthy()
            with Load(instance, threads=6, sleep_ms=100) as load:
                wait_until(lambda: load.failed, "a refusal")
            text = manta(instance, "explain", "Echo")
            [replica] = instance.replicas()
            self.assertRegex(text, rf"{replica}  \d+ of 1 requests")
            self.assertRegex(text, r"turned away +\d+ by max_queued_requests")


if __name__ == "__main__":
    unittest.main()
