"""The code of docs/guide/openai.md as it stands there, with the packaged models."""
import json
import subprocess
import sys

import pytest

from configurations import models_folder
from instance import ROOT, Instance

PAGE = ROOT / "examples" / "guide" / "openai"


@pytest.fixture(scope="module")
def served(manta_binary, tmp_path_factory):
    instance = Instance(PAGE / "app.yaml", tmp_path_factory.mktemp("guide"), env={"MANTA_MODELS": str(models_folder())})
    yield instance
    assert instance.stop() == 0, "".join(instance.lines)


def run(command, text, instance):
    text = text.replace("localhost:8000", f"127.0.0.1:{instance.port}")
    done = subprocess.run([*command, text], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_of_the_page(served):
    models, chat, rerank = (PAGE / "requests.sh").read_text().splitlines()
    assert len(json.loads(run(["bash", "-c"], models, served))["data"]) == 3
    assert "data: [DONE]" in run(["bash", "-c"], chat, served)
    assert json.loads(run(["bash", "-c"], rerank, served))["results"][0]["index"] == 1


def test_the_program_of_the_page(served):
    assert len(json.loads(run([sys.executable, "-c"], (PAGE / "client.py").read_text(), served))) == 384
