"""The one place where starts and ends of replicas are put in order: a detached actor on the head, one for each
namespace."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from manta_ray.fencing import silence_before_loss
from manta_ray.role_book import RoleBook
from manta_ray.store import Store

VERSION = 2  # a bridge that finds another one replaces the actor; what it knows is in the store
MAX_EXITS = 500  # kept for a bridge that is away
POLL_S = 20.0


class Registry:
    """Knows the latest epoch, every replica that was asked for and has not ended, and the ends that no bridge has told.

    All of it is in the cluster's store, so that a restart (Ray restarts this actor with the head's state) loses
    nothing. Entries and exits are plain dictionaries with the keys of protocol.Observed and protocol.ReplicaEnded:
    they may come from a bridge or supervisor of another version. Every method may be called again: Ray repeats calls
    after a restart.
    """

    def __init__(self, store: Any = None) -> None:
        self._store = store or Store()
        self._epoch = int(self._store.get("epoch") or 0)
        self._entries: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in self._store.all("replica/")}
        self._exits: dict[str, dict[str, Any]] = {report["incarnation"]: report for report in self._store.all("exit/")}
        self._roles = RoleBook(self._store)
        self._changed = asyncio.Event()

    async def version(self) -> int:
        return VERSION

    async def obey(self, epoch: int) -> int:
        """The latest epoch, which is `epoch` unless a later one has been here. Whoever finds a later one is refused."""
        if epoch > self._epoch:
            self._epoch = epoch
            self._store.put("epoch", epoch)
            self._wake()
        return self._epoch

    async def admit(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Before a supervisor is made: {"latest": N} refuses, {"entry": E} is the replica of that id, perhaps an
        older one."""
        if entry["epoch"] < await self.obey(entry["epoch"]):
            return {"latest": self._epoch}
        known = self._entries.get(entry["id"])
        if known is None:
            self._keep({**entry, "asked_s": time.time()})
        return {"entry": self._entries[entry["id"]]}

    async def begin(self, replica: str, incarnation: str) -> bool:
        """A supervisor is about to start its process; false: it was withdrawn, or is of an earlier start."""
        entry = self._entries.get(replica)
        return entry is not None and entry["incarnation"] == incarnation

    async def running(self, entry: dict[str, Any]) -> bool:
        """A supervisor has started its process; false: it was withdrawn meanwhile, and the process is to end."""
        wanted = await self.begin(entry["id"], entry["incarnation"])
        if wanted:
            self._keep({**self._entries[entry["id"]], **entry, "state": "running"})
        return wanted

    async def ended(self, report: dict[str, Any]) -> None:
        """The first report about an incarnation counts; a later one ("its supervisor is gone") adds nothing."""
        if not await self.begin(report["id"], report["incarnation"]):
            return
        del self._entries[report["id"]]
        self._exits[report["incarnation"]] = report
        self._store.put("exit/" + report["incarnation"], report)
        self._store.remove("replica/" + report["id"])
        while len(self._exits) > MAX_EXITS:
            self._forget(next(iter(self._exits)))
        self._wake()

    async def withdraw(self, report: dict[str, Any]) -> dict[str, Any] | None:
        """Ends what has no process yet, so that it never has one; otherwise nothing, and the entry of what runs."""
        entry = self._entries.get(report["id"])
        if entry is not None and entry["incarnation"] == report["incarnation"] and entry["state"] == "running":
            return entry
        await self.ended(report)
        return None

    async def entries(self) -> list[dict[str, Any]]:
        return list(self._entries.values())

    async def exits(self, epoch: int, told: list[str], told_roles: list[str]) -> dict[str, Any]:
        """Forgets the ends `told` (incarnations) and `told_roles` (keys), then waits for others: {"exits": [...],
        "roles": {key: ...}}, empty after a while; {"latest": N} refuses."""
        for incarnation in told:
            self._forget(incarnation)
        self._roles.forget_ends(told_roles)
        until = time.monotonic() + POLL_S
        while epoch >= self._epoch and not self._exits and not self._roles.ends:
            self._changed.clear()
            if (left := until - time.monotonic()) <= 0:
                break
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except asyncio.TimeoutError:
                break
        if epoch < self._epoch:
            return {"latest": self._epoch}
        return {"exits": list(self._exits.values()), "roles": self._roles.ends}

    async def admit_role(self, entry: dict[str, Any], fixed: list[str]) -> dict[str, Any]:
        """See RoleBook.admit; {"latest": N} refuses."""
        if entry["epoch"] < await self.obey(entry["epoch"]):
            return {"latest": self._epoch}
        return self._roles.admit(entry, fixed)

    async def remove_role(self, epoch: int, name: str) -> dict[str, Any]:
        """{"entry": what it was, or None}; {"latest": N} refuses. Its supervisor learns of it from whoever asks."""
        if epoch < await self.obey(epoch):
            return {"latest": self._epoch}
        return {"entry": self._roles.remove(name)}

    async def role(self, supervisor: str) -> dict[str, Any] | None:
        """What that supervisor is to run; None: nothing (any more)."""
        return self._roles.of(supervisor)

    async def roles(self) -> dict[str, list[dict[str, Any]]]:
        """{"kept": those that are to run, "leaving": those whose supervisors have not told the final end}."""
        return {"kept": self._roles.kept(), "leaving": self._roles.leaving()}

    async def role_changed(self, supervisor: str, changes: dict[str, Any]) -> None:
        self._roles.change(supervisor, changes)

    async def role_ended(self, supervisor: str, report: dict[str, Any]) -> None:
        """`report` has the keys of protocol.RoleEnded. The first final one counts."""
        self._roles.end(supervisor, report)
        self._wake()

    async def silence_s(self) -> float:
        """After how long without an answer of the head a node may have been given up. By the settings of the head,
        where this actor runs; other machines may have others."""
        from ray._raylet import Config

        return silence_before_loss(Config.health_check_failure_threshold(), Config.health_check_timeout_ms() / 1000)

    def _keep(self, entry: dict[str, Any]) -> None:
        self._entries[entry["id"]] = entry
        self._store.put("replica/" + entry["id"], entry)

    def _forget(self, incarnation: str) -> None:
        if self._exits.pop(incarnation, None) is not None:
            self._store.remove("exit/" + incarnation)

    def _wake(self) -> None:
        self._changed.set()
