"""The controller's side of the protocol, for tests: starts a bridge, sends operations, collects answers and events."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import Any

WAIT_S = 180.0  # for what should come at once: it does not on a machine that is busy with other things


class Refused(Exception):
    """The bridge has answered with an error; its fields are attributes."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']} {error['reason']}: {error['message']}")
        self.code, self.reason, self.message, self.remedy = (
            error[key] for key in ("code", "reason", "message", "remedy")
        )


class Bridge:
    """One bridge process. Its descriptors are pipes of their own; what Ray writes on 1 and 2 goes to `noise`."""

    def __init__(
        self, hello: dict[str, Any], environment: dict[str, str], noise: Any = None, python: str = sys.executable
    ) -> None:
        theirs_in, self._out = os.pipe()
        ours, theirs_out = os.pipe()
        self.process = subprocess.Popen(
            [python, "-m", "manta_ray", "--input", str(theirs_in), "--output", str(theirs_out)],
            pass_fds=[theirs_in, theirs_out],
            stdin=subprocess.DEVNULL,
            stdout=noise,
            stderr=noise,
            env=environment,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._next = 0
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._first: queue.Queue[dict[str, Any]] = queue.Queue()
        self._seen = threading.Condition()
        self.events: list[tuple[float, str, dict[str, Any]]] = []  # when, name, data
        self._reader = threading.Thread(target=self._read, args=(os.fdopen(ours, "rb"),), daemon=True)
        self._reader.start()
        self.send({"hello": hello})

    def send(self, message: dict[str, Any]) -> None:
        os.write(self._out, json.dumps(message).encode() + b"\n")

    def welcome(self, timeout: float = WAIT_S) -> dict[str, Any]:
        first = self._first.get(timeout=timeout)
        if "error" in first:
            raise Refused(first["error"])
        return first["hello"]

    def ask(self, op: str, **arguments: Any) -> int:
        """Sends an operation without waiting for its answer."""
        self._next += 1
        self._answers[self._next] = queue.Queue()
        self.send({"id": self._next, "op": op, "args": arguments})
        return self._next

    def answer(self, number: int, timeout: float = WAIT_S) -> Any:
        message = self._answers[number].get(timeout=timeout)
        if "error" in message:
            raise Refused(message["error"])
        return message["ok"]

    def answered(self, number: int) -> bool:
        return not self._answers[number].empty()

    def do(self, op: str, **arguments: Any) -> Any:
        return self.answer(self.ask(op, **arguments))

    def event(self, event: str, /, timeout: float = WAIT_S, **wanted: Any) -> dict[str, Any]:
        """The first event of that name with these values, also if it came before."""
        until = time.monotonic() + timeout
        with self._seen:
            while True:
                for _, name, data in self.events:
                    if name == event and all(data[key] == value for key, value in wanted.items()):
                        return data
                left = until - time.monotonic()
                if left <= 0 or not self._seen.wait(left):
                    raise AssertionError(f"no event {event} {wanted} within {timeout} s, but: {self.events}")

    def when(self, event: str, /, **wanted: Any) -> float:
        """When that event came, on the clock of time.monotonic()."""
        self.event(event, **wanted)
        return next(
            at for at, name, data in self.events if name == event and all(data[k] == v for k, v in wanted.items())
        )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._out)

    def close(self) -> int:
        """As a controller that ends: the bridge follows."""
        os.close(self._out)
        return self.process.wait(timeout=WAIT_S)

    def _read(self, stream: Any) -> None:
        for line in stream:
            message = json.loads(line)
            if "event" in message:
                with self._seen:
                    self.events.append((time.monotonic(), message["event"], message["data"]))
                    self._seen.notify_all()
            elif "id" in message and message["id"] in self._answers:
                self._answers[message["id"]].put(message)
            else:
                self._first.put(message)
