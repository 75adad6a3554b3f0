"""What the proxy answers itself."""
import json

from wire import ask, curl, post_json


def test_health_readiness_and_routes(http):
    assert ask(http, "GET", "/-/healthz").body == b"success"
    assert ask(http, "GET", "/healthz").json() == {"status": "ok"}
    assert ask(http, "GET", "/ready").json() == {"ready": True}
    assert json.loads(curl(f"{http.url}/-/routes")) == {"/": "http", "/busy": "busy"}
    reply = ask(http, "POST", "/-/routes")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


def test_every_application_has_an_openapi_document(http):
    for prefix, path in (("", "/echo"), ("/busy", "/busy")):
        document = ask(http, "GET", f"{prefix}/openapi.json").json()
        assert document["openapi"].startswith("3.")
        assert path in document["paths"], list(document["paths"])


def test_a_page_shows_the_document_to_people(http):
    for prefix in ("", "/busy"):
        page = ask(http, "GET", f"{prefix}/docs")
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert b'fetch("openapi.json")' in page.body
        assert b"://" not in page.body  # nothing is loaded from elsewhere


def samples(text, name):
    return [line for line in text.splitlines() if line.startswith(name + "{") or line.startswith(name + " ")]


def test_metrics_join_proxy_replicas_and_controller_under_known_names(http):
    post_json(http, "/echo", {"text": "a"})
    ask(http, "GET", "/unknown-1")
    ask(http, "GET", "/unknown-2")
    text = curl(f"{http.url}/-/metrics")
    assert any('route="/echo"' in line and 'status_code="200"' in line for line in samples(text, "ray_serve_num_http_requests"))
    assert samples(text, "ray_serve_http_request_latency_ms_bucket")
    assert samples(text, "ray_serve_num_ongoing_http_requests")
    assert samples(text, "ray_serve_deployment_request_counter")
    assert "unknown-1" not in text  # no label comes from a client
    families = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
    assert len(families) == len(set(families))


def test_dashboards_of_the_older_names_find_their_figures(http):
    post_json(http, "/echo", {"text": "a"})
    text = curl(f"{http.url}/-/metrics")
    for name in ("ray_serve_request_latency_ms_bucket", "ray_serve_num_requests_total", "ray_serve_num_ongoing_requests",
                 "ray_serve_deployment_processing_latency_ms_bucket", "ray_serve_deployment_request_counter_total",
                 "ray_serve_deployment_replica_healthy_total"):
        assert any("deployment=" in line for line in samples(text, name)), name
