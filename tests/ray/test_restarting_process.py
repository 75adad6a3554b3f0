"""Real processes that are executed again, without Ray."""

import os
import signal
import threading
import time

import pytest
from bridge_client import WAIT_S
from manta_ray.child_process import ChildPlan
from manta_ray.protocol import Backoff
from manta_ray.restarting_process import CannotExecute, Execution, RestartingProcess
from ray_nodes import alive

QUICK = Backoff(first_s=0.01, most_s=0.04, reset_after_s=100)


class Kept:
    """Runs scripts as a role: the first of `scripts`, then the next each time the process is to be executed, and the
    last one over and over."""

    def __init__(self, scripts, backoff=QUICK, final_codes=frozenset()):
        self.scripts = list(scripts)
        self.backoff = backoff
        self.pids, self.ends = [], []
        self.seen = threading.Condition()
        self.process = RestartingProcess(self._prepare, self._started, self._ended, final_codes)
        self.thread = threading.Thread(target=self.process.run, daemon=True)
        self.thread.start()

    def _prepare(self):
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        if script is None:
            raise CannotExecute("not now")
        plan = ChildPlan(["/bin/sh", "-c", script], dict(os.environ))
        return Execution(plan, self.backoff, lambda data: None)

    def _started(self, pid):
        with self.seen:
            self.pids.append(pid)
            self.seen.notify_all()

    def _ended(self, end, final):
        with self.seen:
            self.ends.append((time.monotonic(), end, final))
            self.seen.notify_all()

    def wait(self, condition):
        with self.seen:
            assert self.seen.wait_for(condition, WAIT_S)

    def stop(self, grace_s=5):
        self.process.stop(grace_s)
        self.thread.join(10)
        assert not self.thread.is_alive()


def test_what_ends_is_executed_again_until_it_is_stopped():
    kept = Kept(["exit 4", "kill -KILL $$", "exit 0", "exec sleep 1000"])
    kept.wait(lambda: len(kept.pids) == 4)
    assert [(end.exit_code, end.signal, final) for _, end, final in kept.ends] == [
        (4, 0, False),
        (-1, signal.SIGKILL, False),
        (0, 0, False),
    ]
    kept.stop()
    assert (kept.ends[-1][1].signal, kept.ends[-1][2]) == (signal.SIGTERM, True)
    assert len(kept.pids) == 4 and not any(alive(pid) for pid in kept.pids)


def test_a_final_exit_code_is_the_end():
    kept = Kept(["exit 1", "exit 3"], final_codes=frozenset((0, 3)))
    kept.thread.join(10)
    assert [(end.exit_code, final) for _, end, final in kept.ends] == [(1, False), (3, True)]


def test_the_pause_grows_to_its_bound():
    kept = Kept(["exit 1"], Backoff(first_s=0.02, most_s=0.08, reset_after_s=100))
    kept.wait(lambda: len(kept.ends) >= 6)
    kept.stop()
    times = [at for at, _, _ in kept.ends[:6]]
    pauses = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert all(pause >= least for pause, least in zip(pauses, (0.02, 0.04, 0.08, 0.08, 0.08), strict=True))


def test_what_cannot_be_executed_now_is_tried_again():
    kept = Kept([None, None, "exec sleep 1000"])
    kept.wait(lambda: kept.pids)
    assert [(end.pid, end.reason) for _, end, _ in kept.ends] == [(0, "not now"), (0, "not now")]
    kept.stop()


def test_a_replaced_process_ends_and_the_next_follows_at_once():
    kept = Kept(["trap 'exit 5' TERM; sleep 1000 & wait", "exec sleep 1000"], Backoff(1000.0, 1000.0, 2000.0))
    kept.wait(lambda: kept.pids)
    time.sleep(0.2)  # the trap is set
    kept.process.replace(5)
    kept.wait(lambda: len(kept.pids) == 2)
    assert [(end.exit_code, final) for _, end, final in kept.ends] == [(5, False)]
    assert not alive(kept.pids[0]) and alive(kept.pids[1])
    kept.stop()


def test_replaced_during_its_pause_the_next_follows_at_once():
    kept = Kept(["exit 1", "exec sleep 1000"], Backoff(1000.0, 1000.0, 2000.0))
    kept.wait(lambda: kept.ends)
    kept.process.replace(5)
    kept.wait(lambda: len(kept.pids) == 2)
    kept.stop()


@pytest.mark.parametrize("scripts", [["exit 1"], [None]])
def test_stopped_during_its_pause_it_is_not_executed_again(scripts):
    kept = Kept(scripts, Backoff(1000.0, 1000.0, 2000.0))
    kept.wait(lambda: kept.ends)
    kept.stop()
    assert len(kept.pids) <= 1 and kept.ends[-1][2]
