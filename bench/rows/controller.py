"""Decisions as pure functions, by google-benchmark."""
import json
import subprocess

from measure import against_limit

TITLE = "controller's reconcile of 4,096 replicas; choosing among 1,000"
PEER = None


def times(session, program, name):
    """CPU nanoseconds of one call, a repetition each."""
    command = [program, f"--benchmark_filter=^{name}$", "--benchmark_format=json", f"--benchmark_repetitions={session.repeats}",
               f"--benchmark_min_time={0.1 if session.quick else 0.3}"]
    session.say(name)
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["benchmarks"]
    scale = {"ns": 1, "us": 1e3, "ms": 1e6}
    return [one["cpu_time"] * scale[one["time_unit"]] for one in found if one["run_type"] == "iteration"]


def run(session):
    reconcile, pick = session.program("control", "reconcile_bench"), session.program("routing", "pick_bench")
    lines = [against_limit("controller", f"reconcile of 4,096 replicas, {what}", "ms", [ns / 1e6 for ns in times(session, reconcile, f"{name}/4096")], 10)
             for name, what in (("BM_ReconcileAtTheTarget", "all as they should be"), ("BM_ReconcileInARollout", "a quarter of the old version"),
                                ("BM_ReconcileFromNothing", "none started yet"))]
    return lines + [against_limit("controller", f"choosing among 1,000 replicas, {what}", "us", [ns / 1e3 for ns in times(session, pick, f"{name}/1000")], 1)
                    for name, what in (("BM_PickTakeRelease", "half of the places taken"), ("BM_PickWhereAllSeemFull", "all seem full"))]
