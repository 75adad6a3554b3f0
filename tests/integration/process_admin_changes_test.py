"""What a deploy would change, what was deployed before, one application at a time, and numbers of replicas."""
import json
import os
import shutil
import tempfile
import unittest

from instance import APP_ONE, APP_TWO, Instance, wait_until
from process_admin_commands_test import manta


def file_of(folder, text):
    path = os.path.join(folder, "app.yaml")
    with open(path, "w") as handle:
        handle.write(text)
    return path


class AdminChangesTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="manta-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def test_a_plan_says_what_would_happen_and_does_nothing(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            admin = ("--admin-port", str(instance.admin_port))
            before = instance.replicas()
            text = manta("plan", f"{APP_ONE}:build", *admin)
            self.assertIn("Echo  unchanged    1 replica\n", text)
            self.assertEqual(manta("diff", f"{APP_ONE}:build", *admin), "")
            more = file_of(self.folder, f"applications:\n- name: test\n  import_path: {APP_ONE}:build\n"
                                        "  deployments:\n  - name: Echo\n    num_replicas: 3\n")
            self.assertIn("1 -> 3 replicas; none is touched", manta("plan", more, *admin))
            self.assertEqual(manta("diff", more, *admin), "test/Echo\n- num_replicas: 1\n+ num_replicas: 3\n")
            self.assertIn("restart", manta("plan", f"{APP_TWO}:build", *admin))
            wrong = file_of(self.folder, f"applications:\n- name: test\n  import_path: {APP_ONE}:build\n  deployments:\n  - name: Ecko\n")
            self.assertIn("app.yaml:5:11: ", manta("plan", wrong, *admin, code=1))
            self.assertEqual(instance.replicas(), before)

    def test_history_and_rollback(self):
        library = os.path.join(self.folder, "libapp.so")
        shutil.copy(APP_ONE, library)
        with Instance().run(f"{library}:build") as instance:
            admin = ("--admin-port", str(instance.admin_port))
            self.assertIn("there is no earlier revision", manta("rollback", *admin, code=1))
            shutil.copy(APP_TWO, library + ".new")
            os.rename(library + ".new", library)
            manta("deploy", f"{library}:build", *admin)
            wait_until(lambda: instance.call(text="a")["version"] == "two", "version two")
            instance.wait_healthy()
            os.unlink(library)
            manta("rollback", *admin)
            wait_until(lambda: instance.call(text="a")["version"] == "one", "version one, from its copy")
            instance.wait_healthy()
            lines = manta("history", *admin).splitlines()
            for line, what in zip(lines[1:], ("rollback to 1: test (by .*: manta rollback)", "deploy: test (by .*: manta deploy .*)",
                                              "deploy: test (by .*: manta run .*)"), strict=True):
                self.assertRegex(line, what.replace("(", r"\(").replace(")", r"\)") + "$")
            self.assertTrue(lines[1].startswith("*"), lines)
            self.assertIn("no revision 99", manta("rollback", "99", *admin, code=1))

    def test_one_application_at_a_time(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            entry = {"route_prefix": "/other", "import_path": f"{APP_ONE}:build", "args": {"num_cpus": 0}}
            self.assertEqual(instance.admin("PUT", "/api/serve/applications/other", entry)[0], 200)
            instance.wait_healthy(application="other")
            self.assertEqual(set(instance.status()["applications"]), {"test", "other"})
            replicas = instance.replicas(application="test")

            status, headers, body = instance.admin("GET", "/api/serve/applications/other")
            tag = headers["etag"]
            patch = {"deployments": [{"name": "Echo", "num_replicas": 2}]}
            stale = {"if-match": '"0000000000000000"', "content-type": "application/json"}
            self.assertEqual(instance.request("PATCH", "/api/serve/applications/other", patch, port=instance.admin_port, headers=stale)[0], 412)
            fresh = {"if-match": tag, "content-type": "application/json"}
            self.assertEqual(instance.request("PATCH", "/api/serve/applications/other", patch, port=instance.admin_port, headers=fresh)[0], 200)
            wait_until(lambda: len(instance.replicas(application="other")) == 2, "two replicas")
            self.assertEqual(instance.request("DELETE", "/api/serve/applications/other", port=instance.admin_port, headers={"if-match": tag})[0], 412)
            self.assertNotEqual(instance.admin("GET", "/api/serve/applications/other")[1]["etag"], tag)

            self.assertEqual(instance.admin("PATCH", "/api/serve/applications/none", patch)[0], 404)
            status, _, body = instance.admin("PUT", "/api/serve/applications/third", {**entry, "name": "fourth"})
            self.assertEqual((status, json.loads(body)["error"]["detail"]), (400, "$.name"))
            self.assertEqual(instance.admin("PUT", "/api/serve/applications/third", {**entry, "colour": 1})[0], 400)
            self.assertEqual(instance.admin("DELETE", "/api/serve/applications/other")[0], 200)
            wait_until(lambda: set(instance.status()["applications"]) == {"test"}, "only test")
            self.assertEqual(instance.replicas(application="test"), replicas)

    def test_scale_keeps_the_code_that_runs(self):
        library = os.path.join(self.folder, "libapp.so")
        shutil.copy(APP_ONE, library)
        with Instance().run(f"{library}:build") as instance:
            admin = ("--admin-port", str(instance.admin_port))
            shutil.copy(APP_TWO, library + ".new")
            os.rename(library + ".new", library)
            before = instance.replicas()
            name = list(instance.status()["applications"])[0]
            self.assertEqual(manta("scale", "Echo", "3", *admin), f"{name}/Echo is to have 3 replicas\n")
            wait_until(lambda: len(instance.replicas()) == 3, "three replicas")
            self.assertLessEqual(before.items(), instance.replicas().items())
            self.assertEqual({instance.call(text="a")["version"] for _ in range(12)}, {"one"})
            self.assertIn("did you mean 'Echo'?", manta("scale", "Ecko", "3", *admin, code=1))
            self.assertIn("num_replicas", manta("scale", "Echo", "0", *admin, code=1))

    def test_explain_says_why_replicas_are_pending(self):
        with Instance().begin(f"{APP_ONE}:build", "num_cpus=1", "--num-cpus", "1") as instance:
            instance.wait_ready()
            admin = ("--admin-port", str(instance.admin_port))
            manta("scale", "Echo", "2", *admin)
            text = wait_until(lambda: "CPU" in (text := manta("explain", "Echo", *admin)) and text, "the reason")
            self.assertIn("2 wanted; 1 RUNNING", text)
            self.assertIn("requests wait until their deadline", text)
            self.assertEqual(manta("explain", *admin).count("test/Echo: "), 1)

    def test_explain_says_which_replica_a_scale_down_chose_and_why(self):
        with Instance().begin(f"{APP_ONE}:build") as instance:
            instance.wait_ready()
            admin = ("--admin-port", str(instance.admin_port))
            manta("scale", "Echo", "2", *admin)
            before = wait_until(lambda: len(found := set(instance.replicas())) == 2 and found, "two run")
            manta("scale", "Echo", "1", *admin)
            wait_until(lambda: len(instance.replicas()) == 1, "one is left")
            gone, = before - set(instance.replicas())
            reason = "it has the highest rank on its node (1)"
            self.assertIn(f"{gone}: {reason}", manta("explain", "Echo", *admin))
            self.assertIn(f"1 replica is wanted; {reason}", manta("events", *admin))


if __name__ == "__main__":
    unittest.main()
