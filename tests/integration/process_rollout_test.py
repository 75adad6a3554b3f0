"""Rollouts of a running instance under load: in waves, failed, rolled back, and with the controller killed in the middle."""
import contextlib
import os
import random
import signal
import sqlite3
import threading
import time
import unittest

from instance import APP_ONE, APP_TWO, Instance, wait_until
from load import Load


def deploy(instance, artifact, fields=None, **args):
    config = instance.config(artifact, **args)
    if fields:
        config["applications"][0]["deployments"] = [{"name": "Echo", **fields}]
    return instance.admin("PUT", "/api/serve/applications/", config)


class RolloutTest(unittest.TestCase):
    def versions(self, instance):
        return {instance.call(text="x")["version"] for _ in range(10)}

    def wait_version(self, instance, version, replicas, limit_s=30):
        wait_until(lambda: self.versions(instance) == {version}, f"version {version}", limit_s)
        instance.wait_healthy(limit_s)
        self.assertEqual(len(instance.replicas()), replicas)

    def test_no_surge_makes_a_request_fail(self):
        with Instance().run(f"{APP_ONE}:build", "--args", '{"num_replicas": 3}') as instance:
            version = "one"
            with Load(instance, method="once", sleep_ms=5) as load:
                for fields in ({"max_surge_percent": 0}, {"max_surge_percent": 34}, {"rolling_update_percentage": 1},
                               {"max_surge_percent": 0, "rolling_update_percentage": 0.67}):
                    version = {"one": "two", "two": "one"}[version]
                    artifact = APP_TWO if version == "two" else APP_ONE
                    self.assertEqual(deploy(instance, artifact, fields, num_replicas=3)[0], 200)
                    self.wait_version(instance, version, 3)
            self.assertEqual(load.failed, [])

    def test_without_a_surge_there_are_never_more_than_wanted(self):
        with Instance().run(f"{APP_ONE}:build", "--args", '{"num_replicas": 2}') as instance:
            counts, done = [], threading.Event()

            def watch():
                while not done.is_set():
                    counts.append(sum(" replica " in command for command in instance.children().values()))
            watcher = threading.Thread(target=watch)
            watcher.start()
            try:
                self.assertEqual(deploy(instance, APP_TWO, {"max_surge_percent": 0}, num_replicas=2)[0], 200)
                self.wait_version(instance, "two", 2)
            finally:
                done.set()
                watcher.join()
            self.assertEqual(max(counts), 2)

    def test_a_failed_update_fails_no_request_and_keeps_the_old_version_alive(self):
        with Instance().run(f"{APP_ONE}:build", "--args", '{"num_replicas": 2}') as instance:
            with Load(instance) as load:
                self.assertEqual(instance.deploy(APP_TWO, fail_constructor="broken", num_replicas=2)[0], 200)
                wait_until(lambda: instance.deployment()["status"] == "DEPLOY_FAILED", "DEPLOY_FAILED")
                before = instance.replicas()
                self.assertEqual(len(before), 2)
                os.kill(sorted(before.values())[0], signal.SIGKILL)
                wait_until(lambda: len(instance.replicas()) == 2 and instance.replicas() != before, "an old one in its place")
                self.assertEqual(instance.deployment()["status"], "DEPLOY_FAILED")
                os.kill(instance.pid_of("controller"), signal.SIGKILL)
                wait_until(lambda: self.failed(instance), "the next controller says so too")
                self.assertIn("broken", instance.deployment()["message"])
                before = instance.replicas()
                os.kill(sorted(before.values())[0], signal.SIGKILL)
                wait_until(lambda: len(instance.replicas()) == 2 and instance.replicas() != before, "under it too")
            self.assertEqual(load.failed, [])
            self.assertEqual({answer["version"] for answer in load.done}, {"one"})

    @staticmethod
    def failed(instance):
        try:
            return instance.deployment()["status"] == "DEPLOY_FAILED" and len(instance.replicas()) == 2
        except (OSError, KeyError, ValueError):
            return False

    def test_rolls_back_by_itself(self):
        with Instance().run(f"{APP_ONE}:build", "--args", '{"num_replicas": 2}') as instance:
            with Load(instance, method="once", sleep_ms=5) as load:
                before = instance.replicas()
                fields = {"rollback_on_failure": True}
                self.assertEqual(deploy(instance, APP_TWO, fields, num_replicas=2, fail_constructor="no model")[0], 200)
                application = wait_until(lambda: (now := instance.status()["applications"]["test"])["status"] == "RUNNING" and now, "RUNNING")
                self.assertIn("rolled back automatically", application["message"])
                self.assertIn("no model", application["message"])
                self.assertEqual(instance.replicas(), before)
            self.assertEqual(load.failed, [])
            self.assertEqual({answer["version"] for answer in load.done}, {"one"})

    def test_the_controller_may_die_at_any_moment_of_a_deploy(self):
        kills = int(os.environ.get("MANTA_DEPLOY_KILLS", "12"))
        with Instance().run(f"{APP_ONE}:build", "--args", '{"num_replicas": 2}') as instance:
            version = "one"
            with Load(instance, method="once", sleep_ms=5) as load:
                for kill in range(kills):
                    version = {"one": "two", "two": "one"}[version]
                    time.sleep(1.01)   # a controller that ends sooner is held back before it is started again
                    pid = wait_until(lambda: instance.pid_of("controller"), "a controller")
                    killer = threading.Timer(kill * 0.6 / kills + random.uniform(0, 0.05), os.kill, (pid, signal.SIGKILL))
                    killer.start()
                    self.deploy_until_accepted(instance, APP_TWO if version == "two" else APP_ONE)
                    killer.join()
                    wait_until(lambda: self.complete(instance, version), f"version {version} after kill {kill}", 30)
            self.assertEqual(load.failed, [])

    @staticmethod
    def deploy_until_accepted(instance, artifact):
        def accepted():
            try:
                return instance.deploy(artifact, num_replicas=2)[0] == 200
            except OSError:
                return False
        wait_until(accepted, "the deploy is accepted")

    @staticmethod
    def complete(instance, version):
        try:
            return (instance.deployment()["status"] == "HEALTHY" and len(instance.replicas()) == 2 and
                    instance.call(text="x")["version"] == version)
        except (OSError, KeyError, ValueError):
            return False

    def test_a_shutdown_fails_no_request_that_was_taken(self):
        with Instance().run(f"{APP_ONE}:build", "--args", '{"num_replicas": 2}') as instance:
            with Load(instance, method="once", sleep_ms=20) as load:
                wait_until(lambda: len(load.done) > 50, "a load")
                self.assertEqual(instance.stop(), 0)
            # A connection that nobody had accepted yet is reset by the kernel; one that was accepted and got no answer would
            # be RemoteDisconnected.
            reset = [text for text in load.failed if text.startswith("ConnectionResetError")]
            self.assertLessEqual(len(reset), len(load.threads))
            self.assertEqual([text for text in load.failed if text not in reset and "ConnectionRefused" not in text], [])


class StateFileTest(unittest.TestCase):
    def refusal(self, damage):
        with Instance().run(f"{APP_ONE}:build") as instance:
            self.assertEqual(instance.stop(), 0)
            damage(os.path.join(instance.state, "state.db"))
            instance.begin(verb="start")
            self.assertNotEqual(instance.process.wait(20), 0)
            return instance.output()

    def test_a_state_of_a_newer_version_is_refused(self):
        def raise_schema(path):
            with contextlib.closing(sqlite3.connect(path)) as database:
                database.execute("UPDATE instance SET value = 99 WHERE key = 'schema'")
                database.commit()
        output = self.refusal(raise_schema)
        self.assertIn("written by a newer version of Manta", output)
        self.assertIn("move the file away to start empty", output)

    def test_a_damaged_state_is_refused(self):
        def damage(path):
            with open(path, "r+b") as f:
                f.seek(4096)
                f.write(b"x" * (os.path.getsize(path) - 4096))
        self.assertIn("move the file away to start empty", self.refusal(damage))


if __name__ == "__main__":
    unittest.main()
