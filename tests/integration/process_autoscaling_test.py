"""Numbers of replicas that follow the load, with real processes. Delays are short; no time is asserted but in limits that
are generous."""
import json
import os
import signal
import unittest

from instance import APP_ONE, Instance, wait_until
from load import Load

LIMIT_S = 60.0


def config(name="Echo", function="build", application="test", **fields):
    autoscaling = {"look_back_period_s": 1, "metrics_interval_s": 0.5, "upscale_delay_s": 1, "downscale_delay_s": 1,
                   **fields}
    return {"applications": [{"name": application, "import_path": f"{APP_ONE}:{function}",
                              "deployments": [{"name": name, "autoscaling_config": autoscaling}]}]}


def start(instance, description):
    path = os.path.join(instance.state, "app.yaml")
    with open(path, "w") as f:
        json.dump(description, f)  # JSON is YAML
    return instance.run(path)


def details(instance, name="Echo"):
    return instance.details()["applications"]["test"]["deployments"][name]


class AutoscalingTest(unittest.TestCase):
    def wait_replicas(self, instance, count, name="Echo"):
        def there():
            deployment = details(instance, name)
            running = [r for r in deployment["replicas"] if r["state"] == "RUNNING"]
            return len(running) == count == len(deployment["replicas"]) == deployment["target_num_replicas"]
        wait_until(there, f"{count} replicas of {name}", LIMIT_S)

    def test_ten_requests_at_a_time_bring_a_second_replica_that_goes_when_they_end(self):
        with Instance() as instance:
            start(instance, config(min_replicas=1, max_replicas=4, target_ongoing_requests=5))
            self.assertEqual(len(instance.replicas()), 1)
            with Load(instance, 10, sleep_ms=500) as load:
                self.wait_replicas(instance, 2)
            self.assertEqual(load.failed, [])
            with Load(instance, 1, sleep_ms=500) as load:
                self.wait_replicas(instance, 1)
            self.assertEqual(load.failed, [])
            detail = details(instance)["autoscaling_detail"]
            steps = [(d["prev_num_replicas"], d["curr_num_replicas"]) for d in detail["decisions"]]
            self.assertEqual(steps, [(1, 2), (2, 1)], detail)
            self.assertIn("upscale_delay_s", " ".join(v["reason"] for v in detail["verdicts"]))
            status = instance.deployment()
            self.assertEqual((status["status"], status["status_trigger"]), ("HEALTHY", "DOWNSCALE_COMPLETED"))

    def test_a_deployment_sleeps_and_wakes_up_for_the_requests_that_are_held(self):
        with Instance() as instance:
            start(instance, config(min_replicas=0, max_replicas=2, target_ongoing_requests=5))
            self.assertEqual(instance.replicas(), {})
            self.assertEqual(instance.request("GET", "/ready")[0], 200)
            status = instance.status()["applications"]["test"]
            self.assertEqual((status["status"], status["deployments"]["Echo"]["status"]), ("RUNNING", "HEALTHY"))
            first = instance.call(text="good morning")
            self.assertEqual(first["text"], "good morning")
            self.wait_replicas(instance, 0)
            with Load(instance, 4, sleep_ms=10) as load:
                wait_until(lambda: len(load.done) >= 8, "requests are answered", LIMIT_S)
                self.assertEqual(instance.request("GET", "/ready")[0], 200)
            self.assertEqual(load.failed, [])
            self.assertNotEqual(instance.call(text="x")["pid"], first["pid"])

    def test_a_handle_in_another_replica_wakes_a_deployment_up(self):
        with Instance() as instance:
            start(instance, config(name="Partner", function="build_pair", min_replicas=0, max_replicas=1))
            self.assertEqual(instance.replicas(name="Partner"), {})
            status, _, body = instance.request("POST", "/find", {"deployment": "Partner", "application": "test"},
                                               timeout=LIMIT_S)
            self.assertEqual((status, body), (200, '"test"'))
            self.wait_replicas(instance, 0, name="Partner")

    def test_a_request_that_gives_up_lets_the_deployment_sleep_again(self):
        with Instance() as instance:
            description = config(min_replicas=0, max_replicas=1)
            description["applications"][0]["args"] = {"construct_s": 3}
            start(instance, description)
            status, _, body = instance.request("POST", "/echo", {"text": "x"}, headers={"x-request-timeout-seconds": "0.3"},
                                               timeout=LIMIT_S)
            self.assertEqual(status, 408, body)
            self.wait_replicas(instance, 0)
            self.assertEqual(instance.deployment()["status"], "HEALTHY")

    def test_the_number_survives_the_death_of_the_controller(self):
        with Instance() as instance:
            start(instance, config(min_replicas=1, initial_replicas=1, max_replicas=3, target_ongoing_requests=2,
                                   downscale_delay_s=600))
            with Load(instance, 6, sleep_ms=500) as load:
                self.wait_replicas(instance, 3)
                before = instance.details()["controller_info"]
                pids = instance.replicas()
                os.kill(before["pid"], signal.SIGKILL)

                def is_back():
                    try:
                        return instance.details()["controller_info"]["epoch"] > before["epoch"]
                    except (OSError, ValueError):
                        return False
                wait_until(is_back, "another controller", LIMIT_S)
            self.assertEqual(load.failed, [])
            self.wait_replicas(instance, 3)
            self.assertEqual(instance.replicas(), pids)

    def scale(self, instance, body, application="test", deployment="Echo"):
        return instance.admin("POST", f"/api/v1/applications/{application}/deployments/{deployment}/scale", body)[0]

    def test_an_external_scaler_sets_the_number_where_it_may(self):
        description = {"applications": [{"name": "test", "import_path": f"{APP_ONE}:build", "external_scaler_enabled": True}]}
        with Instance() as instance:
            start(instance, description)
            self.assertEqual(self.scale(instance, {"target_num_replicas": 2}), 200)
            wait_until(lambda: len(instance.replicas()) == 2, "two replicas", LIMIT_S)
            for body in ({"target_num_replicas": -1}, {"target_num_replicas": "two"}, {"replicas": 2}, []):
                self.assertEqual(self.scale(instance, body), 400, body)
            self.assertEqual(self.scale(instance, {"target_num_replicas": 2}, application="other"), 404)
            self.assertEqual(self.scale(instance, {"target_num_replicas": 2}, deployment="Other"), 404)
            description["applications"][0]["external_scaler_enabled"] = False
            self.assertEqual(instance.admin("PUT", "/api/serve/applications/", description)[0], 200)
            self.assertEqual(self.scale(instance, {"target_num_replicas": 3}), 412)

    def test_an_unknown_policy_is_refused_by_name(self):
        with Instance() as instance:
            instance.run(f"{APP_ONE}:build")
            status, _, body = instance.admin("PUT", "/api/serve/applications/", config(policy="mine:decide"))
            self.assertEqual(status, 400, body)
            self.assertIn("mine:decide", body)


if __name__ == "__main__":
    unittest.main()
