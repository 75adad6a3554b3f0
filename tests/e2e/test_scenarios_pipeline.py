"""Several models in one request: examples/pipeline on parts of GPUs with branches side by side, and questions answered by retrieval,
reranking and generation. That the branches save time is measured by the row `pipeline` of bench/run."""
import json
import os
import re
import signal
import threading

import pytest

from instance import ROOT, binary
from scenarios import LIMIT_S, app, command, details, eventually, serving
from wire import curl, post_json

DOCUMENT = {"pages": ["The con-\ntract was signed by Ada Lovelace.", "There Ada Lovelace met Grace Hopper."], "metadata": {"title": "Contract 17"}}
QUESTION = {"query": "which cat purrs", "candidates": [f"text {number} about nothing" for number in range(12)] + ["a cat purrs", "the cat sleeps"]}


def pipeline_file(folder, name="app"):
    text = (ROOT / "examples" / "pipeline" / f"{name}.yaml").read_text()
    path = folder / f"{name}.yaml"
    path.write_text(text.replace("../../build/release", str(binary().resolve().parent.parent)))
    return path


@pytest.mark.parametrize("name, gpus", [("app", 6), ("whole_gpus", 12)])
def test_parts_of_gpus_need_six_where_whole_ones_need_twelve(manta_binary, tmp_path, name, gpus):
    enough = command("place", pipeline_file(tmp_path, name), "--nodes", f"cpu=64,gpu={gpus}")
    assert enough.returncode == 0, enough.stdout + enough.stderr
    assert re.search(rf"^node-1 +\S+ of 64 +0 of {gpus} ", enough.stdout, re.M), "every device is in use"
    less = command("place", pipeline_file(tmp_path, name), "--nodes", f"cpu=64,gpu={gpus - 1}")
    assert less.returncode == 1 and "pending: needs" in less.stdout, less.stdout + less.stderr


def devices(instance, deployment):
    return [gpu for replica in details(instance, "pipeline", deployment)["replicas"] for gpu in replica["gpus"]]


def pids(instance, deployment):
    return [replica["pid"] for replica in details(instance, "pipeline", deployment)["replicas"]]


def answered(instance, deployment):
    lines = curl(f"{instance.url}/-/metrics").splitlines()
    return sum(float(line.split()[-1]) for line in lines
               if line.startswith("ray_serve_deployment_request_counter{") and f'deployment="{deployment}"' in line)


def with_stopped(stopped, until):
    """Calls `until` while these processes stand still."""
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        until()
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


def test_branches_of_a_pipeline_do_not_wait_for_each_other(manta_binary, tmp_path):
    fast = {"OCR_MS": "0", "NER_MS": "0", "CLASSIFIER_MS": "0"}
    with serving(pipeline_file(tmp_path), tmp_path, "--num-cpus", "16", "--num-gpus", "6", env=fast) as instance:
        assert len(devices(instance, "LLM")) == 4 and len(devices(instance, "NER") + devices(instance, "Classifier")) == 8
        small = set(devices(instance, "NER") + devices(instance, "Classifier"))
        assert len(small) == 2 and not small & set(devices(instance, "LLM"))

        replies = []
        asking = threading.Thread(target=lambda: replies.append(post_json(instance, "/process", DOCUMENT)))

        def classified_though_nothing_is_read():
            asking.start()
            eventually(lambda: answered(instance, "Classifier") == 1, "the classifier answers while OCR stands still")
            assert answered(instance, "NER") == answered(instance, "LLM") == 0

        def summarized_though_nothing_is_named():
            with_stopped(pids(instance, "OCR"), classified_though_nothing_is_read)
            eventually(lambda: answered(instance, "LLM") == 1, "the model answers while NER stands still")
            assert not replies

        with_stopped(pids(instance, "NER"), summarized_though_nothing_is_named)
        asking.join(LIMIT_S)
        processed = replies[0].json()
        assert processed["text"] == "The contract was signed by Ada Lovelace. There Ada Lovelace met Grace Hopper."
        assert processed["entities"] == [{"name": "Ada Lovelace", "count": 2}, {"name": "Grace Hopper", "count": 1}]
        assert processed["classification"] == "contract" and processed["summary"]
        in_turn = post_json(instance, "/process_in_turn", DOCUMENT).json()
        assert in_turn == processed


def test_one_question_is_embedded_reranked_and_answered(manta_binary, tmp_path):
    with serving(app("rag"), tmp_path, "--num-gpus", "2") as instance:
        reply = post_json(instance, "/query", QUESTION)
        assert reply.status == 200, reply.body
        answer = reply.json()
        assert answer["documents"][0] == "a cat purrs" and len(answer["documents"]) == 3
        assert answer["retrieved"] == 10 and answer["answer"]
        gpus = {name: [replica["gpus"] for replica in details(instance, "rag", name)["replicas"]] for name in ("EmbeddingModel", "Reranker", "LLM")}
        assert gpus["EmbeddingModel"] == gpus["Reranker"] != gpus["LLM"], gpus


def test_retrieval_and_generation_answer_at_the_root(manta_binary, tmp_path):
    with serving(app("app"), tmp_path, "--host", "127.0.0.1") as instance:
        answer = json.loads(curl(instance.url, "-H", "Content-Type: application/json", "-d", '{"query": "What is Kubernetes?"}'))
        assert list(answer) == ["query", "context", "response"]
        assert answer["query"] == "What is Kubernetes?" and answer["context"].startswith("Kubernetes is")
        assert answer["context"] in answer["response"] and answer["query"] in answer["response"]
        assert post_json(instance, "/", {"query": "What else?"}).json()["context"] == "No relevant context found."


def test_a_pipeline_is_served_at_the_prefix_it_is_given(manta_binary, tmp_path):
    with serving(app("analysis"), tmp_path, "--route-prefix", "/analyze", "--num-gpus", "2", "--num-cpus", "4") as instance:
        reply = post_json(instance, "/analyze", {"text": "A good day. Nothing else."})
        assert reply.json() == {"original_length": 5, "sentiment": {"label": "5 stars", "score": 0.9}, "summary": "A good day."}
        assert post_json(instance, "/", {"text": "x"}).status == 404
