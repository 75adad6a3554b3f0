"""The queries of dashboards made for Ray Serve find their series and labels."""
import math
import socket

import pytest

from configurations import openai_application, sim_llm, write
from instance import free_port
from promql import evaluate, quantile
from scenarios import command, metrics_after_traffic, serving
from wire import curl, post_json

# The query, the labels its results have, and the deployments that must be among them.
QUERIES = [
    ("histogram_quantile(0.99, sum(rate(ray_serve_request_latency_ms_bucket[5m])) by (le, deployment))", "deployment", True),
    ("sum(rate(ray_serve_num_requests_total[5m])) by (deployment)", "deployment", True),
    ("avg(ray_node_gpu_utilization) by (node)", "node", False),
    ("sum(ray_serve_num_ongoing_requests) by (deployment)", "deployment", True),
    ("histogram_quantile(0.99, rate(ray_serve_deployment_processing_latency_ms_bucket[5m]))", "deployment", True),
    ("rate(ray_serve_deployment_request_counter[1m])", "deployment", True),
    ("ray_serve_deployment_replica_healthy_total", "deployment", True),
    # The names that are only listed, both spellings of counters.
    ("ray_serve_num_ongoing_requests", "replica", False),
    ("rate(ray_serve_deployment_replica_starts[5m])", "deployment", True),
    ("rate(ray_serve_deployment_replica_starts_total[5m])", "deployment", True),
    ("histogram_quantile(0.99, rate(ray_serve_http_request_latency_ms_bucket[5m]))", "route", False),
    ("ray_serve_queue_length", "deployment", True),
    ("ray_serve_deployment_replica_healthy", "deployment", True),
    ("rate(ray_serve_deployment_request_counter_total[1m])", "deployment", True),
    ("rate(ray_serve_num_http_requests_total[1m])", "status_code", False),
    ("rate(ray_serve_deployment_error_counter[5m])", "deployment", False),
]


@pytest.fixture(scope="module")
def pages(manta_binary, tmp_path_factory):
    """/-/metrics before and after traffic, some of it in error."""
    folder = tmp_path_factory.mktemp("metrics")
    with serving(write(folder, openai_application("llm", "/", {"llms": [sim_llm("llama")]})), folder, "--num-gpus", "1") as instance:
        yield metrics_after_traffic(instance), metrics_after_traffic(instance)


@pytest.mark.parametrize("query, label, of_deployments", QUERIES, ids=[query for query, _, _ in QUERIES])
def test_a_query_of_the_dashboards_finds_its_series(pages, query, label, of_deployments):
    result = evaluate(query, *pages)
    assert result, f"{query} finds nothing"
    assert all(labels.get(label) and math.isfinite(value) for labels, value in result), result
    if of_deployments:
        assert {labels["deployment"] for labels, _ in result} >= {"Llm", "OpenAi"}, result


def test_requests_are_counted_under_every_name(pages):
    for name in ("ray_serve_num_requests_total", "ray_serve_deployment_request_counter", "ray_serve_deployment_request_counter_total"):
        of = {labels["deployment"]: value for labels, value in evaluate(f"sum(rate({name}[5m])) by (deployment)", *pages)}
        assert (of["OpenAi"], of["Llm"]) == (4, 3), name
    assert all(0 <= value <= 100 for _, value in evaluate("avg(ray_node_gpu_utilization) by (node)", *pages)), "percent"


def test_scrapes_have_a_port_of_their_own(manta_binary, tmp_path):
    port = free_port()
    target = write(tmp_path, openai_application("llm", "/", {"llms": [sim_llm("llama")]}))
    with serving(target, tmp_path, "--metrics-port", str(port)) as instance:
        assert post_json(instance, "/v1/completions", {"model": "llama", "prompt": "hi", "max_tokens": 2}).status == 200
        pages = [curl(f"http://127.0.0.1:{port}/metrics"), curl(f"{instance.url}/-/metrics")]
        found = [{labels["deployment"] for labels, _ in evaluate("ray_serve_deployment_request_counter", page, page)} for page in pages]
        assert found == [{"Llm", "OpenAi"}] * 2
        assert curl("-o", "/dev/null", "-w", "%{http_code}", f"http://127.0.0.1:{port}/v1/models") == "404"


def test_a_port_for_scrapes_that_is_taken_is_named(manta_binary, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("start", "--http-port", "0", "--admin-port", "0", "--state-dir", tmp_path / "state", "--metrics-port", port)
        assert done.returncode == 1 and str(port) in done.stderr and "--metrics-port" in done.stderr, done.stderr


def test_a_quantile_lies_where_its_observations_are():
    inf = float("inf")
    assert quantile(0.5, {1: 0, 2: 10, inf: 10}) == 1.5
    assert quantile(0.99, {1: 0, 2: 0, inf: 10}) == 2
    assert quantile(0.5, {1: 0, inf: 0}) is None
