"""Ready means that every model is loaded and warm; a model that is not there is told at once. Real models, missing and optional
ones: test_stack.py."""
import json

from configurations import openai_application, sim_llm, write
from scenarios import admin, app, command, deploy, eventually, serving, status_of
from wire import ask, post_json


class Gates:
    """What gated_models.cc waits for, model by model."""

    def __init__(self, folder):
        self.folder = folder

    def wait_for(self, *steps):
        eventually(lambda: all((self.folder / f"{step}.reached").exists() for step in steps), f"{steps} are reached")

    def open(self, step):
        (self.folder / step).touch()


def ready(instance):
    return ask(instance, "GET", "/ready").status == 200


def test_ready_only_after_every_model_is_loaded_and_warm(manta_binary, tmp_path):
    gates = Gates(tmp_path)
    with serving(None, tmp_path) as instance:
        deploy(instance, {"name": "gated", "import_path": app("gated"), "args": {"folder": str(tmp_path)}})

        def still_not_ready():
            reply = ask(instance, "GET", "/ready")
            assert reply.status == 503 and reply.json()["ready"] is False, reply.body
            assert ask(instance, "GET", "/healthz").status == 200, "alive all the while"

        gates.wait_for("Embed.load", "LLM.load")
        still_not_ready()
        gates.open("Embed.load")
        gates.wait_for("Embed.warm")
        still_not_ready()
        gates.open("Embed.warm")
        eventually(lambda: status_of(instance, "gated", "Embed")["replica_states"] == {"RUNNING": 1}, "the embedder runs")
        still_not_ready()
        gates.open("LLM.load")
        gates.wait_for("LLM.warm")
        assert status_of(instance, "gated", "LLM")["replica_states"] == {"STARTING": 1}, "loaded, but not warm"
        still_not_ready()
        gates.open("LLM.warm")
        eventually(lambda: ready(instance), "everything is warm")
        assert post_json(instance, "/", {"text": "hi"}).json() == {"text": "hi (warm) (warm)"}


def test_a_model_that_is_missing_fails_the_deploy_with_its_path(manta_binary, tmp_path):
    model = {**sim_llm("llama"), "engine": "llama", "model": "/nowhere/model.gguf", "engine_options": {}}
    done = command("run", write(tmp_path, openai_application("openai", "/", {"llms": [model]})), "--http-port", "0", "--admin-port", "0",
                   "--state-dir", tmp_path / "state")
    assert done.returncode == 1
    assert "/nowhere/model.gguf" in done.stdout + done.stderr


def test_a_missing_model_leaves_what_serves_alone(manta_binary, tmp_path):
    good = openai_application("good", "/good", {"llms": [sim_llm("llama")]})
    bad = openai_application("bad", "/bad", {"embedders": [{"engine": "onnx", "model": "/nowhere/embed"}]})
    with serving(write(tmp_path, good), tmp_path) as instance:
        status, text = admin(instance, "PUT", "/api/serve/applications/", {"applications": [good, bad]})
        assert status == 400 and "/nowhere/embed" in text, text
        assert ask(instance, "GET", "/good/v1/models").status == 200
        assert list(json.loads(admin(instance, "GET", "/api/serve/status")[1])["applications"]) == ["good"]
