"""examples/stack: independent deployments, an optional reranker, readiness, failing fast."""
import os
import signal
import subprocess
import time

import pytest

from configurations import example, models_folder
from instance import ROOT, Instance, binary
from wire import ask, post_json

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


def test_ready_names_every_model(stack):
    reply = ask(stack, "GET", "/ready")
    assert reply.status == 200
    assert reply.json() == {"ready": True, "models": {name: "ready" for name in ("LLMServer", "embed_onxx", "openai_ingress", "rerank_onnx")}}


def test_the_applications_are_independent(stack):
    status = status_of(stack)
    for application in ("health:", "embed:", "rerank:", "llm:"):
        assert f"  {application}\n" in status
    assert "embed_onxx" in status and "RUNNING: 2" in status


def pid_of(instance, deployment):
    """Of its first replica; `ps` shows whose process it is."""
    lines = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout.splitlines()
    found = [line.split()[0] for line in lines if f"--deployment {deployment} " in line + " " and str(instance.state_dir) in line]
    if not found:  # the state folder is not on the replica's command line: by its parent, the node agent
        lines = subprocess.run(["ps", "-o", "pid,args", "--ppid", str(instance.process.pid)], capture_output=True, text=True, check=True).stdout
        found = [line.split()[0] for line in lines.splitlines() if f"--deployment {deployment} " in line + " "]
    assert found, f"no process of {deployment} in ps"
    return int(found[0])


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
    deadline = time.monotonic() + 20
    while ask(stack, "GET", "/ready").status != 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ask(stack, "GET", "/ready").status == 200


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
