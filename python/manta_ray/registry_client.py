"""The bridge's way to the registry actor: finds or makes it, and refuses for the rest of its life what it refuses
once."""

from __future__ import annotations

import asyncio
from typing import Any

import ray

from manta_ray import registry
from manta_ray.cluster import HEAD_RESOURCE
from manta_ray.errors import epoch_is_past
from manta_ray.protocol import ReplicaEnded, RoleEnded
from manta_ray.registry_link import NAME

NAME_FREE_EVERY_S = 0.1
NAME_FREE_TRIES = 100


class RegistryClient:
    """Calls wait while the registry is being restarted: Ray repeats them. See registry.Registry for what they mean."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self.actor: Any = None

    async def open(self) -> None:
        """Fails with epoch_is_past if a later controller has been here."""
        self.actor = await asyncio.to_thread(_get_or_make)
        if await self.actor.version.remote() != registry.VERSION:
            await asyncio.to_thread(ray.kill, self.actor)
            self.actor = await _make_when_name_is_free()
        await self.obey()

    async def obey(self) -> None:
        """Passes if no later controller has been here: before everything that changes the cluster."""
        latest = await self.actor.obey.remote(self._epoch)
        if latest > self._epoch:
            raise epoch_is_past(self._epoch, latest)

    async def admit(self, entry: dict[str, Any]) -> dict[str, Any]:
        answer = await self.actor.admit.remote(entry)
        if "latest" in answer:
            raise epoch_is_past(entry["epoch"], answer["latest"])
        return dict(answer["entry"])

    async def lives(self, replica: str, incarnation: str) -> bool:
        return bool(await self.actor.begin.remote(replica, incarnation))

    async def lost(self, entry: dict[str, Any], reason: str) -> None:
        """Ends an incarnation of which nobody else can tell; nothing if its supervisor has told already."""
        report = ReplicaEnded(entry["id"], entry["incarnation"], entry["pid"], entry["node_id"], reason=reason)
        await self.actor.ended.remote(vars(report))

    async def withdraw(self, entry: dict[str, Any]) -> dict[str, Any] | None:
        """Of a pending replica; the entry of the running one that it has become meanwhile, or None."""
        report = ReplicaEnded(entry["id"], entry["incarnation"], reason="stopped before it ran")
        running: dict[str, Any] | None = await self.actor.withdraw.remote(vars(report))
        return running

    async def entries(self) -> list[dict[str, Any]]:
        return list(await self.actor.entries.remote())

    async def exits(self, told: list[str], told_roles: list[str]) -> dict[str, Any]:
        return dict(await self.actor.exits.remote(self._epoch, told, told_roles))

    async def admit_role(self, entry: dict[str, Any], fixed: list[str]) -> dict[str, Any]:
        answer = await self.actor.admit_role.remote(entry, fixed)
        if "latest" in answer:
            raise epoch_is_past(entry["epoch"], answer["latest"])
        return dict(answer)

    async def remove_role(self, name: str) -> dict[str, Any] | None:
        answer = await self.actor.remove_role.remote(self._epoch, name)
        if "latest" in answer:
            raise epoch_is_past(self._epoch, answer["latest"])
        entry: dict[str, Any] | None = answer["entry"]
        return entry

    async def roles(self) -> dict[str, list[dict[str, Any]]]:
        return dict(await self.actor.roles.remote())

    async def role_lost(self, entry: dict[str, Any], reason: str) -> None:
        """The final end of a role of which nobody else can tell; nothing if its supervisor has told already."""
        report = RoleEnded(entry["name"], entry["node_id"], entry["pid"], reason=reason, final=True)
        await self.actor.role_ended.remote(entry["supervisor"], vars(report))


def _get_or_make() -> Any:
    options = {
        "name": NAME,
        "lifetime": "detached",
        "get_if_exists": True,
        "max_restarts": -1,
        "max_task_retries": -1,
        "max_concurrency": 1000,
        "num_cpus": 0,
        "resources": {HEAD_RESOURCE: 0.001},
    }
    return ray.remote(registry.Registry).options(**options).remote()


async def _make_when_name_is_free() -> Any:
    for _ in range(NAME_FREE_TRIES):
        if NAME not in {row["name"] for row in ray.util.list_named_actors(all_namespaces=True)}:
            break
        await asyncio.sleep(NAME_FREE_EVERY_S)
    return await asyncio.to_thread(_get_or_make)
