"""examples/rag as `make run` starts it, over this repository's documentation."""
import json
import re
import subprocess

import pytest

from configurations import example, models_folder
from instance import ROOT, Instance
from wire import Wire, ask, curl, request

QUESTIONS = json.loads((ROOT / "tests" / "data" / "rag_questions.json").read_text())


def environment(cache):
    return {"MANTA_MODELS": str(models_folder()), "RAG_DOCS": str(ROOT / "docs"), "RAG_CACHE": str(cache)}


def run(folder, cache, change=lambda text: text):
    config = example("rag", folder)
    config.write_text(change(config.read_text()))
    return Instance(config, folder, ready_s=300, env=environment(cache))


def post(instance, path, value, headers=()):
    """Waits longer than other tests do: the language model reads a long prompt on a CPU that others use, too."""
    with Wire(instance, timeout_s=120) as wire:
        wire.send(request("POST", path, json.dumps(value), headers))
        return wire.reply()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Vectors of the documentation, made by the first start and found again by the others."""
    return tmp_path_factory.mktemp("rag_cache")


@pytest.fixture(scope="module")
def rag(manta_binary, cache, tmp_path_factory):
    instance = run(tmp_path_factory.mktemp("rag"), cache)
    yield instance
    assert instance.stop() == 0, "".join(instance.lines)


def run_command(command):
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


def without_layout(text):
    return " ".join(text.split())


def found(instance, question):
    reply = post(instance, "/search", {"query": question["question"]})
    assert reply.status == 200, reply.body
    return any(without_layout(question["quote"]) in without_layout(source["text"]) for source in reply.json()["sources"])


def missed(instance):
    return [question["question"] for question in QUESTIONS if not found(instance, question)]


def test_the_commands_of_the_guide(rag):
    page = (ROOT / "docs" / "guide" / "rag.md").read_text()
    query, stream, candidates, chat = re.search(r"^```\n(curl .*?)```", page, re.M | re.S)[1].splitlines()

    def answer(command):
        return run_command(command.replace("localhost:8000", f"127.0.0.1:{rag.port}"))
    assert json.loads(answer(query))["answer"].strip()
    assert answer(stream).count("data: ") > 2
    assert "Cats" in json.loads(answer(candidates))["sources"][0]["text"]
    assert "data: [DONE]" in answer(chat)


def test_the_first_command_is_answered_with_sources_and_timings(rag):
    reply = json.loads(curl(f"{rag.url}/query", "-d", '{"query": "How does Manta choose a replica for a request?"}', timeout_s=120))
    assert reply["answer"].strip()
    assert len(reply["sources"]) == 3 and all(source["document"].endswith(".md") for source in reply["sources"])
    assert set(reply["timings_ms"]) == {"embed", "retrieve", "rerank", "generate", "total"}
    scores = [source["score"] for source in reply["sources"]]
    assert scores == sorted(scores, reverse=True)


def test_the_second_command_streams_a_chat(rag):
    body = '{"model": "smollm2-135m", "stream": true, "messages": [{"role": "user", "content": "Say hello"}]}'
    events = [line for line in curl("-N", f"{rag.url}/v1/chat/completions", "-d", body, timeout_s=120).splitlines() if line]
    assert events[-1] == "data: [DONE]"
    deltas = [json.loads(event.removeprefix("data: "))["choices"][0]["delta"] for event in events[:-1]]
    assert "".join(delta.get("content", "") for delta in deltas).strip()


def test_candidates_are_searched_instead_of_the_folder(rag):
    body = {"query": "Which animal purrs?", "candidates": ["Dogs bark.", "Cats purr.", "Rain is wet."], "top_k": 1, "max_tokens": 4}
    sources = post(rag, "/query", body).json()["sources"]
    assert [(source["text"], source["document"]) for source in sources] == [("Cats purr.", "candidate 1")]


def test_a_streamed_answer_is_sources_then_text_then_timings(rag):
    body = {"query": "What happens when a replica dies?", "max_tokens": 8}
    reply = post(rag, "/query/stream", body, ["accept: text/event-stream"])
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line.removeprefix("data: ")) for line in reply.body.decode().splitlines() if line.startswith("data: {")]
    assert len(events[0]["sources"]) == 3
    assert "".join(event["text"] for event in events[1:-1]).strip()
    assert events[-1]["timings_ms"]["total"] > 0


@pytest.mark.parametrize("body, place", [({}, "query"), ({"query": "x", "top_k": 11}, "top_k"), ({"query": 3}, "query"), ({"querry": "x"}, "querry")])
def test_a_bad_question_names_its_field(rag, body, place):
    reply = post(rag, "/query", body)
    assert reply.status == 400 and place in reply.error()["message"]


def test_long_candidates_still_fit_the_models_context(rag):
    body = {"query": "word " * 2000, "candidates": ["text " * 2000] * 6, "top_k": 6, "max_tokens": 1}
    assert post(rag, "/query", body).status == 200


def test_a_search_finds_what_an_answer_cites(rag):
    question = {"query": "What happens when the node agent dies?"}
    searched, answered = post(rag, "/search", question), post(rag, "/query", {**question, "max_tokens": 1})
    assert searched.json()["sources"] == answered.json()["sources"]
    assert set(searched.json()["timings_ms"]) == {"embed", "retrieve", "rerank", "total"}


def test_a_search_for_more_begins_with_the_same(rag):
    three, ten = ([source["text"] for source in post(rag, "/search", {"query": "Who forks replicas?", "top_k": k}).json()["sources"]]
                  for k in (3, 10))
    assert len(ten) == 10 and ten[:3] == three


def test_the_start_tells_how_far_embedding_is(rag):
    progress = re.findall(r"rag: embedded (\d+) of (\d+) sentences", "".join(rag.lines))
    assert len(progress) > 2 and progress[-1][0] == progress[-1][1]


def test_the_models_are_served_below_v1(rag):
    models = ask(rag, "GET", "/v1/models").json()["data"]
    assert [model["id"] for model in models] == ["smollm2-135m", "minilm-l6", "minilm-rerank"]


def test_what_the_questions_ask_for_is_in_the_documentation():
    pages = [without_layout(page.read_text()) for page in (ROOT / "docs").rglob("*.md")]
    assert [] == [question for question in QUESTIONS if not any(without_layout(question["quote"]) in page for page in pages)]


def test_nine_of_ten_questions_find_their_answer_in_the_sources(rag):
    failed = missed(rag)
    assert len(QUESTIONS) >= 30
    assert len(failed) <= len(QUESTIONS) // 10, failed


def test_shuffled_embeddings_fail_that_check(manta_binary, cache, tmp_path):
    """The questions are no test if wrong vectors pass it, too."""
    instance = run(tmp_path, cache, lambda text: text.replace("args:\n", "args:\n      shuffle: true\n", 1))
    try:
        assert len(missed(instance)) > len(QUESTIONS) // 10
    finally:
        assert instance.stop() == 0
