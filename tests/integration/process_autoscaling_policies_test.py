"""Autoscaling policies of applications' own, in processes of their own."""
import json
import os
import re
import signal
import subprocess
import unittest

from instance import BUILD, MANTA, Instance, wait_until

APP = os.path.join(BUILD, "tests", "apps", "libautoscaling_app.so")
LIMIT_S = 90.0


class AutoscalingPoliciesTest(unittest.TestCase):
    def say(self, instance, word):
        """What the obedient policies do from now on."""
        path = os.path.join(instance.state, "word")
        with open(path + ".new", "w") as f:
            f.write(str(word))
        os.replace(path + ".new", path)
        return path

    def config(self, policy=None, names=("Worker",), kwargs=None, application_policy=None, **fields):
        scaling = {"min_replicas": 1, "max_replicas": 4, "look_back_period_s": 1, "metrics_interval_s": 0.5,
                   "upscale_delay_s": 0, "downscale_delay_s": 0, **fields}
        if policy:
            scaling["policy"] = {"policy_function": policy, "policy_kwargs": kwargs or {}}
        application = {"name": "test", "import_path": f"{APP}:build",
                       "deployments": [{"name": name, "autoscaling_config": scaling} for name in names]}
        if application_policy:
            application["autoscaling_policy"] = {"policy_function": application_policy, "policy_kwargs": kwargs or {}}
        return {"applications": [application]}

    def start(self, instance, description):
        path = os.path.join(instance.state, "app.yaml")
        with open(path, "w") as f:
            json.dump(description, f)  # JSON is YAML
        return instance.run(path)

    def start_obedient(self, instance, word=1):
        file = self.say(instance, word)
        return self.start(instance, self.config("custom:obedient", kwargs={"file": file}))

    def detail(self, instance, name="Worker"):
        return instance.details()["applications"]["test"]["deployments"][name]["autoscaling_detail"]

    def wait_replicas(self, instance, count, name="Worker"):
        wait_until(lambda: len(instance.replicas(name=name)) == count, f"{count} replicas of {name}", LIMIT_S)

    def wait_error(self, instance, text):
        wait_until(lambda: text in self.detail(instance)["policy"]["last_error"], text, LIMIT_S)

    def host(self, instance):
        return wait_until(lambda: instance.pid_of("policy-host"), "a policy host", LIMIT_S)

    def explain(self, instance):
        done = subprocess.run([MANTA, "explain", "test", "--admin-port", str(instance.admin_port)],
                              capture_output=True, text=True, timeout=LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_a_policy_follows_a_figure_of_the_replicas(self):
        with Instance() as instance:
            self.start(instance, self.config("custom:follow_depth", kwargs={"target": 5}))
            self.wait_replicas(instance, 1)
            self.assertEqual(instance.request("POST", "/set_depth", {"depth": 12})[0], 200)
            self.wait_replicas(instance, 3)
            decision = self.detail(instance)["decisions"][0]
            self.assertEqual((decision["policy"], decision["policy_scope"]), ("custom:follow_depth", "deployment"))
            self.assertAlmostEqual(decision["policy_num_replicas"], 2.4)
            text = self.explain(instance)
            self.assertIn("policy custom:follow_depth of the deployment", text)
            self.assertRegex(text, r"it asks for [0-9.]+; with factors [0-9]+; within the bounds [0-9]+")
            self.assertIn("depth", text)

    def test_a_target_on_a_figure_needs_no_code(self):
        with Instance() as instance:
            self.start(instance, self.config("target_metric", kwargs={"metric": "depth", "target": 5}))
            self.assertEqual(instance.request("POST", "/set_depth", {"depth": 12})[0], 200)
            self.wait_replicas(instance, 3)
            self.assertIsNone(instance.pid_of("policy-host"))

    def test_a_policy_that_throws_leaves_the_number_and_says_so(self):
        with Instance() as instance:
            self.start_obedient(instance, 2)
            self.wait_replicas(instance, 2)
            self.say(instance, "throw")
            self.wait_error(instance, "threw: told to throw")
            self.assertEqual(len(instance.replicas(name="Worker")), 2)
            message = instance.deployment(name="Worker")["message"]
            self.assertIn("custom:obedient", message)
            self.assertIn("told to throw", message)
            self.assertIn("told to throw", self.explain(instance))
            self.say(instance, 1)
            self.wait_replicas(instance, 1)
            self.assertEqual(instance.deployment(name="Worker")["message"], "")

    def test_a_policy_that_crashes_again_and_again_is_restarted_less_and_less_often(self):
        with Instance() as instance:
            self.start_obedient(instance, 2)
            self.wait_replicas(instance, 2)
            controller = instance.details()["controller_info"]["pid"]
            self.say(instance, "crash")
            self.wait_error(instance, "killed by signal 11")
            wait_until(lambda: self.detail(instance)["policy"]["failures"] >= 3, "three failures", LIMIT_S)
            self.assertEqual(instance.details()["controller_info"]["pid"], controller)
            self.assertEqual(len(instance.replicas(name="Worker")), 2)
            self.assertEqual(instance.request("POST", "/set_depth", {"depth": 1})[0], 200)
            self.say(instance, 3)
            self.wait_replicas(instance, 3)
            _, _, metrics = instance.request("GET", "/-/metrics")
            self.assertRegex(metrics, r"autoscaling_policy_failures(_total)?\{[^}]*policy=\"custom:obedient\"[^}]*\} [3-9]")

    def test_a_policy_that_hangs_loses_its_process(self):
        with Instance() as instance:
            self.start_obedient(instance, 2)
            self.wait_replicas(instance, 2)
            first = self.host(instance)
            self.say(instance, "hang")
            self.wait_error(instance, "took longer than 10 s")
            self.assertFalse(os.path.exists(f"/proc/{first}"))
            self.assertEqual(len(instance.replicas(name="Worker")), 2)
            self.say(instance, 1)
            self.wait_replicas(instance, 1)

    def test_a_policy_of_the_application_balances_two_deployments(self):
        with Instance() as instance:
            file = self.say(instance, 1)
            self.start(instance, self.config(names=("Worker", "Front"), application_policy="custom:balance",
                                             kwargs={"file": file, "total": 4}))
            self.wait_replicas(instance, 3, "Front")
            self.wait_replicas(instance, 1, "Worker")
            self.say(instance, 3)
            self.wait_replicas(instance, 3, "Worker")
            self.wait_replicas(instance, 1, "Front")
            decision = self.detail(instance, "Front")["decisions"][-1]
            self.assertEqual((decision["policy"], decision["policy_scope"]), ("custom:balance", "application"))

    def test_the_state_survives_the_death_of_the_controller(self):
        with Instance() as instance:
            self.start_obedient(instance, 2)
            self.wait_replicas(instance, 2)

            def calls():
                return json.loads(json.dumps(self.detail(instance)["policy"]["state"])).get("calls", 0)
            wait_until(lambda: calls() >= 5, "five calls", LIMIT_S)
            before = instance.details()["controller_info"]
            first = self.host(instance)
            os.kill(before["pid"], signal.SIGKILL)

            def is_back():
                try:
                    return (instance.details()["controller_info"]["epoch"] > before["epoch"]
                            and self.detail(instance)["policy"]["answers"] >= 1)
                except (OSError, ValueError, KeyError, TypeError):
                    return False
            wait_until(is_back, "another controller", LIMIT_S)
            detail = self.detail(instance)["policy"]
            self.assertGreater(detail["state"]["calls"], detail["answers"], "goes on where it was")
            self.assertEqual(len(instance.replicas(name="Worker")), 2)
            self.assertFalse(os.path.exists(f"/proc/{first}"), "the host of the earlier controller ends with it")

    def test_nothing_is_left_when_the_instance_ends(self):
        with Instance() as instance:
            self.start_obedient(instance)
            self.host(instance)
            instance.stop()
            self.assertEqual(instance.children(), {})

    def test_an_unknown_policy_is_refused_with_the_nearest(self):
        with Instance() as instance:
            instance.run(f"{APP}:build")
            status, _, body = instance.admin("PUT", "/api/serve/applications/", self.config("custom:obediant"))
            self.assertEqual(status, 400, body)
            self.assertIn("did you mean 'obedient'?", body)
            status, _, body = instance.admin("PUT", "/api/serve/applications/",
                                             self.config(application_policy="custom:balanse"))
            self.assertEqual(status, 400, body)
            self.assertIn("did you mean 'balance'?", body)
            self.assertTrue(re.search(r"applications\[0\]\.autoscaling_policy", body), body)


if __name__ == "__main__":
    unittest.main()
