"""What /-/metrics of a running instance shows: the figures of the proxy, the replicas, the controller and the node agent."""
import os
import re
import signal
import unittest

from instance import APP_ONE, Instance, wait_until


class MetricsTest(unittest.TestCase):
    def scrape(self, instance):
        status, _, text = instance.request("GET", "/-/metrics")
        self.assertEqual(status, 200)
        return text

    def value(self, text, name, **labels):
        """The sum of the samples that have these labels; None if there is none."""
        found = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line)
                 and all(f'{key}="{value}"' in line for key, value in labels.items())]
        return sum(found) if found else None

    def test_every_process_is_there(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            for _ in range(3):
                instance.call(text="x")
            self.assertEqual(instance.request("POST", "/echo", {"txt": 1})[0], 400)
            (replica, _), = instance.replicas().items()
            text = self.scrape(instance)
            of_replica = {"application": "test", "deployment": "Echo", "replica": replica}
            of_route = {"route": "/echo", "application": "test"}
            expected = [
                ("ray_serve_num_http_requests", 3, {**of_route, "status_code": "200", "method": "POST"}),
                ("ray_serve_num_http_error_requests", 1, {**of_route, "error_code": "400"}),
                ("ray_serve_num_deployment_http_error_requests", 1, {**of_route, "deployment": "Echo"}),
                ("ray_serve_http_request_latency_ms_count", 3, {**of_route, "status_code": "200"}),
                ("ray_serve_num_ongoing_http_requests", 1, {}),
                ("ray_serve_num_router_requests", 4, {**of_route, "deployment": "Echo", "handle": "proxy"}),
                ("ray_serve_deployment_queued_queries", 0, {"deployment": "Echo"}),
                ("ray_serve_num_ongoing_requests_at_replicas", 0, {"deployment": "Echo"}),
                ("ray_serve_deployment_request_counter", 4, {**of_replica, "route": "/echo"}),
                ("ray_serve_deployment_error_counter", 1, {**of_replica, "route": "/echo", "exception_type": "InvalidArgument"}),
                ("ray_serve_deployment_processing_latency_ms_count", 4, of_replica),
                ("ray_serve_replica_processing_queries", 0, of_replica),
                ("ray_serve_replica_utilization_percent", 0, of_replica),
                ("ray_serve_deployment_replica_starts", 1, of_replica),
                ("ray_serve_deployment_replica_healthy", 1, of_replica),
                ("ray_serve_replica_startup_latency_ms_count", 1, {"deployment": "Echo"}),
                ("ray_serve_replica_initialization_latency_ms_count", 1, {"deployment": "Echo", "application": "test"}),
                ("ray_serve_deployment_status", 6, {"deployment": "Echo"}),
                ("ray_serve_application_status", 6, {"application": "test"}),
                ("manta_agent_replicas", 1, {}),
            ]
            for name, value, labels in expected:
                self.assertEqual(self.value(text, name, **labels), value, f"{name} {labels}\n{text}")
            self.assertGreaterEqual(self.value(text, "ray_serve_long_poll_pending_clients", namespace="snapshots"), 1)
            self.assertIsNotNone(self.value(text, "ray_serve_long_poll_pending_clients", namespace="statuses"))

    def test_new_settings_and_the_end_of_a_replica_are_timed(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            self.assertEqual(instance.admin("PATCH", "/api/serve/applications/test",
                                            {"deployments": [{"name": "Echo", "max_ongoing_requests": 7}]})[0], 200)
            of_deployment = {"deployment": "Echo", "application": "test"}
            wait_until(lambda: self.value(self.scrape(instance), "ray_serve_replica_reconfigure_latency_ms_count", **of_deployment) == 1,
                       "new settings")
            self.assertEqual(instance.admin("PATCH", "/api/serve/applications/test",
                                            {"deployments": [{"name": "Echo", "ray_actor_options": {"num_cpus": 0.2}}]})[0], 200)
            wait_until(lambda: self.value(self.scrape(instance), "ray_serve_replica_shutdown_duration_ms_count", **of_deployment) == 1,
                       "the end of the old replica")
            self.assertGreater(self.value(self.scrape(instance), "ray_serve_long_poll_host_transmission_counter"), 3)

    def test_a_replica_that_died_leaves_only_its_end(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            instance.call(text="x")
            (dead, pid), = instance.replicas().items()
            self.assertIn(f'replica="{dead}"', self.scrape(instance))
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: instance.replicas() and dead not in instance.replicas(), "a new replica")
            instance.wait_healthy()
            text = wait_until(lambda: (text := self.scrape(instance)) and "replica_processing_queries" in text and text, "figures")
            names = {line.split("{")[0] for line in text.splitlines() if f'replica="{dead}"' in line}
            self.assertLessEqual({name.removesuffix("_total") for name in names},
                                 {"ray_serve_deployment_replica_starts", "ray_serve_deployment_replica_healthy"})
            self.assertEqual(self.value(text, "ray_serve_deployment_replica_healthy", replica=dead), 0)
            self.assertEqual(self.value(text, "manta_agent_replica_exits", how="signal"), 1)


if __name__ == "__main__":
    unittest.main()
