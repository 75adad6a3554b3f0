"""One text per request to MiniLM-L6, one thread, 32 clients: the engine alone, and over HTTP with JSON of 384 numbers."""
import dataclasses
import json
import re
import subprocess

from loads import wrk
from measure import Line, Spread, compare, field, interleave
from servers import Manta

TITLE = "one embedding per request, 32 clients, 1 thread: CPU"
PEER = "ray"
TEXT = "How do I terminate a commercial lease early without paying a penalty fee?"   # of embed_bench, too


@dataclasses.dataclass
class BareLoop:
    rate: float
    cpu_us: float
    p50_us: float


def bare_loop(program, texts, seconds):
    output = subprocess.run([program, "loop", str(texts), str(seconds)], capture_output=True, text=True, check=True).stdout
    done, took, cpu = (float(value) for value in re.findall(r"=([\d.]+)", output))
    return BareLoop(done / took, cpu / done * 1e6, took / done * texts * 1e6)


def engine_line(session):
    """The engine in a loop, one text a call: embed_bench does the interleaving itself."""
    rounds = 3 if session.quick else 9
    session.say(f"engine alone, {rounds} pairs")
    output = subprocess.run([session.program("engines", "embed_bench"), str(rounds)], capture_output=True, text=True, check=True).stdout
    bare, ours, ratio = (Spread(*(float(value) for value in found), rounds)
                         for found in re.findall(r"(?:bare|engine|ratio) ([\d.]+) \(([\d.]+) - ([\d.]+)\)", output))
    return Line("embed", "the engine alone, 1 text a call, one pinned thread: CPU", f"{ours} ms", f"bare ONNX Runtime loop {bare} ms", ratio, "<= 1.05x",
                "yes" if ratio.median <= 1.05 else "open" if ratio.low <= 1.05 else "no")


def run(session):
    program, ray = session.program("engines", "embed_bench"), session.ray()
    question = json.dumps({"texts": [TEXT]})
    application = {"name": "embed", "route_prefix": "/embed", "import_path": "builtin:embed", "args": {"model": str(session.models / "minilm-l6")}}

    def http(server, connections):
        return lambda seconds: wrk(f"http://127.0.0.1:{server.port}/embed", server.pids, seconds, connections, question)
    with Manta(session.build, [application]) as manta:
        sides = {"manta": http(manta, 32), "loop": lambda seconds: bare_loop(program, 32, seconds),
                 "lone": http(manta, 1), "lone loop": lambda seconds: bare_loop(program, 1, seconds)}
        if ray:
            sides |= {"ray": http(ray, 32), "lone ray": http(ray, 1)}
        found = interleave(session, sides)
    ours, lone = field(found, "manta", "cpu_us"), field(found, "lone", "p50_us")
    return [compare("embed", f"{TITLE} over HTTP", "us", ours, field(found, "loop", "cpu_us"), "bare ONNX Runtime loop, batches of 32,", 1.05),
            engine_line(session),
            session.beside_ray("embed", "32 clients over HTTP: CPU", "us", ours, field(found, "ray", "cpu_us")),
            session.beside_ray("embed", "32 clients over HTTP: rate", "/s", field(found, "manta", "rate"), field(found, "ray", "rate")),
            compare("embed", "a lone client over HTTP: p50", "us", lone, field(found, "lone loop", "p50_us"), "bare loop, 1 text", 1.5,
                    bar_text="no batch wait (<= 1.5x)"),
            session.beside_ray("embed", "a lone client over HTTP: p50", "us", lone, field(found, "lone ray", "p50_us"))]
