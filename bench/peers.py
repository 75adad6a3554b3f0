"""How the peers are started and stopped. Each Python peer has an environment of its own below MANTA_CACHE, made by `tools/setup NAME`."""
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import processes
from servers import HERE, Server, free_port, wait_for_200

QUESTION = json.dumps({"id": "1", "text": "x", "params": {"top_k": 5, "t": 0.7}})   # what every no-op application takes
APPS = HERE / "apps"


class RayServe(Server):
    """A Ray head and bench/apps/ray_apps.py on it: as installed, or with Ray's fastest settings (the throughput flags, HAProxy straight to
    the replicas, no log on stderr). Runs in the network namespace of bench/run: a Ray head listens on all addresses without asking who
    calls. One at a time."""

    SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "ORT_DISABLE_TELEMETRY": "1"}
    FASTEST = {"RAY_SERVE_THROUGHPUT_OPTIMIZED": "1", "RAY_SERVE_ENABLE_HA_PROXY": "1", "RAY_SERVE_LOG_TO_STDERR": "0"}

    def __init__(self, python, models, fastest=True):
        self.port = free_port()
        self.begun = time.monotonic()
        folder = tempfile.mkdtemp(prefix="mbr-")   # a socket path of Ray's has to fit into 107 bytes
        self.temporary = folder
        super().__init__([python, HERE / "apps" / "ray_apps.py", self.port, folder, models], "ray",
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         environment={**self.SETTINGS, **(self.FASTEST if fastest else {}),
                                      "HOME": folder, "PATH": f"{Path(python).parent}:{os.environ['PATH']}"})
        self.starting(lambda: self._wait_for("noop", 120))
        self.first_200_s = time.monotonic() - self.begun
        self.starting(lambda: self._wait_for("ready", 240))

    def _wait_for(self, line, limit_s):
        end = time.monotonic() + limit_s
        while True:
            readable, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            found = self.process.stdout.readline().strip() if readable else ""
            if found == line:
                return
            if not found:
                raise RuntimeError(f"it did not say {line!r}")

    def replica(self, deployment):
        word = f"ray::ServeReplica:{deployment}"
        return {pid for pid in self.pids() if (processes.read_proc(pid, "cmdline") or "").startswith(word)}

    def stop(self, **options):
        super().stop(**options)
        shutil.rmtree(self.temporary, ignore_errors=True)


class LlamaServer(Server):
    def __init__(self, binary, model, streams, context, prefix=()):
        self.port = free_port()
        super().__init__([*prefix, binary, "--model", model, "--host", "127.0.0.1", "--port", self.port, "--threads", 1, "--threads-batch", 1,
                          "--parallel", streams, "--ctx-size", context * streams, "--no-warmup", "--offline"], "llama-server")
        self.starting(lambda: wait_for_200(self.port, "GET", "/health", limit_s=120))


class PythonPeer(Server):
    """A no-op application of another server: `command` with {bin} for the environment's programs and {port}. One worker, as it is
    installed otherwise; access logs off where they can be."""

    PATH = "/predict"
    COMMANDS = {
        "fastapi": ["{bin}/uvicorn", "fastapi_app:app", "--app-dir", APPS, "--port", "{port}", "--no-access-log", "--loop", "uvloop", "--http", "httptools"],
        "litserve": ["{bin}/python", APPS / "litserve_app.py", "{port}"],
        "bentoml": ["{bin}/bentoml", "serve", "bentoml_app:Noop", "--working-dir", APPS, "--host", "127.0.0.1", "--port", "{port}"],
    }

    def __init__(self, name, binaries):
        self.port = free_port()
        self.begun = time.monotonic()
        words = [str(word).replace("{bin}", str(binaries)).replace("{port}", str(self.port)) for word in self.COMMANDS[name]]
        home = tempfile.mkdtemp(prefix="manta-bench-home-")
        self.home = home
        super().__init__(words, name, environment={"HOME": home, "BENTOML_HOME": home, "BENTOML_DO_NOT_TRACK": "true",
                                                   "PYTHONDONTWRITEBYTECODE": "1", "PATH": f"{binaries}:{os.environ['PATH']}"})
        self.starting(lambda: wait_for_200(self.port, "POST", self.PATH, QUESTION, 60))
        self.first_200_s = time.monotonic() - self.begun

    def stop(self, **options):
        super().stop(limit_s=10, **options)
        shutil.rmtree(self.home, ignore_errors=True)


class LlmRouter(Server):
    """vllm-router or sglang-router in front of one engine, its settings as installed but for the policy."""

    def __init__(self, name, binaries, engine_port):
        self.port = free_port()
        launch, level = (["launch"], "warn") if name == "sglang-router" else ([], "warning")
        super().__init__([binaries / name, *launch, "--worker-urls", f"http://127.0.0.1:{engine_port}", "--host", "127.0.0.1", "--port", self.port,
                          "--prometheus-port", free_port(), "--policy", "round_robin", "--log-level", level], name)
        self.starting(lambda: wait_for_200(self.port, "GET", "/v1/models", limit_s=60))
