"""Deploys, redeploys, versions and status of a running instance."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from instance import APP_ONE, APP_TWO, MANTA, PROGRAM, Instance, wait_until
from load import Load


class DeployTest(unittest.TestCase):
    def test_a_shared_object_answers_over_http(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            self.assertEqual(instance.call(text="hi")["text"], "hi")
            self.assertEqual(instance.request("GET", "/ready")[0], 200)
            self.assertEqual(instance.stop(), 0)

    def test_an_executable_holds_its_application(self):
        with Instance() as instance:
            instance.run(program=PROGRAM)
            self.assertEqual(json.loads(instance.request("POST", "/", ["you"])[2]), "hello you")

    def test_a_configuration_file_with_overrides(self):
        with Instance() as instance:
            with open(os.path.join(instance.state, "app.yaml"), "w") as f:
                f.write(f"applications:\n- name: mine\n  route_prefix: /mine\n  import_path: {APP_ONE}:build\n"
                        "  deployments:\n  - name: Echo\n    num_replicas: 2\n")
            instance.run(f.name)
            self.assertEqual(len(instance.replicas(application="mine")), 2)
            self.assertEqual(instance.request("POST", "/mine/echo", {"text": "hi"})[0], 200)
            self.assertEqual(instance.request("POST", "/echo", {"text": "hi"})[0], 404)

    def test_the_status_text_has_the_keys_that_users_know(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            text = subprocess.run(instance.command("status"), capture_output=True, text=True, check=True).stdout
            text = re.sub(r"[0-9a-f]{56}", "<node_id>", text)
            text = re.sub(r"last_deployed_time_s: [0-9.]+", "last_deployed_time_s: <time>", text)
            self.assertEqual(text, "proxies:\n  <node_id>: HEALTHY\napplications:\n  test:\n    status: RUNNING\n    message: ''\n"
                                   "    last_deployed_time_s: <time>\n    deployments:\n      Echo:\n        status: HEALTHY\n"
                                   "        status_trigger: CONFIG_UPDATE_COMPLETED\n        replica_states:\n          RUNNING: 1\n"
                                   "        message: ''\ntarget_capacity: null\n")

    def test_ps_shows_application_deployment_and_replica(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            (replica, pid), = instance.replicas().items()
            with open(f"/proc/{pid}/cmdline") as f:
                words = f.read().split("\0")
            self.assertEqual(words[1:8], ["replica", "--application", "test", "--deployment", "Echo", "--id", replica])

    def test_overwriting_the_file_changes_nothing_until_it_is_deployed(self):
        folder = tempfile.mkdtemp()
        library = os.path.join(folder, "libapp.so")
        try:
            shutil.copy(APP_ONE, library)
            with Instance().run(f"{library}:build") as instance:
                with Load(instance) as load:
                    shutil.copy(APP_TWO, library)
                    (_, pid), = instance.replicas().items()
                    os.kill(pid, 9)
                    wait_until(lambda: instance.replicas() and pid not in instance.replicas().values(), "a new replica")
                    self.assertEqual(instance.call(text="x")["version"], "one", "the old version comes back")
                    status, _, body = instance.deploy(library)
                    self.assertEqual((status, body), (200, ""))
                    instance.wait_healthy()
                    wait_until(lambda: {answer["version"] for answer in load.done} == {"one", "two"}, "the new version")
                self.assertEqual(load.failed, [])
        finally:
            shutil.rmtree(folder)

    def test_a_rolling_update_fails_no_request(self):
        with Instance().run(f"{APP_ONE}:build", "--args", '{"num_replicas": 3}') as instance:
            with Load(instance, method="once", sleep_ms=5) as load:
                for artifact in (APP_TWO, APP_ONE, APP_TWO):
                    self.assertEqual(instance.deploy(artifact, num_replicas=3)[0], 200)
                    version = "two" if artifact == APP_TWO else "one"
                    wait_until(lambda: len(instance.replicas()) == 3, "three replicas")
                    instance.wait_healthy()
                    self.assertEqual({instance.call(text="x")["version"] for _ in range(10)}, {version})
            self.assertEqual(load.failed, [])

    def test_scaling_restarts_nothing(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            before = instance.replicas()
            config = instance.config()
            config["applications"][0]["deployments"] = [{"name": "Echo", "num_replicas": 3}]
            self.assertEqual(instance.admin("PUT", "/api/serve/applications/", config)[0], 200)
            wait_until(lambda: len(instance.replicas()) == 3, "three replicas")
            self.assertLessEqual(before.items(), instance.replicas().items())
            instance.wait_healthy()
            self.assertEqual(instance.deployment()["status_trigger"], "UPSCALE_COMPLETED")
            with Load(instance, method="once", sleep_ms=5) as load:
                self.assertEqual(instance.deploy()[0], 200)
                wait_until(lambda: len(instance.replicas()) == 1, "one replica")
                instance.wait_healthy()
            self.assertEqual(load.failed, [])
            self.assertEqual(instance.deployment()["status_trigger"], "DOWNSCALE_COMPLETED")

    def test_a_new_user_config_restarts_nothing(self):
        def deploy(level):
            config = instance.config(function="build_dial")
            config["applications"][0]["deployments"] = [
                {"name": "Dial", "user_config": {"level": level}, "max_ongoing_requests": 5 + abs(level)}]
            self.assertEqual(instance.admin("PUT", "/api/serve/applications/", config)[0], 200)

        with Instance().run(f"{APP_ONE}:build_dial") as instance:
            (_, pid), = instance.replicas(application="default", name="Dial").items()
            deploy(3)
            answer = wait_until(lambda: (now := instance.call("call")) and now["level"] == 3 and now, "the level")
            self.assertEqual(answer["pid"], pid)
            instance.wait_healthy(application="default", name="Dial")
            deploy(-1)
            wait_until(lambda: instance.deployment("default", "Dial")["status"] == "DEPLOY_FAILED", "DEPLOY_FAILED")
            self.assertIn("a level is not negative", instance.deployment("default", "Dial")["message"])
            self.assertEqual(instance.call("call"), {"level": 3, "pid": pid}, "it serves on as it was")

    def test_an_application_that_is_not_named_any_more_is_deleted(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            self.assertEqual(instance.deploy(name="other")[0], 200)
            wait_until(lambda: list(instance.status()["applications"]) == ["other"], "only the other one")
            self.assertEqual(instance.admin("DELETE", "/api/serve/applications/other")[0], 200)
            wait_until(lambda: instance.status()["applications"] == {}, "none")
            self.assertEqual(instance.admin("DELETE", "/api/serve/applications/other")[0], 404)

    def test_start_brings_the_stored_applications_back(self):
        with Instance().run(f"{APP_ONE}:build", "--args", '{"num_replicas": 2}') as instance:
            self.assertEqual(instance.stop(), 0)
            instance.run(verb="start")
            wait_until(lambda: len(instance.replicas()) == 2, "two replicas")
            self.assertEqual(instance.call(text="hi")["text"], "hi")

    def test_several_instances_side_by_side(self):
        with Instance().run(f"{APP_ONE}:build") as one, Instance().run(f"{APP_TWO}:build") as two:
            self.assertEqual(one.call(text="x")["version"], "one")
            self.assertEqual(two.call(text="x")["version"], "two")
            self.assertEqual(one.stop(), 0)
            self.assertEqual(two.call(text="x")["version"], "two")

    def test_shutdown_deletes_everything_and_ends_the_instance(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            subprocess.run(instance.command("shutdown", "-y"), check=True, timeout=30, capture_output=True)
            self.assertEqual(instance.process.wait(5), 0)
            instance.run(verb="start")
            self.assertEqual(instance.status()["applications"], {})

    def test_describe_prints_the_graph(self):
        result = subprocess.run([MANTA, "describe", f"{APP_ONE}:build"], capture_output=True, text=True, check=True)
        graph, = json.loads(result.stdout)["applications"]
        self.assertEqual((graph["name"], graph["ingress"]), ("test", "Echo"))


if __name__ == "__main__":
    unittest.main()
