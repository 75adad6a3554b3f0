"""examples/pipeline: a document through four models whose branches run side by side, against one model after the other. The models are
stand-ins that take OCR 100 ms, NER 150 ms, classifier 50 ms and language model 195 ms."""
import json
import time

from measure import against_limit, compare, interleave
from servers import Manta, request

TITLE = "a document through four models, branches side by side: latency"
PEER = None
DOCUMENT = json.dumps({"pages": ["The contract was signed by Ada Lovelace."], "metadata": {"title": "Contract 17"}})
IN_TURN_MS, SIDE_BY_SIDE_MS = 100 + 150 + 50 + 195, 100 + 195   # what the models alone take


def latencies(manta, method):
    """Mean milliseconds of requests one after the other, as long as it is told to."""
    def measure(seconds):
        begun, requests = time.monotonic(), 0
        while requests == 0 or time.monotonic() - begun < seconds:
            status, body = request(manta.port, "POST", f"/{method}", DOCUMENT)
            if status != 200:
                raise RuntimeError(f"/{method}: {status} {body}")
            requests += 1
        return (time.monotonic() - begun) / requests * 1000
    return measure


def run(session):
    library = session.build / "examples" / "pipeline" / "libpipeline.so"
    application = {"name": "pipeline", "route_prefix": "/", "import_path": f"{library}:build", "args": {}}
    with Manta(session.build, [application], arguments=("--num-gpus", 6)) as manta:
        found = interleave(session, {name: latencies(manta, name) for name in ("process", "process_in_turn")})
    return [compare("pipeline", TITLE, "ms", found["process"], found["process_in_turn"], "one after the other", 0.6,
                    bar_text="40 % less (<= 0.6x)"),
            against_limit("pipeline", "the same: beyond the models' own 295 ms", "ms",
                          [ms - SIDE_BY_SIDE_MS for ms in found["process"]], 15),
            against_limit("pipeline", "one after the other: beyond the models' own 495 ms", "ms",
                          [ms - IN_TURN_MS for ms in found["process_in_turn"]], 15)]
