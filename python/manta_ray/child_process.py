"""One replica's process, from its start to the end of its whole process group. Knows nothing of Ray."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from manta_ray.output_tail import OutputTail

PR_SET_CHILD_SUBREAPER = 36
GROUP_LOOK_EVERY_S = 0.002
GROUP_LOOKS = 5_000
READ_BYTES = 16_384
# Ends when the supervisor does, however that came about, and then takes the whole group along: the kernel's death
# signal reaches only the process itself, not what it has started.
GUARD = 'read -r _; kill -s KILL -- "-$1"'
# A process between this one and the child's program, which asks the kernel for the death signal and then executes it. Python's
# own way (preexec_fn) runs code in a fork of a process with threads, and locks of the standard library around it.
DIE_WITH_PARENT = (shutil.which("setpriv") or "/usr/bin/setpriv", "--pdeathsig", "KILL")
UNLESS_ORPHANED = '[ "$PPID" = "$1" ] || exit 127; shift; exec "$@"'  # the parent may have died before it was asked


@dataclass
class ChildPlan:
    argv: list[str]
    environment: dict[str, str]  # complete
    inherited: list[int] = field(default_factory=list)  # descriptors that keep their numbers


@dataclass
class ChildExit:
    pid: int = 0  # 0: it was never started, `reason` says why
    exit_code: int = -1
    signal: int = 0
    last_output: str = ""
    reason: str = ""


class ChildProcess:
    """run() starts the process and returns when it and all of its group are gone. The process dies with the thread that
    calls run(), by the kernel: that thread must live as long as the process should. Other methods: from any thread."""

    def __init__(self, plan: ChildPlan, on_output: Callable[[bytes], None]) -> None:
        self._plan = plan
        self._on_output = on_output
        self._tail = OutputTail()
        self._lock = threading.Lock()  # guards _process, _stopping, _ended and the kill timer
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._ended = False
        self._kill_timer: threading.Timer | None = None

    def run(self, on_started: Callable[[int], None]) -> ChildExit:
        with self._lock:
            if self._stopping:
                return ChildExit(reason="stopped before it was started")
            try:
                self._process = process = self._spawn()
            except (OSError, subprocess.SubprocessError) as error:
                return ChildExit(
                    reason=f"cannot execute {self._plan.argv[0]}: {getattr(error, 'strerror', None) or error}"
                )
        guard = _start_guard(process.pid)
        reader = threading.Thread(target=self._read_output, args=(process,), daemon=True)
        reader.start()
        on_started(process.pid)
        status = process.wait()
        with self._lock:
            self._ended = True
            if self._kill_timer is not None:
                self._kill_timer.cancel()
        _end_group(process.pid)
        guard.kill()
        guard.communicate()
        reader.join(timeout=1.0)
        return ChildExit(
            pid=process.pid,
            exit_code=status if status >= 0 else -1,
            signal=-status if status < 0 else 0,
            last_output=self._tail.text(),
        )

    def stop(self, grace_s: float) -> None:
        """SIGTERM, and SIGKILL to the group after the grace. Asked again, the grace begins anew."""
        with self._lock:
            first, self._stopping = not self._stopping, True
            if self._process is None or self._ended:
                return
            if first:
                self._process.send_signal(signal.SIGTERM)
            if self._kill_timer is not None:
                self._kill_timer.cancel()
            self._kill_timer = threading.Timer(max(0.0, grace_s), self._kill)
            self._kill_timer.daemon = True
            self._kill_timer.start()

    def _kill(self) -> None:
        with self._lock:
            if self._process is not None and not self._ended:
                _kill_group(self._process.pid)

    def _spawn(self) -> subprocess.Popen[bytes]:
        program = self._plan.argv[0]
        if shutil.which(program, path=self._plan.environment.get("PATH", os.defpath)) is None:
            code = errno.EACCES if os.path.exists(program) else errno.ENOENT
            raise OSError(code, os.strerror(code))
        waits = ["/bin/sh", "-c", UNLESS_ORPHANED, "manta-child", str(os.getpid())]
        return subprocess.Popen(
            [*DIE_WITH_PARENT, *waits, *self._plan.argv],
            env=self._plan.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
            pass_fds=self._plan.inherited,
        )

    def _read_output(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        while data := os.read(descriptor, READ_BYTES):
            self._tail.add(data)
            self._on_output(data)


def _start_guard(group: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "manta-guard", str(group)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={},
    )


def adopt_orphans() -> None:
    """What a child leaves behind comes to this process and is reaped here: not every container has an init for that."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _end_group(group: int) -> None:
    """Devices are free only when the last process of the group is: what dies slowly is waited for, 10 s at most."""
    for _ in range(GROUP_LOOKS):
        try:
            os.killpg(group, signal.SIGKILL)
            while os.waitpid(-group, os.WNOHANG)[0] != 0:
                pass
        except ProcessLookupError:
            return
        except ChildProcessError:
            pass  # none of them is ours (any more)
        time.sleep(GROUP_LOOK_EVERY_S)
