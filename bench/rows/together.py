"""What a call of one deployment by another costs the caller's coroutine: a coroutine method that returns what it is given, called again and
again; in one process (`placement: together`), as a virtual function of plain C++, and in two processes. All on one core."""
import json
import subprocess

from measure import Spread, against_limit, interleave, stated

TITLE = "a call between deployments in one process"
PEER = None
PIN = ("taskset", "-c", "0")
BAR_NS = 1000   # "well under a microsecond"


def call_ns(session, name):
    """Time of one call in a benchmark of together_bench, as a function of seconds."""
    def measure(seconds):
        command = [*PIN, str(session.program("api", "together_bench")), f"--benchmark_filter=^{name}/real_time$", "--benchmark_format=json",
                   f"--benchmark_min_time={max(0.1, seconds / 4)}"]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["benchmarks"]
        return 1e9 / found[0]["items_per_second"]
    return measure


def run(session):
    names = {"virtual": "BM_VirtualCall/8", "together": "BM_CallTogether/8", "apart": "BM_CallBetweenProcesses/8",
             "large": "BM_CallTogether/100000", "large apart": "BM_CallBetweenProcesses/100000"}
    found = interleave(session, {side: call_ns(session, name) for side, name in names.items()})
    virtual, large_apart = Spread.of(found["virtual"]), Spread.of(found["large apart"])
    return [against_limit("together", f"{TITLE}, 64 B", "ns", found["together"], BAR_NS, bar_text="< 1 us",
                          peer=f"virtual function of plain C++ {virtual} ns"),
            stated("together", "the same in two processes", "ns", found["apart"]),
            stated("together", f"{TITLE}, 800 kB", "ns", found["large"], f"in two processes {large_apart} ns")]
