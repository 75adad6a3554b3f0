"""Configurations that the tests serve: built-ins with the sim engine or the packaged models, and the examples of this repository."""
import json
import os
from pathlib import Path

from instance import ROOT, binary

SIM = {"engine": "sim", "engine_options": {"ttft_ms": "2", "itl_ms": "1"}}


def models_folder():
    """The packaged models; `make setup` puts them there."""
    cache = Path(os.environ.get("MANTA_CACHE", Path.home() / ".cache" / "manta"))
    folder = Path(os.environ.get("MANTA_MODELS", cache / "models"))
    assert folder.is_dir(), f"{folder} is not there: run `make setup`"
    return folder


def sim_llm(name, context=256, slots=8, **options):
    return {"engine": "sim", "id": name, "context": context, "slots": slots,
            "engine_options": {**SIM["engine_options"], **{key: str(value) for key, value in options.items()}}}


def openai_application(name, prefix, args, deployments=()):
    return {"name": name, "route_prefix": prefix, "import_path": "builtin:openai", "args": args, "deployments": list(deployments)}


def write(folder, *applications):
    """A configuration file of these applications. JSON is YAML."""
    path = Path(folder) / "app.yaml"
    path.write_text(json.dumps({"applications": applications}))
    return path


def example(name, folder):
    """The configuration of an example, for the libraries that were built beside the binary under test."""
    text = (ROOT / "examples" / name / "app.yaml").read_text()
    path = Path(folder) / f"{name}.yaml"
    path.write_text(text.replace("../../build/release", str(binary().resolve().parent.parent)))
    return path
