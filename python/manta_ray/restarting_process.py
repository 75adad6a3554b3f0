"""A process that is executed again in place whenever it ends. Knows nothing of Ray."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from manta_ray.child_process import ChildExit, ChildPlan, ChildProcess
from manta_ray.protocol import Backoff


@dataclass
class Execution:
    plan: ChildPlan
    backoff: Backoff
    on_output: Callable[[bytes], None]


class CannotExecute(Exception):
    """Raised by `prepare`: nothing was executed, and will be tried again."""


class RestartingProcess:
    """run() executes what `prepare` says until stop() or an exit code of `final_codes`. Not two processes at a time:
    the next is executed when the whole group of the last is gone. As ChildProcess, it lives no longer than the thread
    that calls run(). Callbacks come from that thread; other methods may be called from any.
    """

    def __init__(
        self,
        prepare: Callable[[], Execution],
        on_started: Callable[[int], None],
        on_ended: Callable[[ChildExit, bool], None],  # whether it was final
        final_codes: frozenset[int] = frozenset(),
    ) -> None:
        self._prepare = prepare
        self._on_started = on_started
        self._on_ended = on_ended
        self._final_codes = final_codes
        self._lock = threading.Lock()  # guards _child, _stopping, _changes
        self._child: ChildProcess | None = None
        self._stopping = False
        self._changes = 0  # of what is to be executed
        self._wake = threading.Event()

    def run(self) -> None:
        pause_s, backoff = 0.0, Backoff()
        while True:
            self._wake.clear()
            began, changes, end = time.monotonic(), self._changes, None
            try:
                execution = self._prepare()
                if execution.backoff != backoff:
                    pause_s, backoff = 0.0, execution.backoff
                end = self._execute(execution, changes)
            except CannotExecute as error:
                end = ChildExit(reason=str(error))
            with self._lock:
                self._child = None
                final = self._stopping or (end is not None and end.exit_code in self._final_codes)
                changed = self._changes != changes
            if end is not None or final:
                self._on_ended(end or ChildExit(reason="stopped before it was started"), final)
            if final:
                return
            ran_long = time.monotonic() - began >= backoff.reset_after_s
            pause_s = backoff.first_s if ran_long or pause_s == 0 else min(pause_s * 2, backoff.most_s)
            self._wake.wait(0 if changed else pause_s)

    def stop(self, grace_s: float) -> None:
        """For good: SIGTERM, and SIGKILL to the group after the grace. Asked again, the grace begins anew."""
        with self._lock:
            self._stopping = True
        self._end(grace_s)

    def replace(self, grace_s: float) -> None:
        """`prepare` is asked anew as soon as the present process has ended, which it is told to."""
        with self._lock:
            self._changes += 1
        self._end(grace_s)

    def _end(self, grace_s: float) -> None:
        self._wake.set()
        if (child := self._child) is not None:
            child.stop(grace_s)

    def _execute(self, execution: Execution, changes: int) -> ChildExit | None:
        """None: what was prepared is not wanted any more."""
        child = ChildProcess(execution.plan, execution.on_output)
        with self._lock:
            if self._stopping or self._changes != changes:
                return None
            self._child = child
        return child.run(self._on_started)
