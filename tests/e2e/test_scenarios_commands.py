"""What operators of Ray Serve type: their files, their commands, what these print, what clients then send. Handles with patience,
cancelling and retries are in test_stack.py; what every YAML file means, in tests/unit/spec/seed_files_test.cc."""
import json
import re
import socket

import pytest

from scenarios import SEEDS, app, command, details, eventually, serving, status_of
from wire import ask, curl, post_json

STATUS = """proxies:
  <node_id>: HEALTHY
applications:
  llm-api:
    status: RUNNING
    message: ''
    last_deployed_time_s: <time>
    deployments:
      VLLMDeployment:
        status: HEALTHY
        status_trigger: CONFIG_UPDATE_COMPLETED
        replica_states:
          RUNNING: 1
        message: ''
target_capacity: null
"""


def native(folder, file):
    """The file with its Python application replaced by ours, which has the same deployment; nothing else is changed."""
    text = (SEEDS / file).read_text()
    assert text.count("vllm_deployment:entrypoint") == 1
    path = folder / "serve_config.yaml"
    path.write_text(text.replace("vllm_deployment:entrypoint", app("entrypoint")))
    return path


def in_resource(folder, file):
    """The same as the text under serveConfigV2 of a Kubernetes resource."""
    text = native(folder, file).read_text()
    path = folder / "resource.yaml"
    path.write_text("apiVersion: ray.io/v1\nkind: RayService\nmetadata:\n  name: llm-service\nspec:\n  serveConfigV2: |\n"
                    + "".join(f"    {line}\n" for line in text.splitlines()) + "  rayClusterConfig:\n    rayVersion: '2.9.0'\n")
    return path


def status_text(instance):
    done = command("status", "--admin-port", instance.admin_port)
    assert done.returncode == 0, done.stderr
    text = re.sub(r"^  [0-9a-f]{56}: ", "  <node_id>: ", done.stdout, flags=re.M)
    return re.sub(r"(last_deployed_time_s): \d+\.\d+$", r"\1: <time>", text, flags=re.M)


@pytest.mark.parametrize("written", [native, in_resource], ids=["as a file", "in a resource"])
def test_the_file_of_an_operator_is_deployed_and_serves(manta_binary, tmp_path, written):
    with serving(None, tmp_path, "--num-gpus", "2", "--num-cpus", "4") as instance:
        deployed = command("deploy", written(tmp_path, "merged.yaml"), "--admin-port", instance.admin_port)
        assert deployed.returncode == 0, deployed.stderr
        warnings = [line for line in deployed.stderr.splitlines() if line.startswith("warning: ")]
        assert len(warnings) == 1 and "'pip' is ignored" in warnings[0], deployed.stderr
        eventually(lambda: status_text(instance) == STATUS, "RUNNING")
        assert json.loads(curl(f"{instance.url}/v1/models")) == {"data": [{"id": "llama-3.3-70b", "object": "model"}]}
        chat = curl("-X", "POST", f"{instance.url}/v1/chat/completions", "-H", "Content-Type: application/json",
                    "-d", '{"messages": [{"role": "user", "content": "What is 2+2?"}], "max_tokens": 5}')
        assert len(json.loads(chat)["choices"][0]["message"]["content"].split()) == 5
        config = details(instance, "llm-api", "VLLMDeployment")["deployment_config"]
        assert config["max_ongoing_requests"] == 100 and config["autoscaling_config"]["upscale_delay_s"] == 10
        assert config["ray_actor_options"]["num_gpus"] == 1 and config["ray_actor_options"]["memory"] == 4 << 30
        assert (config["graceful_shutdown_wait_loop_s"], config["graceful_shutdown_timeout_s"]) == (2, 20)


def test_more_replicas_are_a_change_of_the_file(manta_binary, tmp_path):
    with serving(native(tmp_path, "single_node.yaml"), tmp_path, "--num-gpus", "2", "--num-cpus", "4") as instance:
        assert status_text(instance) == STATUS
        assert command("deploy", native(tmp_path, "multi_node.yaml"), "--admin-port", instance.admin_port).returncode == 0
        eventually(lambda: status_of(instance, "llm-api", "VLLMDeployment")["replica_states"] == {"RUNNING": 2}, "two replicas")
        gpus = sorted(replica["gpus"] for replica in details(instance, "llm-api", "VLLMDeployment")["replicas"])
        assert gpus == [[0], [1]]


@pytest.mark.parametrize("file", sorted(path.name for path in SEEDS.glob("*.yaml")))
def test_a_python_application_is_read_and_refused_by_what_is_missing(manta_binary, tmp_path, file):
    with serving(app("entrypoint"), tmp_path, "--num-gpus", "1") as instance:
        refused = command("deploy", SEEDS / file, "--admin-port", instance.admin_port)
        assert refused.returncode == 1
        errors = [line for line in refused.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1 and "is a Python module and needs the Python SDK" in errors[0], refused.stderr
        assert status_text(instance) == STATUS, "what serves is left alone"


def test_health_and_readiness_are_where_probes_look(manta_binary, tmp_path):
    with serving(app("entrypoint"), tmp_path, "--num-gpus", "1") as instance:
        assert [ask(instance, "GET", path).status for path in ("/healthz", "/ready", "/-/healthz", "/-/routes", "/-/metrics")] == [200] * 5
        assert post_json(instance, "/v1/chat/completions", {"messages": [], "max_tokens": 1, "temperature": 0}).status == 200


def test_run_takes_host_and_port_by_their_short_names(manta_binary, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("run", app("app"), "--host", "127.0.0.1", "--port", port, "--admin-port", "0", "--state-dir", tmp_path / "state")
        assert done.returncode == 1 and f"127.0.0.1:{port}" in done.stderr, done.stderr
