"""One hop with nothing else open, everything on one core, beside two processes that pass the same bytes over a blocking Unix socket."""
import json
import re
import subprocess
import tempfile

from measure import Line, Spread, interleave, verdict
from servers import Manta, Server, request

TITLE = "one hop, 200 B, one call after the other on one core: p50"
PEER = None
PIN = ("taskset", "-c", "0")
FLOOR_PLUS_US = 15


def p50(*command):
    output = subprocess.run([*PIN, *map(str, command)], capture_output=True, text=True, check=True).stdout
    return float(re.search(r"p50=([\d.]+)", output)[1])


def through_handle(manta, seconds):
    """Asks the first deployment to call the second one again and again, and to say what it saw."""
    status, body = request(manta.port, "POST", "/composition/time_calls", json.dumps({"count": int(10000 * seconds), "bytes": 200}))
    if status != 200:
        raise RuntimeError(body)
    return json.loads(body)["p50_us"]


def run(session):
    floor, client = session.program("load", "socket_floor"), session.program("net", "net_client")
    with tempfile.TemporaryDirectory(prefix="manta-bench-") as folder, \
            Server([*PIN, session.program("net", "net_server"), f"unix:{folder}/s", "internal"], "net"), \
            Manta(session.build, [session.application("composition")], prefix=PIN) as manta:
        found = interleave(session, {
            "blocking socket": lambda seconds: p50(floor, 200, seconds / 2),
            "channel": lambda seconds: p50(client, f"unix:{folder}/s", 200, 1, seconds / 2),
            "handle": lambda seconds: through_handle(manta, seconds),
        })
    least = found["blocking socket"]
    lines = []
    for side, what in (("handle", f"{TITLE}, a handle's call (routing, codec, admission)"), ("channel", "the same, channel to server alone")):
        above = Spread.of([ours - floor_us for ours, floor_us in zip(found[side], least)])
        lines.append(Line("hop", what, f"{Spread.of(found[side])} us: floor + {above} us", f"blocking Unix socket {Spread.of(least)} us", None,
                          f"<= floor + {FLOOR_PLUS_US} us", verdict(above, FLOOR_PLUS_US)))
    return lines
