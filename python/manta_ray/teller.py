"""What a supervisor has to tell, told by a thread of its own: whoever tells does not wait for the registry."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from manta_ray.registry_link import RegistryLink

MOST = 500
FINISH_WITHIN_S = 10.0


class Teller:
    """In order; what comes while 500 wait is dropped."""

    def __init__(self, registry: RegistryLink) -> None:
        self._registry = registry
        self._queue: queue.Queue[Callable[[], None]] = queue.Queue(MOST)
        threading.Thread(target=self._run, daemon=True).start()

    def tell(self, method: str, *arguments: Any, then: Callable[[], None] | None = None) -> None:
        """Calls the registry's method, and `then` when it has answered."""

        def call() -> None:
            self._registry.call(method, *arguments)
            if then is not None:
                then()

        try:
            self._queue.put_nowait(call)
        except queue.Full:
            pass

    def finish(self) -> None:
        """Returns when all is told, or after 10 s."""
        done = threading.Event()
        self._queue.put(done.set)
        done.wait(FINISH_WITHIN_S)

    def _run(self) -> None:
        while True:
            self._queue.get()()
