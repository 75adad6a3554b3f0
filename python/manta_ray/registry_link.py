"""A supervisor's way to the registry: calls that outlast the registry's restarts, its replacement, and the head's."""

from __future__ import annotations

import time
from typing import Any

import ray
from ray.exceptions import RayActorError, RpcError

NAME = "manta/registry"
AGAIN_S = 0.5


class RegistryLink:
    """call() blocks until the registry has answered. From any thread but the actor's own."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def call(self, method: str, *arguments: Any) -> Any:
        while True:
            try:
                return getattr(self._handle, method).remote(*arguments).future().result()
            except (RayActorError, RpcError):  # it is gone for good, or its store is away
                time.sleep(AGAIN_S)
                self._find()

    def _find(self) -> None:
        try:
            self._handle = ray.get_actor(NAME)
        except (ValueError, RpcError, RayActorError):
            pass  # the next bridge makes another
