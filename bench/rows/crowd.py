"""10,000 open SSE streams in one proxy, an event each ten seconds: memory of proxy and replica for each, and that all go on. Then streams
without a pause, with and without readers beside them that have stopped reading: what those hold, and whether they slow the others."""
import json
import subprocess
import time

from loads import streams
from measure import against_limit, compare, interleave, stated
from processes import CpuMeter, pss_mib
from servers import Manta

TITLE = "10,000 open streams in one proxy; readers that have stopped"
PEER = None
STALLED = 32
RATIO_BAR = 0.9


class OpenStreams:
    """Streams that load/open_streams holds while the block runs; `stalled` ones read nothing after their first bytes."""

    def __init__(self, session, port, count, body, stalled=False):
        command = [session.program("load", "open_streams"), port, "/crowd/events", count, "stalled" if stalled else "reading", json.dumps(body)]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        if self.process.stdout.readline() != "open\n":
            raise RuntimeError("the streams could not all be opened")
        return self

    def end(self):
        """What it saw: {"streams", "events", "ended"}"""
        return json.loads(self.process.communicate()[0])

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def parts(manta):
    """PSS in MiB: (proxy, replica)"""
    proxy = {pid for pid in manta.pids() if manta.role(pid) == "proxy"}
    return pss_mib(proxy), pss_mib(manta.replica("Echo"))


def memory_of_streams(session, manta):
    """KiB for each stream: (proxy, replica)"""
    count = 500 if session.quick else 10_000
    before = parts(manta)
    session.say(f"{count} streams")
    with OpenStreams(session, manta.port, count, {"count": 1_000_000, "pause_ms": 10_000}) as opened:
        time.sleep(2 if session.quick else 12)
        after = parts(manta)
        seen = opened.end()
    if seen["streams"] != count or seen["ended"]:
        raise RuntimeError(f"streams were lost: {seen}")
    return count, [(late - early) * 1024 / count for early, late in zip(before, after)]


def wait_for_quiet(manta):
    """Until the kernel's buffers of those that have stopped are full, and nothing is sent any more."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        meter = CpuMeter(manta.pids)
        time.sleep(0.3)
        if meter.spent() < 0.003:
            return
    raise RuntimeError("streams that nobody reads do not come to rest")


def slow_readers(session, manta):
    """(events a second of fast readers alone and beside stalled ones, KiB that each stalled one holds in proxy and replica)"""
    client = session.program("load", "stream_client")

    def fast(seconds):
        return streams(client, manta.port, "/crowd/events", manta.pids, seconds, 8, {"count": 2000, "pause_ms": 0})[0]["events_per_s"]
    held = []

    def beside(seconds):
        before = sum(parts(manta))
        with OpenStreams(session, manta.port, STALLED, {"count": 100_000_000, "pause_ms": 0}, stalled=True):
            wait_for_quiet(manta)
            rate = fast(seconds)
            held.append((sum(parts(manta)) - before) * 1024 / STALLED)
        time.sleep(0.5)
        return rate
    found = interleave(session, {"beside stalled": beside, "alone": fast})
    return found, held[1:]   # the first was the warm-up


def run(session):
    with Manta(session.build, [session.application("crowd")]) as manta:
        count, (proxy, replica) = memory_of_streams(session, manta)
    with Manta(session.build, [session.application("crowd")]) as manta:
        found, held = slow_readers(session, manta)
    return [stated("crowd", f"{count:,} open streams in one proxy, an event each 10 s: PSS of the proxy for each", "KiB", [proxy]),
            stated("crowd", "the same: PSS of the replica for each", "KiB", [replica]),
            compare("crowd", f"8 fast readers beside {STALLED} that have stopped reading: events", "/s", found["beside stalled"], found["alone"],
                    "8 fast readers alone", RATIO_BAR, at_least=True),
            against_limit("crowd", "the same: PSS that each stopped reader holds in proxy and replica", "KiB", held, 512, bar_text="bounded (<= 512 KiB)")]
