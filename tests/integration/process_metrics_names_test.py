"""Ray Serve's metrics, name by name, with their kinds and labels, on the page of a running instance."""
import concurrent.futures
import os
import re
import signal
import unittest

from instance import BUILD, Instance, wait_until
from programming import APP as PROGRAMMING_APP
from programming import post

BATCHING_APP = os.path.join(BUILD, "tests", "apps", "libbatching_app.so")

HANDLE = "deployment application handle"
SOURCE = "deployment application handle_source"
REPLICA = "deployment replica application"
DEPLOYMENT = "deployment application"
BATCH = f"{REPLICA} function_name"
# Name, without the prefix ray_serve_: (kind, labels that it must have). Where actors are told apart by `actor_id`, ours have
# `replica` or nothing.
METRICS = {
    "num_http_requests": ("counter", "route method application status_code"),
    "num_http_error_requests": ("counter", "route error_code method application"),
    "num_deployment_http_error_requests": ("counter", "deployment error_code method route application"),
    "http_request_latency_ms": ("histogram", "method route application status_code"),
    "num_ongoing_http_requests": ("gauge", "node_id node_ip_address"),
    "deployment_request_counter": ("counter", f"{REPLICA} route"),
    "deployment_error_counter": ("counter", f"{REPLICA} route exception_type"),
    "deployment_processing_latency_ms": ("histogram", f"{REPLICA} route"),
    "deployment_max_processing_latency_ms": ("gauge", REPLICA),
    "replica_processing_queries": ("gauge", REPLICA),
    "replica_utilization_percent": ("gauge", REPLICA),
    "deployment_replica_starts": ("counter", REPLICA),
    "deployment_replica_healthy": ("gauge", REPLICA),
    "num_router_requests": ("counter", f"{HANDLE} route"),
    "deployment_queued_queries": ("gauge", HANDLE),
    "num_ongoing_requests_at_replicas": ("gauge", HANDLE),
    "handle_request_counter": ("counter", HANDLE),
    "num_scheduling_tasks": ("gauge", SOURCE),
    "num_scheduling_tasks_in_backoff": ("gauge", SOURCE),
    "request_router_fulfillment_time_ms": ("histogram", DEPLOYMENT),
    "request_router_queue_len": ("gauge", f"{SOURCE} replica_id"),
    "router_args_resolution_latency_ms": ("histogram", HANDLE),
    "batch_wait_time_ms": ("histogram", BATCH),
    "batch_execution_time_ms": ("histogram", BATCH),
    "batch_utilization_percent": ("histogram", BATCH),
    "actual_batch_size": ("histogram", BATCH),
    "batch_queue_length": ("gauge", BATCH),
    "batches_processed": ("counter", BATCH),
    "autoscaling_target_replicas": ("gauge", DEPLOYMENT),
    "autoscaling_desired_replicas": ("gauge", DEPLOYMENT),
    "autoscaling_total_requests": ("gauge", DEPLOYMENT),
    "autoscaling_target_ongoing_requests": ("gauge", DEPLOYMENT),
    "autoscaling_policy_execution_time_ms": ("gauge", f"{DEPLOYMENT} policy_scope"),
    "autoscaling_replica_metrics_delay_ms": ("histogram", DEPLOYMENT),
    "autoscaling_handle_metrics_delay_ms": ("histogram", DEPLOYMENT),
    "record_autoscaling_stats_failed": ("counter", REPLICA),
    "user_autoscaling_stats_latency_ms": ("histogram", REPLICA),
    "deployment_status": ("gauge", DEPLOYMENT),
    "application_status": ("gauge", "application"),
    "proxy_status": ("gauge", "node_id"),
    "replica_startup_latency_ms": ("histogram", DEPLOYMENT),
    "replica_initialization_latency_ms": ("histogram", DEPLOYMENT),
    "replica_reconfigure_latency_ms": ("histogram", DEPLOYMENT),
    "replica_shutdown_duration_ms": ("histogram", DEPLOYMENT),
    "health_check_latency_ms": ("histogram", DEPLOYMENT),
    "health_check_failures_total": ("counter", REPLICA),
    "proxy_shutdown_duration_ms": ("histogram", "node_id node_ip_address"),
    "multiplexed_model_load_latency_ms": ("histogram", REPLICA),
    "multiplexed_model_unload_latency_ms": ("histogram", REPLICA),
    "multiplexed_models_load_counter": ("counter", REPLICA),
    "multiplexed_models_unload_counter": ("counter", REPLICA),
    "multiplexed_get_model_requests_counter": ("counter", REPLICA),
    "num_multiplexed_models": ("gauge", REPLICA),
    "registered_multiplexed_model_id": ("gauge", f"{REPLICA} model_id"),
    "controller_control_loop_duration_s": ("gauge", ""),
    "controller_num_control_loops": ("gauge", ""),
    "long_poll_latency_ms": ("histogram", "namespace"),
    "long_poll_host_transmission_counter": ("counter", "namespace_or_state"),
    "long_poll_pending_clients": ("gauge", "namespace"),
    "event_loop_scheduling_latency_ms": ("histogram", "component loop_type"),
}
# Those that a caller of choose_replica() would have; handles have no such call.
ABSENT = {"reserved_slots_active"}


def config(max_ongoing_requests=20, num_cpus=0.1):
    autoscaling = {"min_replicas": 1, "max_replicas": 2, "metrics_interval_s": 0.1, "look_back_period_s": 0.2}
    return {"applications": [
        {"name": "test", "import_path": f"{PROGRAMMING_APP}:build", "route_prefix": "/",
         "deployments": [{"name": "Worker", "autoscaling_config": autoscaling},
                         {"name": "Blocker", "max_ongoing_requests": max_ongoing_requests,
                          "ray_actor_options": {"num_cpus": num_cpus}, "health_check_period_s": 0.1}]},
        {"name": "batched", "import_path": f"{BATCHING_APP}:build", "route_prefix": "/batched"}]}


class Page:
    """What a scrape has."""

    def __init__(self, text):
        self.kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        self.samples = [(name, dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(value))
                        for name, labels, value in re.findall(r"^([\w:]+)(?:\{(.*)\})? (\S+)$", text, re.M)]

    def labels(self, name):
        """Of each sample of this family."""
        return [labels for sample, labels, _ in self.samples if sample in (name, f"{name}_count")]

    def value(self, name, **labels):
        return sum(value for sample, has, value in self.samples
                   if sample == f"ray_serve_{name}" and all(has.get(key) == of for key, of in labels.items()))


class MetricsNamesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = Instance()
        cls.instance.__enter__()
        cls.addClassCleanup(cls.instance.__exit__, None, None, None)
        cls.instance.run_config(config(), environment={"MANTA_PROXY_HEALTH_CHECK_PERIOD_S": "0.2",
                                                       "MANTA_PROXY_HEALTH_CHECK_TIMEOUT_S": "1"})
        cls.make_traffic()
        cls.fail_a_health_check()
        cls.change_settings()
        cls.hang_the_proxy()
        cls.make_traffic()
        cls.page = cls.scrape()

    @classmethod
    def scrape(cls):
        return Page(cls.instance.request("GET", "/-/metrics")[2])

    @classmethod
    def make_traffic(cls):
        for model in "abc":
            post(cls.instance, "/predict", "", {"serve_multiplexed_model_id": model})
        post(cls.instance, "/block_briefly")
        with concurrent.futures.ThreadPoolExecutor(30) as pool:  # more than Blocker may have at once
            list(pool.map(lambda _: post(cls.instance, "/block", "[20]"), range(30)))
        post(cls.instance, "/batched/echo", '{"text": "x"}')
        post(cls.instance, "/batched/echo", '{"txt": 1}', status=400)

    @classmethod
    def fail_a_health_check(cls):
        (pid,) = cls.instance.replicas(name="Blocker").values()
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_until(lambda: cls.scrape().value("health_check_failures_total", deployment="Blocker") >= 1, "a failed check")
        finally:
            os.kill(pid, signal.SIGCONT)

    @classmethod
    def change_settings(cls):
        for change, metric in (({"max_ongoing_requests": 10}, "replica_reconfigure_latency_ms_count"),
                               ({"max_ongoing_requests": 10, "num_cpus": 0.2}, "replica_shutdown_duration_ms_count")):
            status, _, text = cls.instance.admin("PUT", "/api/serve/applications/", config(**change))
            assert status == 200, text
            wait_until(lambda: cls.scrape().value(metric, deployment="Blocker") >= 1, metric)

    @classmethod
    def hang_the_proxy(cls):
        hung = cls.instance.pid_of("proxy")
        os.kill(hung, signal.SIGSTOP)
        wait_until(lambda: cls.instance.pid_of("proxy") not in (None, hung), "another proxy")

    def test_each_is_there_with_its_kind_and_its_labels(self):
        for name, (kind, labels) in METRICS.items():
            with self.subTest(name):
                wire = f"ray_serve_{name}"
                self.assertEqual(self.page.kinds.get(wire), kind)
                self.assertTrue(self.page.labels(wire), "it has no sample")
                for found in self.page.labels(wire):
                    self.assertLessEqual(set(labels.split()), set(found))

    def test_what_is_said_to_be_absent_is(self):
        self.assertEqual({name for name in ABSENT if f"ray_serve_{name}" in self.page.kinds}, set())

    def test_callers_are_told_apart(self):
        sources = {labels["deployment"]: labels["handle_source"] for labels in self.page.labels("ray_serve_request_router_queue_len")}
        self.assertEqual(sources, {"Front": "PROXY", "Batched": "PROXY", "Worker": "REPLICA", "Blocker": "REPLICA"})

    def test_the_loop_of_every_process_is_sampled(self):
        components = lambda: {labels["component"] for labels in self.scrape().labels("ray_serve_event_loop_scheduling_latency_ms")}
        wait_until(lambda: self.scrape().value("event_loop_scheduling_latency_ms_count", component="proxy") >= 2, "a sample each second")
        self.assertEqual(components(), {"proxy", "replica", "controller"})
        self.assertGreaterEqual(self.scrape().value("event_loop_scheduling_latency_ms_count", component="controller"), 2)
        self.assertGreaterEqual(self.scrape().value("event_loop_scheduling_latency_ms_count", deployment="Worker"), 2)

    def test_what_happened_has_been_measured(self):
        for name, labels, least in (("router_args_resolution_latency_ms_count", {"deployment": "Blocker", "handle": "Front"}, 2),
                                    ("proxy_shutdown_duration_ms_count", {"node_ip_address": "127.0.0.1"}, 1),
                                    ("long_poll_latency_ms_count", {"namespace": "snapshots"}, 1),
                                    ("request_router_fulfillment_time_ms_count", {"deployment": "Blocker"}, 1)):
            self.assertGreaterEqual(self.page.value(name, **labels), least, name)
        self.assertEqual(self.page.value("num_scheduling_tasks"), 0, "nobody waits now")


if __name__ == "__main__":
    unittest.main()
