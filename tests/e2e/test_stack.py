"""examples/stack: independent deployments, an optional reranker, readiness, failing fast."""
import json
import os
import re
import signal
import subprocess
import time

import pytest

from configurations import example, models_folder
from instance import ROOT, Instance, binary
from wire import ask, curl, post_json

CLIENT = binary().parent.parent / "examples" / "stack" / "stack_client"


def smoke(instance, **env):
    return subprocess.run(["bash", str(ROOT / "examples" / "stack" / "smoke.sh"), instance.url, str(instance.admin_port)],
                          env={**os.environ, "STACK_CLIENT": str(CLIENT), **env}, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def stack(manta_binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stack")
    instance = Instance(example("stack", folder), folder, ["--num-cpus", "2"], ready_s=180, env={"MANTA_MODELS": str(models_folder())})
    yield instance
    assert instance.stop() == 0, "".join(instance.lines)


def status_of(instance):
    return subprocess.run([str(binary()), "status", "--admin-port", str(instance.admin_port)], capture_output=True, text=True, timeout=30).stdout


def test_the_smoke_script_finds_all_well(stack):
    result = smoke(stack)
    assert result.returncode == 0, result.stderr
    assert "smoke: all well" in result.stdout and "completion: " in result.stdout


def test_every_model_says_by_its_handle_what_it_is_and_how_long_it_took_to_load(stack):
    client = start_client(stack, 20)
    output = client.communicate(timeout=120)[0]
    assert client.returncode == 0, output
    for replica in ("embed#embed_onxx#", "rerank#rerank_onnx#", "llm#LLMServer#"):
        said = re.search(rf"{replica}\w+: (\S+), loaded in ([\d.e-]+) s by process (\d+), GPU use (\S+)", output)
        assert said, output
        assert said[1].startswith(("minilm-", "smollm2-")) and float(said[2]) > 0 and int(said[3]) > 0
        assert said[4] == "none" or 0 <= float(said[4]) <= 1


def test_ready_names_every_model(stack):
    reply = ask(stack, "GET", "/ready")
    assert reply.status == 200
    assert reply.body.decode().strip() in (ROOT / "docs" / "guide" / "stack.md").read_text().splitlines()
    assert reply.json() == {"ready": True, "models": {name: "ready" for name in ("LLMServer", "embed_onxx", "openai_ingress", "rerank_onnx")}}


def test_the_applications_are_independent(stack):
    status = status_of(stack)
    for application in ("health:", "embed:", "rerank:", "llm:"):
        assert f"  {application}\n" in status
    assert "embed_onxx" in status and "RUNNING: 2" in status


def pids_of(instance, deployment):
    """Of its replicas, by their parent, the node agent; `ps` shows whose process each is."""
    lines = subprocess.run(["ps", "-o", "pid,stat,args", "--ppid", str(instance.process.pid)], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in lines.splitlines()
            if f"--deployment {deployment} " in line + " " and not line.split()[1].startswith("Z")]


def pid_of(instance, deployment):
    found = pids_of(instance, deployment)
    assert found, f"no process of {deployment} in ps"
    return found[0]


def test_a_model_that_does_not_answer_is_not_ready_and_harms_no_other(stack):
    pid = pid_of(stack, "LLMServer")
    os.kill(pid, signal.SIGSTOP)
    try:
        reply = ask(stack, "GET", "/ready")
        assert reply.status == 503
        models = reply.json()["models"]
        assert models["LLMServer"] != "ready" and models["embed_onxx"] == "ready"
        assert post_json(stack, "/embed", {"texts": ["a"]}).status == 200
    finally:
        os.kill(pid, signal.SIGCONT)
    assert eventually(lambda: is_ready(stack))


def eventually(is_so, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_so()


def is_ready(instance):
    return ask(instance, "GET", "/ready").status == 200


def test_the_stack_is_not_ready_while_a_model_is_loading(stack):
    first = pid_of(stack, "LLMServer")
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: pids_of(stack, "LLMServer") not in ([], [first]))
    loading = pid_of(stack, "LLMServer")
    os.kill(loading, signal.SIGSTOP)  # before it can have loaded anything
    try:
        assert "LLMServer" in status_of(stack) and "STARTING: 1" in status_of(stack)
        reply = ask(stack, "GET", "/ready")
        assert reply.status == 503
        assert reply.json()["ready"] is False and reply.json()["models"]["LLMServer"] != "ready"
        assert reply.json()["models"]["embed_onxx"] == "ready"
    finally:
        os.kill(loading, signal.SIGCONT)
    assert eventually(lambda: is_ready(stack))


def figure(instance, name, *labels):
    """The sum of a metric over the series with these labels."""
    lines = curl(f"{instance.url}/-/metrics").splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name + "{") and all(label in line for label in labels))


def ongoing(instance, deployment):
    return figure(instance, "ray_serve_replica_processing_queries", f'deployment="{deployment}"')


def cancelled(instance, deployment):
    return figure(instance, "ray_serve_deployment_error_counter", f'deployment="{deployment}"', 'exception_type="Cancelled"')


def test_ignored_fields_are_counted_for_an_ingress_of_ones_own(stack):
    def counted():
        return figure(stack, "manta_openai_ignored_fields_total", 'deployment="openai_ingress"', 'endpoint="completions"')
    before = counted()
    assert post_json(stack, "/v1/completions", {"prompt": "hi", "max_tokens": 1, "best_of": 1, "user": "me"}).status == 200
    assert counted() == before + 2


def start_client(instance, patience_s):
    return subprocess.Popen([str(CLIENT), str(instance.admin_port), str(patience_s)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_client_that_runs_out_of_patience_cancels_its_call_and_tries_again(stack):
    pid, before = pid_of(stack, "LLMServer"), cancelled(stack, "openai_ingress")
    os.kill(pid, signal.SIGSTOP)
    try:
        client = start_client(stack, 3)
        assert eventually(lambda: cancelled(stack, "openai_ingress") > before)
        assert client.poll() is None, client.communicate()
        assert ongoing(stack, "openai_ingress") <= 1, "a try that was given up runs on"
    finally:
        os.kill(pid, signal.SIGCONT)
    output = client.communicate(timeout=60)[0]
    assert client.returncode == 0, output
    assert "completion: 8 tokens" in output
    assert eventually(lambda: ongoing(stack, "openai_ingress") == ongoing(stack, "LLMServer") == 0)


def test_a_client_gets_its_answer_though_the_model_is_killed_during_its_call(stack):
    pid = pid_of(stack, "LLMServer")
    os.kill(pid, signal.SIGSTOP)
    client = start_client(stack, 20)
    assert eventually(lambda: ongoing(stack, "openai_ingress") == 1)
    os.kill(pid, signal.SIGKILL)
    output = client.communicate(timeout=90)[0]
    assert client.returncode == 0, output
    assert "completion: 8 tokens" in output
    assert pid_of(stack, "LLMServer") != pid
    assert eventually(lambda: is_ready(stack))


def test_without_a_reranker_the_rest_is_ready(manta_binary, tmp_path):
    instance = Instance(example("stack", tmp_path), tmp_path, ["--num-cpus", "2"], ready_s=180,
                        env={"MANTA_MODELS": str(models_folder()), "RERANK_MODEL": "/nowhere/rerank.onnx", "EMBED_REPLICAS": "1"})
    try:
        reply = post_json(instance, "/rerank", {"query": "q", "documents": ["d"]})
        assert reply.status == 503 and "/nowhere/rerank.onnx" in reply.error()["message"]
        ready = ask(instance, "GET", "/ready")
        assert ready.status == 200 and "no reranker" in ready.json()["models"]["rerank_onnx"]
        result = smoke(instance, RERANK="absent")
        assert result.returncode == 0, result.stderr
    finally:
        assert instance.stop() == 0


def environment_of(pid):
    with open(f"/proc/{pid}/environ", encoding="utf-8") as file:
        return dict(entry.split("=", 1) for entry in file.read().split("\0") if "=" in entry)


def test_the_variables_of_the_guide_say_how_many_replicas_gpus_and_threads(manta_binary, tmp_path):
    variables = {"EMBED_REPLICAS": "1", "RERANK_REPLICAS": "2", "LLM_REPLICAS": "2", "EMBED_GPU_PER_REPLICA": "0.5",
                 "RERANK_GPU_PER_REPLICA": "0.25", "LLM_GPU_PER_REPLICA": "1", "ORT_INTRA_THREADS": "4", "ORT_INTER_THREADS": "2"}
    instance = Instance(example("stack", tmp_path), tmp_path, ["--num-cpus", "4", "--num-gpus", "3"], ready_s=240,
                        env={"MANTA_MODELS": str(models_folder()), **variables})
    try:
        details = json.loads(curl(f"http://127.0.0.1:{instance.admin_port}/api/serve/details"))["applications"]
        found = {name: deployment for application in details.values() for name, deployment in application["deployments"].items()}
        for name, replicas, gpus in (("embed_onxx", 1, 0.5), ("rerank_onnx", 2, 0.25), ("LLMServer", 2, 1)):
            assert len(pids_of(instance, name)) == replicas, name
            assert found[name]["deployment_config"]["num_replicas"] == replicas
            assert found[name]["deployment_config"]["ray_actor_options"]["num_gpus"] == gpus
        assert {environment_of(pid)["CUDA_VISIBLE_DEVICES"] for pid in pids_of(instance, "LLMServer")} < {"0", "1", "2"}
        # The calling thread of a run counts as one of ONNX Runtime's intra threads; an instance with 1 has 3 fewer, and none for branches.
        threads = {name: len(os.listdir(f"/proc/{pid_of(instance, name)}/task")) for name in ("embed_onxx", "rerank_onnx", "openai_ingress")}
        assert threads["embed_onxx"] >= threads["openai_ingress"] + 4, threads
        assert threads["rerank_onnx"] >= threads["openai_ingress"] + 4, threads
    finally:
        assert instance.stop() == 0


@pytest.mark.parametrize("variable", ["EMBED_MODEL", "LLM_MODEL"])
def test_a_missing_model_fails_at_once(manta_binary, tmp_path, variable):
    command = [str(binary()), "run", str(example("stack", tmp_path)), "--http-port", "0", "--admin-port", "0", "--state-dir", str(tmp_path / "s")]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30,
                            env={**os.environ, "MANTA_MODELS": str(models_folder()), variable: "/nowhere/model"})
    assert result.returncode == 1
    output = result.stdout + result.stderr
    assert "model file not found: /nowhere/model" in output and f"set {variable}" in output


def test_a_corrupt_model_is_in_the_output_of_a_failed_start(manta_binary, tmp_path):
    corrupt = tmp_path / "model.gguf"
    corrupt.write_bytes(b"this is no model")
    command = [str(binary()), "run", str(example("stack", tmp_path)), "--http-port", "0", "--admin-port", "0", "--state-dir", str(tmp_path / "s"), "--num-cpus", "2"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120,
                            env={**os.environ, "MANTA_MODELS": str(models_folder()), "LLM_MODEL": str(corrupt)})
    assert result.returncode == 1
    assert str(corrupt) in result.stdout + result.stderr
