"""Tokens of SmolLM2-135M at 1, 4 and 8 streams on one core: the engine beside a loop over libllama, and everything over HTTP beside
llama-server. Prompts are computed each time by both."""
import concurrent.futures
import dataclasses
import json
import re
import subprocess
import time

from measure import Line, Spread, compare, field, interleave
from processes import CpuMeter
from peers import LlamaServer
from servers import Manta, request

TITLE = "generation, one pinned thread, 1, 4 and 8 streams"
PEER = "llama-server"
STREAMS, CONTEXT = (1, 4, 8), 512
PIN = ("taskset", "-c", "1")
QUESTIONS = ("Explain what a contract is.", "Write a short story about a fox.", "What is gravity?", "List reasons to learn C++.",
             "Describe the city of Paris.", "How does a bicycle work?", "What is machine learning?", "Tell me about the ocean.")


@dataclasses.dataclass
class Generated:
    rate: float      # tokens per second, all streams
    cpu_ms: float    # per token


def size(session):
    """(interleaved pairs, tokens of each stream)"""
    return (1, 16) if session.quick else (max(9, session.repeats), 32)


def named(streams):
    return "1 stream" if int(streams) == 1 else f"{streams} streams"


def engine_lines(session):
    """generation_bench does the interleaving itself."""
    rounds, tokens = size(session)
    session.say(f"engine alone, {rounds} pairs")
    output = subprocess.run([session.program("engines", "generation_bench"), str(rounds), str(tokens)], capture_output=True, text=True,
                            check=True).stdout
    lines = []
    for row in output.strip().splitlines():
        bare, ours, ratio = (Spread(*(float(value) for value in found), rounds)
                             for found in re.findall(r"(?:bare|engine|ratio) ([\d.]+) \(([\d.]+) - ([\d.]+)\)", row))
        lines.append(Line("generation", f"{named(row.split()[0])}, the engine alone: CPU per token", f"{ours} ms", f"bare libllama loop {bare} ms",
                          ratio, "<= 1.05x", "yes" if ratio.median <= 1.05 else "open" if ratio.low <= 1.05 else "no"))
    return lines


def generate(server, streams, tokens):
    """`streams` clients ask once, at the same time."""
    def ask(question):
        body = {"model": "smollm2-135m", "messages": [{"role": "user", "content": question}], "max_tokens": tokens, "temperature": 0,
                "ignore_eos": True, "cache_prompt": False}
        status, text = request(server.port, "POST", "/v1/chat/completions", json.dumps(body), 120)
        if status != 200 or json.loads(text)["usage"]["completion_tokens"] != tokens:
            raise RuntimeError(f"{server.name}: {status} {text[:300]}")
    meter, begun = CpuMeter(server.pids), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(streams) as pool:
        list(pool.map(ask, QUESTIONS[:streams]))
    took = time.monotonic() - begun
    return Generated(streams * tokens / took, meter.spent() * 1e3 / (streams * tokens))


def server_lines(session):
    binary, model = session.cache / "llama-server" / "bin" / "llama-server", session.models / "smollm2-135m"
    if not binary.exists():
        return [Line("generation", "over HTTP: tokens/s", "-", "llama-server: not installed (tools/setup llama-server)", None, "level or ahead")]
    options = {"model": str(model), "id": "smollm2-135m", "slots": max(STREAMS), "context": CONTEXT, "threads": 1, "prefix_cache": False}
    application = {"name": "llm", "route_prefix": "/", "import_path": "builtin:llm", "args": options}
    with Manta(session.build, [application], prefix=PIN) as manta, \
            LlamaServer(binary, model / "model.gguf", max(STREAMS), CONTEXT, prefix=PIN) as peer:
        return [line for streams in STREAMS for line in beside_llama_server(session, manta, peer, streams)]


def beside_llama_server(session, manta, peer, streams):
    pairs, tokens = size(session)
    sides = {f"{server.name}, {named(streams)}": lambda _, server=server: generate(server, streams, tokens) for server in (manta, peer)}
    found = interleave(session, sides, repeats=pairs)
    ours, theirs = sides
    return [compare("generation", f"{named(streams)} over HTTP: tokens", "/s", field(found, ours, "rate"), field(found, theirs, "rate"), "llama-server",
                    1.0, at_least=True, bar_text="level or ahead").drawn("generation-rate", named(streams)),
            compare("generation", f"{named(streams)} over HTTP: CPU per token", "ms", field(found, ours, "cpu_ms"), field(found, theirs, "cpu_ms"),
                    "llama-server", None)]


def run(session):
    return engine_lines(session) + server_lines(session)
