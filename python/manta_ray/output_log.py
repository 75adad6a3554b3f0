"""A process's whole output in a file of its node, bounded."""

from __future__ import annotations

import os
import sys
import threading
import time

MOST_BYTES = 64 * 1024 * 1024
TRY_AGAIN_S = 10.0


class OutputLog:
    """Appends to <directory>/<name>.log, which becomes .log.1 at 64 MiB; readable by its owner alone. Without a
    directory, or while it cannot be written, the output goes to this worker's own log, which Ray keeps."""

    def __init__(self, directory: str, name: str, most_bytes: int = MOST_BYTES) -> None:
        self.directory = directory
        self._path = os.path.join(directory, name.replace("/", "_") + ".log") if directory else ""
        self._most_bytes = most_bytes
        self._lock = threading.Lock()  # guards the rest
        self._descriptor = -1
        self._written = 0
        self._try_after_s = 0.0

    def write(self, data: bytes) -> None:
        with self._lock:
            if self._path and self._is_open():
                try:
                    self._written += os.write(self._descriptor, data)
                    return
                except OSError as error:
                    self._give_up(error)
        sys.stderr.buffer.write(data)
        sys.stderr.buffer.flush()

    def close(self) -> None:
        """What is written afterwards opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _is_open(self) -> bool:
        if self._descriptor < 0 and time.monotonic() < self._try_after_s:
            return False
        try:
            if self._written >= self._most_bytes:
                self._close()
                os.replace(self._path, self._path + ".1")
            if self._descriptor < 0:
                self._open()
        except OSError as error:
            self._give_up(error)
        return self._descriptor >= 0

    def _open(self) -> None:
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._written = os.fstat(self._descriptor).st_size

    def _give_up(self, error: OSError) -> None:
        self._close()
        self._written = 0
        self._try_after_s = time.monotonic() + TRY_AGAIN_S
        print(f"cannot write {self._path}: {error.strerror}; the output follows here", file=sys.stderr, flush=True)
