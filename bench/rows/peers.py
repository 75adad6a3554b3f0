"""The same no-op POST as row `noop`, beside FastAPI on uvicorn, LitServe and BentoML: one worker each, as installed, access logs off where
they can be. They parse the body, as Manta does. Their start to the first answer and their memory at rest stand beside those of row `start`."""
import time

from loads import wrk
from measure import Line, Spread, compare, field, interleave
from processes import pss_mib
from rows.noop import QUESTION

TITLE = "no-op POST, 200 B JSON, 64 connections"
PEER = None
NAMES = {"fastapi": "FastAPI", "litserve": "LitServe", "bentoml": "BentoML"}


def beside(session, name, title):
    """The lines of one peer; Manta runs beside it, idle while the peer is asked."""
    manta, peer = session.manta(), session.python_peer(name)
    if not peer:
        return [Line("peers", f"{TITLE}, beside {title}", "-", f"{title}: not installed (tools/setup {name})")]
    with peer:
        time.sleep(1 if session.quick else 3)
        rest = pss_mib(peer.pids())
        found = interleave(session, {
            "manta": lambda seconds: wrk(f"http://127.0.0.1:{manta.port}/noop", manta.pids, seconds, 64, QUESTION),
            name: lambda seconds: wrk(f"http://127.0.0.1:{peer.port}{peer.PATH}", peer.pids, seconds, 64, QUESTION),
        })
    started, memory = Spread.of([peer.first_200_s]), Spread.of([rest])
    return [compare("peers", f"{TITLE}: CPU", "us", field(found, "manta", "cpu_us"), field(found, name, "cpu_us"), title).drawn("noop-cpu"),
            compare("peers", "the same: rate", "/s", field(found, "manta", "rate"), field(found, name, "rate"), title).drawn("noop-rate"),
            Line("peers", f"{title}: start to the first 200", "see `start`", f"{title} {started} s", theirs=started, unit="s",
                 peer_name=title).drawn("start"),
            Line("peers", f"{title}: PSS at rest", "see `start`", f"{title} {memory} MiB", theirs=memory, unit="MiB",
                 peer_name=title).drawn("memory")]


def run(session):
    return [line for name, title in NAMES.items() for line in beside(session, name, title)]
