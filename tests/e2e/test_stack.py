"""examples/stack: independent deployments, an optional reranker, readiness, failing fast."""
import os
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


def test_the_llm_is_not_ready_while_its_process_starts_again(stack):
    """Kill -9 of the model's process: /ready says so until a new one is loaded and warm."""
    pid = ask(stack, "POST", "/embed/where_am_i", "{}").json()["pid"]
    assert pid > 0
    llm = [line.split()[0] for line in subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout.splitlines()
           if "--deployment LLMServer" in line and str(stack.state_dir) in line or f"llm#LLMServer#" in line]
    assert llm, "no process of LLMServer in ps"
    subprocess.run(["kill", "-9", llm[0]], check=True)
    deadline, seen_unready = time.monotonic() + 60, False
    while time.monotonic() < deadline:
        reply = ask(stack, "GET", "/ready")
        assert post_json(stack, "/embed", {"texts": ["a"]}).status == 200
        if reply.status == 503:
            seen_unready = True
            assert reply.json()["models"]["LLMServer"] != "ready" and reply.json()["models"]["embed_onxx"] == "ready"
        elif seen_unready:
            break
    assert seen_unready and ask(stack, "GET", "/ready").status == 200


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
