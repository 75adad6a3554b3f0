"""What goes wrong inside a running instance, and what its status says about it."""
import json
import os
import signal
import time
import unittest

from instance import APP_ONE, Instance, wait_until


class FailureTest(unittest.TestCase):
    def test_a_constructor_that_throws_ends_run_with_its_text(self):
        with Instance().begin(f"{APP_ONE}:build", "--args", '{"fail_constructor": "no model file at /x.onnx"}') as instance:
            self.assertEqual(instance.process.wait(10), 1)
            self.assertIn("no model file at /x.onnx", instance.output())
            self.assertIn("failed to start 3 times in a row", instance.output())

    def test_a_deploy_whose_constructor_throws_is_deploy_failed(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            instance.deploy(name="bad", fail_constructor="no model")
            wait_until(lambda: instance.status()["applications"]["bad"]["status"] == "DEPLOY_FAILED", "DEPLOY_FAILED")
            failed = instance.deployment("bad")
            self.assertEqual(failed["status_trigger"], "REPLICA_STARTUP_FAILED")
            self.assertIn("no model", failed["message"])

    def test_a_process_that_exits_in_its_constructor_shows_its_last_words(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            instance.deploy(name="bad", exit_in_constructor=7)
            wait_until(lambda: instance.status()["applications"]["bad"]["status"] == "DEPLOY_FAILED", "DEPLOY_FAILED")
            message = instance.deployment("bad")["message"]
            self.assertIn("exit code 7", message)
            self.assertIn("the last words before the exit", message)

    def test_a_failed_update_leaves_the_old_version_serving(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            before = instance.replicas()
            instance.deploy(fail_constructor="the new one is broken")
            wait_until(lambda: instance.deployment()["status"] == "DEPLOY_FAILED", "DEPLOY_FAILED")
            self.assertEqual(instance.replicas(), before)
            self.assertEqual(instance.call(text="still")["text"], "still")

    def test_a_start_that_succeeds_at_last_is_healthy(self):
        with Instance() as instance:
            flag = os.path.join(instance.state, "flag")
            instance.begin(f"{APP_ONE}:build", "--args", json.dumps({"fail_until": flag, "num_replicas": 4}))
            wait_until(lambda: "not yet" in instance.output(), "the first failure")
            open(flag, "w").close()
            instance.wait_ready()

    def test_a_crashed_replica_is_replaced_and_the_status_says_why(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            (_, pid), = instance.replicas().items()
            time.sleep(1.1)
            os.kill(pid, 9)
            wait_until(lambda: instance.replicas() and pid not in instance.replicas().values(), "a new replica")
            instance.wait_healthy()
            dead = instance.details()["applications"]["test"]["deployments"]["Echo"]["recent_dead_replicas"]
            self.assertIn("killed by signal 9", dead[-1]["message"])

    def test_an_unhealthy_replica_is_replaced(self):
        with Instance() as instance:
            flag = os.path.join(instance.state, "flag")
            instance.run(f"{APP_ONE}:build", "--args", json.dumps({"unhealthy_while": flag, "health_check_period_s": 0.05}))
            before = set(instance.replicas())
            open(flag, "w").close()
            wait_until(lambda: instance.deployment()["status"] == "UNHEALTHY", "UNHEALTHY")
            wait_until(lambda: "told to be unhealthy" in instance.deployment()["message"], "the reason")
            os.unlink(flag)
            instance.wait_healthy()
            self.assertTrue(before.isdisjoint(instance.replicas()))

    def test_a_replica_that_hangs_is_replaced(self):
        """A blocked strand answers no health check, whatever the deployment's own check would say."""
        with Instance().run(f"{APP_ONE}:build") as instance:
            config = instance.config()  # with a check every 10 seconds before
            config["applications"][0]["deployments"] = [{"name": "Echo", "health_check_period_s": 0.1, "health_check_timeout_s": 0.3,
                                                         "graceful_shutdown_timeout_s": 0.1}]
            self.assertEqual(instance.admin("PUT", "/api/serve/applications/", config)[0], 200)
            [(before, pid)] = instance.replicas().items()
            os.kill(pid, signal.SIGSTOP)
            wait_until(lambda: instance.replicas() and before not in instance.replicas(), "another replica")
            self.assertEqual(instance.call(text="still")["text"], "still")
            wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the one that hung")

    def test_what_cannot_be_placed_says_why(self):
        with Instance().run(f"{APP_ONE}:build", "--num-cpus", "2", "--num-gpus", "1") as instance:
            config = instance.config()
            config["applications"][0]["deployments"] = [{"name": "Echo", "ray_actor_options": {"num_cpus": 0, "num_gpus": 2}}]
            self.assertEqual(instance.admin("PUT", "/api/serve/applications/", config)[0], 200)
            wait_until(lambda: instance.deployment()["message"] == "pending: needs 2 GPUs, the largest free is 1", "the reason")
            self.assertEqual(instance.call(text="still")["text"], "still", "the old version serves meanwhile")

    def test_a_refused_deploy_changes_nothing(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            before = instance.replicas()
            config = instance.config()
            config["applications"][0]["deployments"] = [{"name": "Ecko", "num_replicas": 2}]
            status, _, body = instance.admin("PUT", "/api/serve/applications/", config)
            self.assertEqual(status, 400)
            self.assertIn("Ecko", body)
            self.assertIn("Echo", body)
            for function, words in (("build_throws", "the build refuses"), ("none", "none")):
                status, _, body = instance.deploy(function=function)
                self.assertEqual(status, 400)
                self.assertIn(words, body)
            status, _, body = instance.admin("PUT", "/api/serve/applications/", {"aplications": []})
            self.assertEqual(status, 400)
            self.assertIn("applications", body)
            self.assertEqual(instance.replicas(), before)

    def test_a_build_that_does_not_end_is_stopped(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            status, _, body = instance.request("PUT", "/api/serve/applications/", instance.config(function="build_forever"),
                                               port=instance.admin_port, timeout=30)
            self.assertEqual(status, 400)
            self.assertIn("did not finish within 10 s", body)
            self.assertEqual(instance.call(text="x")["text"], "x")


if __name__ == "__main__":
    unittest.main()
