"""What all instances on the cluster want of Ray's autoscaler, which keeps one wish for the whole cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Bundles = list[dict[str, float]]


class Wishes(Protocol):
    """Values by key that all instances see: a store.Store of its own."""

    def put(self, key: str, value: Any) -> None: ...

    def remove(self, key: str) -> None: ...

    def all(self, prefix: str) -> list[Any]: ...


class Wish:
    """One instance's part of the wish. What others want is in it, too, as long as `lives` says that they live, so that
    one that was lost without a word counts until another tells something. Blocks."""

    def __init__(
        self,
        namespace: str,
        wishes: Wishes,
        lives: Callable[[], set[str]],  # the namespaces in which actors live
        request: Callable[[Bundles], None],
    ) -> None:
        self._namespace, self._wishes, self._lives, self._request = namespace, wishes, lives, request

    def tell(self, bundles: Bundles) -> None:
        """Instead of what it wanted before. Whoever asks for the sum last has looked again afterwards: of two that tell
        at the same time neither is forgotten."""
        if bundles:
            self._wishes.put(self._namespace, {"namespace": self._namespace, "bundles": bundles})
        else:
            self._wishes.remove(self._namespace)
        wanted = self._sum()
        while True:
            self._request(wanted)
            if (now := self._sum()) == wanted:
                return
            wanted = now

    def _sum(self) -> Bundles:
        lives = self._lives() | {self._namespace}
        wishes = sorted(self._wishes.all(""), key=lambda wish: str(wish["namespace"]))
        return [bundle for wish in wishes if wish["namespace"] in lives for bundle in wish["bundles"]]
