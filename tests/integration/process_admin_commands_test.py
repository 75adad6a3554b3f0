"""Commands that ask a running instance, and those that write configuration files."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from instance import APP_ONE, APP_TWO, MANTA, Instance, wait_until


def manta(*words, code=0):
    result = subprocess.run([MANTA, *words], capture_output=True, text=True, timeout=60)
    if result.returncode != code:
        raise AssertionError(f"{words}: exit code {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result.stdout if code == 0 else result.stderr


class AdminCommandsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="manta-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as handle:
            handle.write(text)
        return path

    def test_what_build_writes_can_be_run_and_config_prints_it(self):
        path = os.path.join(self.folder, "app.yaml")
        manta("build", f"{APP_ONE}:build", "-o", path)
        with open(path) as handle:
            text = handle.read()
        self.assertIn(f"- name: app1\n  route_prefix: /\n  import_path: {APP_ONE}:build\n", text)
        self.assertIn("  - name: Echo\n", text)
        self.assertIn("max_ongoing_requests: 100", text)
        with Instance().run(path) as instance:
            self.assertEqual(instance.call(text="a")["text"], "a")
            admin = ("--address", f"http://localhost:{instance.admin_port}")
            printed = manta("config", *admin)
            self.assertTrue(printed.startswith("name: app1\nroute_prefix: /\n"), printed)
            self.assertEqual(manta("config", "-n", "app1", *admin), printed)
            self.assertIn("there is no application 'app2'", manta("config", "-n", "app2", *admin, code=1))
            again = self.file("again.yaml", "applications:\n- " + printed.replace("\n", "\n  ").rstrip() + "\n")
            replicas = instance.replicas(application="app1")
            manta("deploy", again, *admin)
            self.assertEqual(manta("config", *admin), printed)
            instance.wait_healthy(application="app1")
            self.assertEqual(instance.replicas(application="app1"), replicas)

    def test_status_of_one_application_stands_alone(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            text = manta("status", "-n", "test", "--admin-port", str(instance.admin_port))
            self.assertTrue(text.startswith("status: RUNNING\nmessage: ''\nlast_deployed_time_s: "), text)

    def test_arguments_of_build_are_words(self):
        with Instance().run(f"{APP_ONE}:build", "num_replicas=2", "name=words") as instance:
            self.assertEqual(len(instance.replicas(application="words")), 2)
            manta("deploy", f"{APP_ONE}:build", "num_replicas=1", "name=words", "--admin-port", str(instance.admin_port))
            wait_until(lambda: len(instance.replicas(application="words")) == 1, "one replica")
        self.assertIn("'wrong': expected key=value", manta("run", f"{APP_ONE}:build", "wrong", code=1))

    def test_an_address_that_is_none_is_explained(self):
        self.assertIn("expected http://HOST:PORT", manta("status", "--address", "ftp://x", code=1))

    def test_logs_show_what_replicas_wrote(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            admin = ("--admin-port", str(instance.admin_port))
            (replica,) = instance.replicas()
            text = manta("logs", *admin)
            self.assertTrue(text.startswith(f"[{replica}] "), text)
            self.assertEqual(manta("logs", "test/Echo", *admin), text)
            self.assertIn("[controller] ", manta("logs", "controller", "-n", "5", *admin))
            self.assertIn("nothing here is called 'Ecko'; did you mean 'Echo'?", manta("logs", "Ecko", *admin, code=1))
            follow = subprocess.Popen([MANTA, "logs", "-f", *admin], stdout=subprocess.PIPE, text=True)
            try:
                self.assertIn(replica, follow.stdout.readline())
                os.kill(instance.replicas()[replica], 9)
                instance.wait_healthy()
                for line in follow.stdout:
                    if replica not in line:  # of the one that took its place
                        break
            finally:
                follow.kill()
                follow.wait()
                follow.stdout.close()

    def test_a_changed_library_and_a_changed_file_are_reloaded(self):
        library = os.path.join(self.folder, "libapp.so")
        shutil.copy(APP_ONE, library)
        path = self.file("app.yaml", "applications:\n- import_path: ./libapp.so:build\n")
        with Instance().run(path, "--reload") as instance:
            self.assertEqual(instance.call(text="a")["version"], "one")
            shutil.copy(APP_TWO, library + ".new")
            os.rename(library + ".new", library)
            wait_until(lambda: "reloaded" in instance.output(), "reloaded")
            wait_until(lambda: instance.call(text="a")["version"] == "two", "version two")
            self.file("app.yaml", "applications:\n- import_path: ./libapp.so:buil\n")
            wait_until(lambda: "reload: " in instance.output(), "the error")
            self.assertEqual(instance.call(text="a")["version"], "two")
            self.file("app.yaml", "applications:\n- import_path: ./libapp.so:build\n  route_prefix: /new\n")
            wait_until(lambda: instance.request("POST", "/new/echo", {"text": "a"})[0] == 200, "the new prefix")

    @staticmethod
    def applications(instance, query):
        return json.loads(instance.admin("GET", "/api/serve/applications/" + query)[2])["applications"]

    def test_rest_takes_the_file_as_json(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            entry = {"name": "rest", "import_path": f"{APP_ONE}:build", "args": {"num_cpus": 0},
                     "runtime_env": {"env_vars": {"A": "${HOME}"}}, "deployments": [{"name": "Echo", "num_replicas": 2}]}
            self.assertEqual(instance.admin("PUT", "/api/serve/applications/", {"applications": [entry]})[::2], (200, ""))
            wait_until(lambda: len(instance.replicas(application="rest")) == 2, "two replicas")
            self.assertEqual(instance.details()["applications"]["rest"]["deployed_app_config"], entry)
            self.assertEqual(list(self.applications(instance, "?api_type=declarative")), ["rest"])
            self.assertEqual(self.applications(instance, "?api_type=imperative"), {})
            self.assertEqual(instance.admin("GET", "/api/serve/applications/?api_type=other")[0], 400)
            [(node, proxy)] = instance.details()["proxies"].items()
            self.assertEqual((proxy["node_id"], proxy["status"]), (node, "HEALTHY"))
            entry["import_path"] = "libapp.so:build"
            status, _, body = instance.admin("PUT", "/api/serve/applications/", {"applications": [entry]})
            self.assertEqual((status, json.loads(body)["error"]["detail"]), (400, "$.applications[0].import_path"))
            self.assertIn("absolute path", body)
            status, _, body = instance.admin("PUT", "/api/serve/applications/", {"aplications": []})
            self.assertEqual(status, 400)
            self.assertIn("did you mean 'applications'?", body)


if __name__ == "__main__":
    unittest.main()
