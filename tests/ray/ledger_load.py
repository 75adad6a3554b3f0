"""Steady load whose every request is accounted for, on the application of ledger_app.cc."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from manta_cluster import BUILD, HTTP_PORT, ask, until

LIBRARY = BUILD / "tests/apps/libtest_ledger_app.so"


def ledger_application(ledger: Path, name: str = "ledger", **deployment: Any) -> dict[str, Any]:
    return {
        "name": name,
        "route_prefix": f"/{name}",
        "import_path": f"{LIBRARY}:build",
        "args": {"path": str(ledger)},
        "deployments": [{"name": "Ledger", **deployment}],
    }


class LedgerLoad:
    """Entries with keys of their own, one after another by each of several threads, to the proxies in turn. Every
    second one may be executed again after a failure, and says so by an Idempotency-Key; the others may not."""

    def __init__(self, ledger: Path, addresses: list[str], threads: int = 4) -> None:
        self.ledger, self.addresses = ledger, addresses
        self.name = f"{time.monotonic_ns()}"
        self.answered: list[str] = []
        self.failed: list[tuple[str, str, str]] = []  # key, proxy, what came
        self.slowest_s = 0.0
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(threads)]

    def _work(self, number: int) -> None:
        turn = number
        while not self._stopping.is_set():
            turn += 1
            address = self.addresses[turn % len(self.addresses)]
            key = f"{self.name}-{number}-{turn}-{'again' if self._may_run_again(turn) else 'once'}"
            began = time.monotonic()
            failure = self._write(address, key)
            with self._lock:
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                if failure:
                    self.failed.append((key, address, failure))
                else:
                    self.answered.append(key)

    @staticmethod
    def _may_run_again(turn: int) -> bool:
        return turn // 2 % 2 == 0

    @staticmethod
    def _write(address: str, key: str) -> str:
        headers = {"idempotency-key": key} if key.endswith("again") else {}
        try:
            status, text = ask(f"{address}:{HTTP_PORT}", "POST", "/ledger/write", {"key": key}, headers)
        except (OSError, http.client.HTTPException) as error:
            return repr(error)
        return "" if status == 200 else f"{status} {text}"

    def __enter__(self) -> LedgerLoad:
        for thread in self._threads:
            thread.start()
        self.wait_for(20)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    @property
    def done(self) -> int:
        return len(self.answered) + len(self.failed)

    def wait_for(self, more: int) -> None:
        """Until so many more requests have been answered."""
        wanted = self.done + more
        until(lambda: self.done >= wanted, f"{more} more requests")

    def settle(self) -> str:
        """What no failure excuses, of the load that has ended: its requests are answered, apart from those that may not
        be executed again and may have been, which say so; and none of these was executed twice. Returns the count."""
        begun = Counter(line for line in self.ledger.read_text().splitlines() if line.startswith(f"{self.name}-"))
        unexcused = [it for it in self.failed if "maybe_executed" not in it[2] or it[0].endswith("again")]
        assert unexcused == [], f"{len(unexcused)} of {self.done}: {unexcused[:5]}"
        assert [key for key in self.answered if key not in begun] == []
        assert [key for key, times in begun.items() if times > 1 and key.endswith("once")] == []
        again = sum(times - 1 for times in begun.values())
        return (
            f"{self.done} requests, {len(self.failed)} that may not be repeated failed, {again} were repeated, "
            f"the slowest took {self.slowest_s * 1e3:.0f} ms"
        )
