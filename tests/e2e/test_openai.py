"""The OpenAI endpoints of builtin:openai, by the openai package, curl and plain bytes; the models are the sim engine's. All of it holds for the
endpoints in replicas and in the proxy."""
import base64
import json
import socket
import struct
import time

import openai
import pytest

from configurations import openai_application, sim_llm, write
from instance import Instance
from wire import Wire, ask, curl, post_json, request

HELLO = [{"role": "user", "content": "Say hello"}]


def sim(*names):
    return [{"engine": "sim", "id": name} for name in names]


@pytest.fixture(scope="module", params=["replicas", "in_proxy"])
def served(request, manta_binary, tmp_path_factory):
    def application(name, prefix, args, deployments=()):
        return openai_application(name, prefix, {**args, "in_proxy": request.param == "in_proxy"}, deployments)
    folder = tmp_path_factory.mktemp("openai")
    encoders = {"embedders": [{"engine": "sim", "id": "sim-embed"}], "rerankers": [{"engine": "sim", "id": "sim-rerank"}]}
    full = {"name": "Llm", "max_ongoing_requests": 1, "max_queued_requests": 1, "ray_actor_options": {"num_cpus": 0.1}}
    config = write(
        folder,
        application("main", "/", {"llms": [sim_llm("sim-llm")], **encoders}),
        application("two", "/two", {"llms": [sim_llm("a"), sim_llm("b")], "default_model": "b",
                                    "embedders": sim("c", "d"), "default_embedder": "d",
                                    "rerankers": sim("e", "f"), "default_reranker": "f"}),
        application("three", "/three", {"embedders": sim("a", "b")}),
        application("slow", "/slow", {"llms": [sim_llm("slow", slots=1, context=100000, itl_ms=20)]}),
        application("failing", "/failing", {"llms": [sim_llm("failing", fail_every=2, fail_after=3)]}),
        application("busy", "/busy", {"llms": [sim_llm("busy", context=100000, itl_ms=20)]}, [full]),
        application("limited", "/limited", {"llms": [sim_llm("limited", context=100000, itl_ms=20)]},
                    [{**full, "backpressure_status_code": 429}]))
    instance = Instance(config, folder, ["--num-cpus", "16"])
    yield instance
    assert instance.stop() == 0, "".join(instance.lines)


def client_of(instance, prefix="", retries=0):
    return openai.OpenAI(base_url=f"{instance.url}{prefix}/v1", api_key="none", max_retries=retries, timeout=30)


@pytest.fixture
def client(served):
    return client_of(served)


def error_of(reply, status):
    assert reply.status == status, reply.body
    error = reply.error()
    assert set(error) == {"message", "type", "param", "code"} and error["message"]
    return error


def test_errors_that_the_proxy_makes_are_read_by_the_client_as_well(served):
    """Too late, and too large for the public port: the model's deployment never sees the second."""
    with pytest.raises(openai.APIStatusError) as late:
        client_of(served, "/slow").chat.completions.create(model="slow", messages=HELLO, max_tokens=5000,
                                                           extra_headers={"x-request-timeout-seconds": "0.3"})
    assert (late.value.status_code, late.value.code, late.value.param) == (408, "deadline_exceeded", None)
    with pytest.raises(openai.APIStatusError) as large:
        client_of(served).embeddings.create(model="sim-embed", input="x" * (65 << 20))
    assert (large.value.status_code, large.value.code) == (413, "invalid_argument")


def test_models_are_listed_and_shown(client):
    assert [model.id for model in client.models.list()] == ["sim-llm", "sim-embed", "sim-rerank"]
    assert client.models.retrieve("sim-embed").id == "sim-embed"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-5")
    assert caught.value.code == "model_not_found"


def test_a_chat_is_answered_with_its_usage(client):
    reply = client.chat.completions.create(model="sim-llm", messages=HELLO, max_tokens=5)
    choice = reply.choices[0]
    assert choice.message.role == "assistant" and len(choice.message.content.split()) == 5
    assert choice.finish_reason == "length"
    assert reply.usage.completion_tokens == 5
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + 5


def test_a_streamed_chat_is_the_same_text_in_pieces(client):
    whole = client.chat.completions.create(model="sim-llm", messages=HELLO, max_tokens=6, seed=7)
    chunks = list(client.chat.completions.create(model="sim-llm", messages=HELLO, max_tokens=6, seed=7, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason == "length"
    assert all(chunk.usage is None for chunk in chunks)


def test_usage_comes_last_in_a_stream_that_asks_for_it(client):
    chunks = list(client.chat.completions.create(model="sim-llm", messages=HELLO, max_tokens=4, stream=True,
                                                 stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == 4


def test_a_stream_ends_with_done(served):
    reply = post_json(served, "/v1/chat/completions", {"messages": HELLO, "max_tokens": 3, "stream": True})
    assert reply.headers["content-type"] == "text/event-stream"
    events = reply.body.decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    assert all(event.startswith("data: ") for event in events[:-1])


def test_a_stream_comes_in_pieces_while_the_model_generates(served):
    with Wire(served) as wire:
        wire.send(request("POST", "/slow/v1/chat/completions", json.dumps({"messages": HELLO, "max_tokens": 50000, "stream": True})))
        assert wire.head().headers["transfer-encoding"] == "chunked"
        pieces = [wire.chunk().decode() for _ in range(3)]  # the last one is 1000 s away
    assert all(piece.startswith("data: ") and piece.endswith("\n\n") for piece in pieces)


def test_curl_streams_the_command_of_the_guide(served):
    out = curl("-N", f"{served.url}/v1/chat/completions", "-d",
               '{"model": "sim-llm", "stream": true, "max_tokens": 4, "messages": [{"role": "user", "content": "Say hello"}]}')
    assert out.rstrip().endswith("data: [DONE]")


def test_completions_take_one_prompt_or_several(client):
    one = client.completions.create(model="sim-llm", prompt="one", max_tokens=3)
    assert len(one.choices) == 1 and one.usage.completion_tokens == 3
    several = client.completions.create(model="sim-llm", prompt=["one", "two"], max_tokens=3, echo=True)
    assert [choice.index for choice in several.choices] == [0, 1]
    assert several.choices[1].text.startswith("two") and several.usage.completion_tokens == 6


def test_a_streamed_completion_is_the_same_text(client):
    whole = client.completions.create(model="sim-llm", prompt="one", max_tokens=6, seed=3).choices[0].text
    chunks = client.completions.create(model="sim-llm", prompt="one", max_tokens=6, seed=3, stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole


def test_a_stop_string_ends_the_text_before_it(client):
    whole = client.completions.create(model="sim-llm", prompt="one", max_tokens=8, seed=3).choices[0].text
    words = whole.split()
    stop = f"{words[3][-1]} {words[4]}"  # lies across two tokens
    cut = client.completions.create(model="sim-llm", prompt="one", max_tokens=8, seed=3, stop=stop).choices[0]
    assert cut.text == whole[:whole.index(stop)] and cut.finish_reason == "stop"


def test_embeddings_are_the_same_as_numbers_and_base64(served, client):
    texts = ["one two", "three"]
    numbers = client.embeddings.create(model="sim-embed", input=texts, encoding_format="float")
    assert [item.index for item in numbers.data] == [0, 1] and len(numbers.data[0].embedding) == 32
    assert numbers.usage.prompt_tokens == 3
    raw = post_json(served, "/v1/embeddings", {"input": texts, "encoding_format": "base64"}).json()["data"][1]["embedding"]
    assert list(struct.unpack("<32f", base64.b64decode(raw))) == pytest.approx(numbers.data[1].embedding, abs=1e-6)
    assert client.embeddings.create(model="sim-embed", input=texts).data[1].embedding == pytest.approx(numbers.data[1].embedding, abs=1e-6)


def test_embeddings_of_fewer_dimensions_have_unit_length(client):
    vector = client.embeddings.create(model="sim-embed", input="one", dimensions=8, encoding_format="float").data[0].embedding
    assert len(vector) == 8 and sum(value * value for value in vector) == pytest.approx(1, abs=1e-5)
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model="sim-embed", input="one", dimensions=33)
    assert caught.value.param == "dimensions"


@pytest.mark.parametrize("field", ["documents", "texts"])
def test_rerank_sorts_what_either_name_holds(served, field):
    reply = post_json(served, "/v1/rerank", {"query": "cats purr", field: ["dogs bark", "cats purr", "a cats"], "top_n": 2}).json()
    assert [result["index"] for result in reply["results"]] == [1, 2]
    assert reply["results"][0]["relevance_score"] > reply["results"][1]["relevance_score"]
    assert reply["model"] == "sim-rerank"


def test_rerank_returns_documents_given_as_objects(served):
    body = {"query": "cats purr", "documents": [{"text": "dogs bark"}, {"text": "cats purr"}], "return_documents": True}
    assert post_json(served, "/v1/rerank", body).json()["results"][0]["document"] == {"text": "cats purr"}


def test_without_a_model_the_only_or_the_default_one_answers(served):
    assert post_json(served, "/v1/completions", {"prompt": "x", "max_tokens": 1}).json()["model"] == "sim-llm"
    assert post_json(served, "/two/v1/completions", {"prompt": "x", "max_tokens": 1}).json()["model"] == "b"
    assert post_json(served, "/two/v1/completions", {"prompt": "x", "max_tokens": 1, "model": "a"}).json()["model"] == "a"
    assert post_json(served, "/v1/embeddings", {"input": "x"}).json()["model"] == "sim-embed"
    assert post_json(served, "/two/v1/embeddings", {"input": "x"}).json()["model"] == "d"
    assert post_json(served, "/v1/rerank", {"query": "x", "documents": ["x"]}).json()["model"] == "sim-rerank"
    assert post_json(served, "/two/v1/rerank", {"query": "x", "documents": ["x"]}).json()["model"] == "f"
    assert error_of(post_json(served, "/three/v1/embeddings", {"input": "x"}), 400)["param"] == "model"


def test_an_unknown_model_is_not_found(client):
    for call in (lambda: client.chat.completions.create(model="gpt-5", messages=HELLO),
                 lambda: client.embeddings.create(model="sim-llm", input="x")):
        with pytest.raises(openai.NotFoundError) as caught:
            call()
        assert caught.value.code == "model_not_found" and caught.value.param == "model"


def test_unknown_fields_are_ignored_and_counted(served):
    def counted(endpoint):
        lines = curl(f"{served.url}/-/metrics").splitlines()
        found = [line for line in lines if line.startswith("manta_openai_ignored_fields_total{")
                 and f'endpoint="{endpoint}"' in line and 'application="main"' in line and 'deployment="OpenAi"' in line]
        assert len(found) == 1, found
        return float(found[0].split()[-1])
    before = {endpoint: counted(endpoint) for endpoint in ("chat/completions", "completions", "embeddings", "rerank")}
    asked = {"chat/completions": {"messages": HELLO, "max_tokens": 1, "user": "me", "logit_bias": {"1": 2}},
             "completions": {"prompt": "x", "max_tokens": 1, "best_of": 1},
             "embeddings": {"input": "x", "user": "me"},
             "rerank": {"query": "x", "documents": ["x"], "max_chunks_per_doc": 1, "rank_fields": [], "user": "me"}}
    for endpoint, body in asked.items():
        assert post_json(served, f"/v1/{endpoint}", body).status == 200
    assert {endpoint: counted(endpoint) - before[endpoint] for endpoint in before} == \
        {"chat/completions": 2, "completions": 1, "embeddings": 1, "rerank": 3}


def test_tokens_are_counted_under_vllms_names(served):
    def counted(name):
        lines = curl(f"{served.url}/-/metrics").splitlines()
        found = [line for line in lines if line.startswith(f"vllm:{name}_total{{")
                 and 'model_name="sim-llm"' in line and 'application="main"' in line and 'deployment="Llm"' in line]
        assert len(found) == 1, found
        return float(found[0].split()[-1])
    names = ("generation_tokens", "prefix_cache_hits", "spec_decode_num_drafts", "spec_decode_num_draft_tokens",
             "spec_decode_num_accepted_tokens")
    post_json(served, "/v1/completions", {"prompt": "a", "max_tokens": 1})  # brings up what cancelled requests left
    before = {name: counted(name) for name in names}
    usage = post_json(served, "/v1/completions", {"prompt": "a b c", "max_tokens": 7}).json()["usage"]
    rise = {name: counted(name) - before[name] for name in names}
    assert rise["generation_tokens"] == usage["completion_tokens"] > 0
    assert rise["spec_decode_num_drafts"] == rise["spec_decode_num_accepted_tokens"] == 0  # the sim engine drafts nothing


def test_invalid_json_is_refused(served):
    assert error_of(ask(served, "POST", "/v1/chat/completions", "{"), 400)["type"] == "invalid_request_error"
    assert error_of(ask(served, "POST", "/v1/embeddings", ""), 400)["type"] == "invalid_request_error"


def test_invalid_utf8_is_refused(served):
    for path, body in (("/v1/completions", b'{"prompt": "\xff"}'), ("/v1/embeddings", b'{"input": "caf\xe9"}')):
        error_of(ask(served, "POST", path, body), 400)


@pytest.mark.parametrize("path, body, param", [
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
    ("/v1/chat/completions", {"messages": HELLO, "max_tokens": "many"}, "max_tokens"),
    ("/v1/chat/completions", {"messages": HELLO, "stream": "yes"}, "stream"),
    ("/v1/chat/completions", {"messages": HELLO, "temperature": 3}, "temperature"),
    ("/v1/chat/completions", {}, "messages"),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
    ("/v1/chat/completions", {"messages": [{"role": "user"}]}, "messages[0].content"),
    ("/v1/completions", {"prompt": {"a": 1}}, "prompt"),
    ("/v1/completions", {"prompt": "x", "stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
    ("/v1/embeddings", {"input": 3}, "input"),
    ("/v1/embeddings", {"input": []}, "input"),
    ("/v1/rerank", {"query": "x", "documents": [1]}, "documents[0]"),
    ("/v1/rerank", {"documents": ["x"]}, "query"),
])
def test_a_wrong_field_is_named(served, path, body, param):
    error = error_of(post_json(served, path, body), 400)
    assert error["type"] == "invalid_request_error" and error["param"] == param


@pytest.mark.parametrize("stream", [False, True])
def test_a_prompt_longer_than_the_context_is_refused(served, stream):
    body = {"messages": [{"role": "user", "content": "word " * 300}], "stream": stream}
    error = error_of(post_json(served, "/v1/chat/completions", body), 400)
    assert error["code"] == "context_length_exceeded" and "256" in error["message"]


def test_another_path_or_verb_is_refused(served):
    assert error_of(post_json(served, "/v1/chat", {}), 404)["type"] == "not_found_error"
    reply = ask(served, "GET", "/v1/chat/completions")
    error_of(reply, 405)
    assert reply.headers["allow"] == "POST"
    error_of(ask(served, "DELETE", "/v1/models/sim-llm"), 405)


def test_a_failure_in_a_stream_ends_it_with_an_error_event(served):
    outcomes = []
    for _ in range(4):  # every second request fails after three tokens
        out = ask(served, "POST", "/failing/v1/completions", json.dumps({"prompt": "x", "max_tokens": 6, "stream": True})).body.decode()
        outcomes.append("error" if '"error"' in out else "done")
        assert ("[DONE]" in out) == (outcomes[-1] == "done")
    assert sorted(outcomes) == ["done", "done", "error", "error"]


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_vanishes_frees_the_sequence(served, stream):
    """The model has one slot: as long as the first request holds it, no other is answered."""
    body = json.dumps({"prompt": "x", "max_tokens": 50000, "stream": stream})
    with Wire(served) as wire:
        wire.send(request("POST", "/slow/v1/completions", body))
        if stream:
            wire.head()
            wire.chunk()
        else:
            time.sleep(0.3)  # until it has surely begun; the end is 1000 s away
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    reply = ask(served, "POST", "/slow/v1/completions", json.dumps({"prompt": "y", "max_tokens": 2}))
    assert reply.status == 200


@pytest.mark.parametrize("prefix, status", [("/busy", 503), ("/limited", 429)])
def test_a_full_model_says_when_to_come_back(served, prefix, status):
    body = request("POST", f"{prefix}/v1/completions", json.dumps({"prompt": "x", "max_tokens": 50000, "stream": True}))
    with Wire(served) as running, Wire(served) as queued:
        running.send(body)
        running.head()
        queued.send(body)
        deadline = time.monotonic() + 20
        reply = None
        while (reply is None or reply.status == 200) and time.monotonic() < deadline:
            with Wire(served, timeout_s=1) as third:
                third.send(request("POST", f"{prefix}/v1/completions", json.dumps({"prompt": "x", "max_tokens": 1})))
                try:
                    reply = third.reply()
                except TimeoutError:
                    pass  # it took the place in the queue before `queued` did
    assert reply.status == status
    assert int(reply.headers["retry-after"]) >= 1
    error_of(reply, status)


def test_the_client_retries_an_overloaded_model(served):
    """openai's own retry follows retry-after; when the model is free again the request succeeds."""
    assert client_of(served, "/limited", retries=5).completions.create(model="limited", prompt="x", max_tokens=2).usage.completion_tokens == 2
