"""A running Manta: the real binary in a folder of its own, on ports of its own."""
import os
import queue
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def binary():
    return Path(os.environ.get("MANTA_BINARY", ROOT / "build" / "release" / "bin" / "manta"))


def http_app():
    """import_path of the test application, built beside the binary."""
    return f"{binary().parent.parent / 'tests' / 'e2e' / 'http_app.so'}:build"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Instance:
    """`manta run TARGET`, or `manta start` without one, ready when made. Stopped by its pid, and never outlived by a child."""

    def __init__(self, target, folder, arguments=(), ready_s=60, env=None):
        self.port, self.admin_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.state_dir = Path(folder) / "state"
        command = [str(binary()), *(["run", str(target)] if target else ["start"]), "--http-port", str(self.port), "--admin-port", str(self.admin_port),
                   "--state-dir", str(self.state_dir), *arguments]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env={**os.environ, **(env or {})}, start_new_session=True)
        self.lines = []
        self._new_lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.wait_for_line("ready: ", ready_s)
        except BaseException:
            self.stop()
            raise

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            self._new_lines.put(line)
        self._new_lines.put(None)

    def wait_for_line(self, start, seconds):
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._new_lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line {start!r} within {seconds} s; output:\n{''.join(self.lines)}") from None
            if line is None:
                raise AssertionError(f"manta ended with {self.process.wait()}; output:\n{''.join(self.lines)}")
            if line.startswith(start):
                return line

    def stop(self):
        """Ctrl-C; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"manta did not stop within 30 s; output:\n{''.join(self.lines)}") from None
        return self.process.returncode
