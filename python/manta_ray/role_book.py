"""What the registry knows of roles: which are to run, by which supervisors, and ends that no bridge has told."""

from __future__ import annotations

import uuid
from typing import Any

MAX_ENDS = 200  # kept for a bridge that is away; older ones are dropped


class RoleBook:
    """Entries are plain dictionaries with the keys of protocol.Role, and supervisor, incarnation, epoch, plan. A role
    stays with its supervisor while its node is the same; each change of what it executes is another incarnation.

    Roles are in the store, ends only here: after a loss of the registry the list of roles tells what there is.
    """

    def __init__(self, store: Any) -> None:
        self._store = store
        self._kept: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in store.all("role/")}
        self._leaving: dict[str, dict[str, Any]] = {entry["supervisor"]: entry for entry in store.all("leaving/")}
        self.ends: dict[str, dict[str, Any]] = {}  # by keys that the teller gives back

    def admit(self, entry: dict[str, Any], fixed: list[str]) -> dict[str, Any]:
        """{"entry": E, "previous": P or None}: E is as known if nothing differs in the keys `fixed`; P is what has to
        end first, on another node."""
        known = self._kept.get(entry["name"])
        previous = None
        if known is not None and all(known[key] == entry[key] for key in fixed):
            return {"entry": known, "previous": None}
        if known is not None and known["node_id"] == entry["node_id"]:
            entry = {**entry, "supervisor": known["supervisor"]}
        elif known is not None:
            previous = self._leave(known)
        self._keep(entry)
        return {"entry": entry, "previous": previous}

    def remove(self, name: str) -> dict[str, Any] | None:
        """What leaves now, or has been leaving since an earlier remove; None: there is nothing of that name."""
        if name not in self._kept:
            return next((entry for entry in self._leaving.values() if entry["name"] == name), None)
        entry = self._kept.pop(name)
        self._store.remove("role/" + name)
        return self._leave(entry)

    def of(self, supervisor: str) -> dict[str, Any] | None:
        return next((entry for entry in self._kept.values() if entry["supervisor"] == supervisor), None)

    def change(self, supervisor: str, changes: dict[str, Any]) -> None:
        """Of the incarnation that `changes` names; nothing if it is another one by now."""
        entry = self.of(supervisor)
        if entry is not None and entry["incarnation"] == changes["incarnation"]:
            self._keep({**entry, **changes})

    def end(self, supervisor: str, report: dict[str, Any]) -> None:
        if report["final"]:
            entry = self.of(supervisor)
            if entry is not None:
                del self._kept[entry["name"]]
                self._store.remove("role/" + entry["name"])
            elif self._leaving.pop(supervisor, None) is not None:
                self._store.remove("leaving/" + supervisor)
            else:
                return
        self.ends[uuid.uuid4().hex] = report
        while len(self.ends) > MAX_ENDS:
            del self.ends[next(iter(self.ends))]

    def forget_ends(self, keys: list[str]) -> None:
        for key in keys:
            self.ends.pop(key, None)

    def kept(self) -> list[dict[str, Any]]:
        return list(self._kept.values())

    def leaving(self) -> list[dict[str, Any]]:
        return list(self._leaving.values())

    def _keep(self, entry: dict[str, Any]) -> None:
        self._kept[entry["name"]] = entry
        self._store.put("role/" + entry["name"], entry)

    def _leave(self, entry: dict[str, Any]) -> dict[str, Any]:
        self._leaving[entry["supervisor"]] = entry
        self._store.put("leaving/" + entry["supervisor"], entry)
        return entry
