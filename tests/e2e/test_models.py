"""The packaged models behind the OpenAI endpoints."""
import math
import os

import pytest

import openai
from configurations import models_folder, openai_application, write
from instance import Instance
from wire import ask, post_json


@pytest.fixture(scope="module")
def served(manta_binary, tmp_path_factory):
    folder, models = tmp_path_factory.mktemp("models"), models_folder()
    config = write(folder, openai_application("openai", "/", {
        "llms": [{"model": str(models / "smollm2-135m"), "threads": 2}],
        "embedders": [{"model": str(models / "minilm-l6")}],
        "rerankers": [{"model": str(models / "minilm-rerank")}]}))
    instance = Instance(config, folder, ["--num-cpus", "4"], ready_s=120)
    yield instance
    assert instance.stop() == 0, "".join(instance.lines)


@pytest.fixture
def client(served):
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key="none", max_retries=0, timeout=120)


def test_models_are_named_after_their_folders(client):
    assert [model.id for model in client.models.list()] == ["smollm2-135m", "minilm-l6", "minilm-rerank"]


def test_a_greedy_chat_says_the_same_whole_and_streamed(client):
    ask_for = {"model": "smollm2-135m", "messages": [{"role": "user", "content": "What is the capital of France?"}],
               "max_tokens": 24, "temperature": 0}
    whole = client.chat.completions.create(**ask_for).choices[0].message.content
    assert "Paris" in whole
    chunks = client.chat.completions.create(**ask_for, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole


def test_related_texts_have_near_embeddings(client):
    vectors = [item.embedding for item in client.embeddings.create(
        model="minilm-l6", input=["A cat sleeps on the sofa.", "The kitten is napping on the couch.", "Interest rates rose."]).data]
    assert all(math.isclose(sum(value * value for value in vector), 1, abs_tol=1e-4) for vector in vectors)

    def cosine(a, b):
        return sum(x * y for x, y in zip(a, b))
    assert cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2]) + 0.3


def test_rerank_puts_the_answer_first(served):
    body = {"query": "Which animal purrs?", "documents": ["Dogs bark at strangers.", "Cats purr when they are content.", "Rain is wet."]}
    assert post_json(served, "/v1/rerank", body).json()["results"][0]["index"] == 1


def test_a_prompt_longer_than_the_context_is_refused(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model="smollm2-135m", prompt="word " * 4000)
    assert caught.value.code == "context_length_exceeded"


def test_every_replica_says_where_and_what_it_is(served):
    place = ask(served, "POST", "/where_am_i", "{}").json()
    assert place["pid"] > 0 and place["deployment"] == "OpenAi" and place["free_memory_bytes"] > 0
    assert place["configuration_hash"] and place["node_id"]


def encoder(kind, model, name, **env):
    return {"name": name, "route_prefix": f"/{name}", "import_path": f"builtin:{kind}", "args": {"model": str(models_folder() / model)},
            "runtime_env": {"env_vars": env}}


@pytest.fixture(scope="module")
def encoders(manta_binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoders")
    config = write(folder, encoder("embed", "minilm-l6", "embed"), encoder("embed", "minilm-l6", "embed4", ORT_INTRA_THREADS="4"),
                   encoder("rerank", "minilm-rerank", "rerank"),
                   encoder("rerank", "minilm-rerank", "rerank3", ORT_INTRA_THREADS="2", ORT_INTER_THREADS="2"))
    instance = Instance(config, folder, ["--num-cpus", "4"], ready_s=120, env={"ORT_INTRA_THREADS": "1"})
    yield instance
    assert instance.stop() == 0, "".join(instance.lines)


def place_of(instance, name):
    return post_json(instance, f"/{name}/where_am_i", {}).json()


def threads_of(instance, name):
    return len(os.listdir(f"/proc/{place_of(instance, name)['pid']}/task"))


def test_the_variables_of_a_replica_say_how_many_threads_its_model_has(encoders):
    """The thread that calls a model is one of its intra threads."""
    assert threads_of(encoders, "embed4") == threads_of(encoders, "embed") + 3
    assert threads_of(encoders, "rerank3") > threads_of(encoders, "rerank") + 1


@pytest.mark.parametrize("name", ["embed", "rerank"])
def test_a_replica_with_a_model_says_which_and_how_long_it_took_to_load(encoders, name):
    place = place_of(encoders, name)
    assert place["load_time_s"] > 0
    assert place["model_version"].startswith("minilm-")
    assert place["gpu_utilization"] is None or 0 <= place["gpu_utilization"] <= 1
    assert place["gpu_memory_used_bytes"] is None or place["gpu_memory_used_bytes"] >= 0
