"""The files of deploy/: accepted by the schemas that are published, by Manta, and true to the metrics there are. No cluster is asked."""
import copy
import json
import os
import re
import signal
import subprocess

import jsonschema
import kubernetes_validate
import pytest

from configurations import models_folder, openai_application, sim_llm, write
from instance import ROOT
from promql import TOKEN, evaluate
from schemas import documents, validate
from scenarios import eventually, metrics_after_traffic, serving, status_of
from wire import post_json

DEPLOY = ROOT / "deploy"
MANIFESTS = sorted(DEPLOY.rglob("*.yaml"))
RAYCLUSTER = DEPLOY / "kubernetes" / "raycluster.yaml"
RAYSERVICE = DEPLOY / "kubernetes" / "rayservice.yaml"
REFUSED = (jsonschema.ValidationError, kubernetes_validate.utils.ValidationError, AssertionError)


@pytest.mark.parametrize("path", MANIFESTS, ids=[path.name for path in MANIFESTS])
def test_a_manifest_is_of_its_schema(path):
    found = documents(path)
    assert found
    for document in found:
        validate(document)


# file, which of its documents, where, what is put there
MISTAKES = [
    ("kubernetes/raycluster.yaml", 0, ("spec", "headGroupSpec", "templates"), {}),
    ("kubernetes/raycluster.yaml", 0, ("spec", "workerGroupSpecs", 0, "replicas"), "two"),
    ("kubernetes/raycluster.yaml", 0, ("spec", "headGroupSpec", "template", "spec", "containers", 0, "readinesProbe"), {}),
    ("kubernetes/raycluster.yaml", 0, ("spec", "headGroupSpec", "rayStartParams", "num-cpus"), 0),
    ("kubernetes/rayservice.yaml", 0, ("spec", "serveConfigV2"), {"applications": []}),
    ("kubernetes/service.yaml", 0, ("spec", "ports", 0, "targetport"), 8000),
    ("kubernetes/state.yaml", 0, ("spec", "accessModes"), "ReadWriteOnce"),
    ("kubernetes/applications.yaml", 0, ("data", "app.yaml"), {"applications": []}),
    ("kubernetes/secret.yaml", 0, ("stringData", "token"), 7),
    ("monitoring/podmonitor.yaml", 0, ("spec", "endpoints"), []),
    ("monitoring/podmonitor.yaml", 1, ("spec", "podMetricsEndpoints", 0, "metricRelabelings", 0, "sourceLabel"), "__name__"),
    ("monitoring/podmonitor.yaml", 0, ("spec", "podMetricsEndpoints", 0, "path"), 7),
]


@pytest.mark.parametrize("file, number, place, value", MISTAKES, ids=[f"{file}:{place[-1]}" for file, _, place, _ in MISTAKES])
def test_a_mistake_is_noticed(file, number, place, value):
    document = copy.deepcopy(documents(DEPLOY / file)[number])
    inside = document
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    with pytest.raises(REFUSED):
        validate(document)


def test_the_parts_of_the_cluster_name_each_other():
    [cluster], [service], [secret], [state], [applications] = (
        documents(DEPLOY / "kubernetes" / name) for name in ("raycluster.yaml", "service.yaml", "secret.yaml", "state.yaml", "applications.yaml"))
    groups = [cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]]
    pods = [group["template"]["spec"] for group in groups]
    containers = [pod["containers"][0] for pod in pods]
    label = {"ray.io/cluster": cluster["metadata"]["name"]}
    assert service["spec"]["selector"] == label
    for monitor in documents(DEPLOY / "monitoring" / "podmonitor.yaml"):
        assert monitor["spec"]["selector"]["matchLabels"].items() >= label.items()
        assert {endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]} == {service["spec"]["ports"][0]["targetPort"]}
    assert len({container["image"] for container in containers}) == 1, "one image, so that everything is at the same path everywhere"
    for container in containers:
        names = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert container["readinessProbe"]["httpGet"] == {"path": "/-/healthz", "port": "http"} and names["http"] == 8000
        [token] = [entry["valueFrom"]["secretKeyRef"] for entry in container["env"] if entry["name"] == "RAY_AUTH_TOKEN"]
        assert token == {"name": secret["metadata"]["name"], "key": "token"} and "token" in secret["stringData"]
    volumes = {volume["name"]: volume for volume in pods[0]["volumes"]}
    assert volumes["state"]["persistentVolumeClaim"]["claimName"] == state["metadata"]["name"]
    assert volumes["applications"]["configMap"]["name"] == applications["metadata"]["name"]
    mounts = {mount["name"]: mount["mountPath"] for mount in containers[0]["volumeMounts"]}
    variables = {entry["name"]: entry.get("value") for entry in containers[0]["env"]}
    assert variables["MANTA_STATE_DIR"] == mounts["state"]
    assert variables["MANTA_APPLICATIONS"] == f"{mounts['applications']}/{list(applications['data'])[0]}"


def test_probes_of_the_head_ask_what_the_admin_port_answers(http):
    [cluster] = documents(RAYCLUSTER)
    container = cluster["spec"]["headGroupSpec"]["template"]["spec"]["containers"][0]
    for name in ("startupProbe", "livenessProbe"):
        words = [word.replace(":8265/", f":{http.admin_port}/") for word in container[name]["exec"]["command"]]
        assert subprocess.run(words, timeout=10, check=False).returncode == 0, name


@pytest.mark.parametrize("form", ["a resource", "a config map's file"])
def test_an_application_is_deployed_as_it_stands(manta_binary, tmp_path, form):
    path = RAYSERVICE
    if form != "a resource":
        [applications] = documents(DEPLOY / "kubernetes" / "applications.yaml")
        path = tmp_path / "app.yaml"
        path.write_text(applications["data"]["app.yaml"])
    environment = {**os.environ, "MANTA_MODELS": str(models_folder())}
    with serving(None, tmp_path, "--num-cpus", "4") as instance:
        checked = subprocess.run([manta_binary, "config", "check", path], env=environment, capture_output=True, text=True, timeout=60)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        deployed = subprocess.run([manta_binary, "deploy", path, "--admin-port", str(instance.admin_port)], env=environment,
                                  capture_output=True, text=True, timeout=60)
        assert deployed.returncode == 0, deployed.stderr
        eventually(lambda: status_of(instance, "embed", "Embed")["replica_states"].get("RUNNING"), "a replica")
        vector = post_json(instance, "/embed", {"texts": ["a"]})
        assert vector.status == 200, vector.body


@pytest.fixture(scope="module")
def pages(manta_binary, tmp_path_factory):
    """/-/metrics before and after traffic, some of it in error, with a deployment that follows the load."""
    folder = tmp_path_factory.mktemp("dashboard")
    application = openai_application("llm", "/", {"llms": [sim_llm("llama")]}, [{"name": "Llm", "autoscaling_config": {"min_replicas": 1, "max_replicas": 2}}])
    with serving(write(folder, application), folder) as instance:
        yield metrics_after_traffic(instance), metrics_after_traffic(instance)


def targets():
    dashboard = json.loads((DEPLOY / "monitoring" / "dashboard.json").read_text())
    return [target for panel in dashboard["panels"] for target in panel.get("targets", ())]


@pytest.mark.parametrize("target", targets(), ids=[target["expr"] for target in targets()])
def test_a_query_of_the_dashboard_finds_its_series(pages, target):
    result = evaluate(target["expr"], *pages)
    assert result, "nothing"
    labels = re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
    assert labels and any(all(series.get(label) for label in labels) for series, _ in result), result


def test_the_dashboard_uses_names_of_the_reference():
    reference = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    for target in targets():
        [name] = [token for token in TOKEN.findall(target["expr"]) if re.match(r"ray_serve_|manta_", token)]
        plain = re.sub(r"^ray_serve_|_total$|_bucket$", "", name)
        assert f"`{plain}`" in reference or f"`{plain}_total`" in reference, name


def test_what_the_workers_pages_give_to_prometheus_is_their_own(pages):
    _, workers = documents(DEPLOY / "monitoring" / "podmonitor.yaml")
    [rule] = workers["spec"]["podMetricsEndpoints"][0]["metricRelabelings"]
    kept, dropped = set(), set()
    for name, labels in re.findall(r"^(ray_\w+|manta_\w+)(?:\{(.*)\})? \S+$", pages[1], re.M):
        handle = re.search(r'handle="([^"]*)"', labels)
        text = f"{name};{handle.group(1) if handle else ''}"
        (kept if re.fullmatch(rule["regex"], text) else dropped).add(text)
    assert {"ray_serve_num_http_requests_total;", "ray_serve_num_ongoing_http_requests;", "ray_serve_num_router_requests;proxy"} <= kept
    assert {"ray_serve_deployment_request_counter_total;", "ray_serve_application_status;"} <= dropped
    assert not any("replica_" in text.split(";")[0] and ";proxy" not in text for text in kept), kept


FAKE_RAY = """#!/usr/bin/env bash
echo "ray $*" >> "$LOG"
[ "$1" = health-check ] && exec grep -q '^ray start' "$LOG"
trap 'echo "ray ends" >> "$LOG"; exit 0' TERM
while [ ! -e "$RAY_ENDS" ]; do sleep 0.05; done
"""
FAKE_MANTA = """#!/usr/bin/env bash
echo "manta $*" >> "$LOG"
[ "$1" = start ] || exit 0
trap 'echo "manta ends" >> "$LOG"; exit 0' TERM
while :; do sleep 0.05; done
"""


@pytest.fixture
def head(tmp_path):
    """The program of the head's container, between a Ray and a Manta that only write down what is asked of them."""
    log = tmp_path / "log"
    log.touch()
    for name, text in (("ray", FAKE_RAY), ("manta", FAKE_MANTA)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "app.yaml").write_text("applications: []\n")
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(log), "RAY_ENDS": str(tmp_path / "ray_ends"),
                   "KUBERAY_GEN_RAY_START_CMD": "ray start --head --block", "MANTA_HEAD": "10.0.0.1:6379", "MANTA_STATE_DIR": "/state",
                   "MANTA_APPLICATIONS": str(tmp_path / "app.yaml")}
    process = subprocess.Popen([DEPLOY / "docker" / "manta-head", "--http-host", "0.0.0.0"], env=environment, start_new_session=True)
    try:
        eventually(lambda: "manta deploy" in log.read_text(), "the deploy")
        yield process, log, tmp_path
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_the_head_starts_ray_then_manta_then_deploys(head):
    process, log, folder = head
    lines = log.read_text().splitlines()
    started = lines.index("manta start --backend ray --address 10.0.0.1:6379 --state-dir /state --admin-port 8265 --http-host 0.0.0.0")
    assert {"ray start --head --block", "ray health-check --address 10.0.0.1:6379"} <= set(lines[:started])
    assert lines[-1] == f"manta deploy {folder / 'app.yaml'} --admin-port 8265"


def test_the_head_ends_manta_before_ray(head):
    process, log, _ = head
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert log.read_text().splitlines()[-2:] == ["manta ends", "ray ends"]


def test_the_container_of_the_head_ends_when_ray_does(head):
    process, log, folder = head
    (folder / "ray_ends").touch()
    assert process.wait(20) == 1
    assert log.read_text().splitlines()[-1] == "manta ends"
