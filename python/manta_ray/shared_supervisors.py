"""One supervisor for many small replicas of a node: 50 MB once instead of for each.

Each replica's resources stay booked one by one, by a placement group with a single bundle that nothing of Ray runs
in. Such a group tells no device numbers: replicas with GPUs have supervisors of their own. When the shared supervisor
dies, so do all its replicas.
"""

from __future__ import annotations

import asyncio
from typing import Any

import ray
from ray.exceptions import RayActorError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from manta_ray import shortage
from manta_ray.cluster import NODE_LABEL, Groups
from manta_ray.protocol import CreateGroup, Group, Start
from manta_ray.supervisor import Supervisor

PREFIX = "replica/"
NEXT_EVERY_S, TRIES = 0.1, 20
LOOK_FIRST_S, LOOK_MOST_S = 0.02, 0.5
# Ray takes no empty bundle: what needs nothing books this little of a CPU.
LEAST_CPU = 0.001


class SharedSupervisors:
    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    @staticmethod
    def actor_name(node_id: str) -> str:
        return f"manta/shared/{node_id}"

    async def run(self, wanted: Start, plan: dict[str, Any], registry: Any) -> tuple[Any, dict[str, Any]]:
        """Books, then starts on the node where Ray has booked. Waits as long as nothing fits."""
        node_id = await self._book(wanted)
        options = {
            "name": self.actor_name(node_id),
            "get_if_exists": True,
            "lifetime": "detached",
            "max_restarts": 0,
            "max_concurrency": 1000,
            "num_cpus": 0,
            "scheduling_strategy": NodeAffinitySchedulingStrategy(node_id, soft=False),
        }
        result = {"reason": f"the shared supervisor of node {node_id} is on its way out"}
        for left in reversed(range(TRIES)):
            actor = await asyncio.to_thread(ray.remote(Supervisor).options(**options).remote, registry, None)
            try:
                answer = dict(await actor.run.remote(plan))
                if "leaving" not in answer:
                    return actor, answer
            except RayActorError:  # it left at this moment, or was lost with all that it ran
                if not left:
                    raise
            await asyncio.sleep(NEXT_EVERY_S)
        return actor, result

    async def release(self, replica: str) -> None:
        await asyncio.to_thread(self._groups.remove, PREFIX + replica)

    async def booked(self) -> set[str]:
        """The replicas for which something is booked."""
        groups = await asyncio.to_thread(self._groups.all)
        return {group.name.removeprefix(PREFIX) for group in groups if group.name.startswith(PREFIX)}

    async def _book(self, wanted: Start) -> str:
        bundle = shortage.demand(wanted.resources) or {"CPU": LEAST_CPU}
        selector = dict(wanted.resources.label_selector)
        if wanted.affinity is not None and not wanted.affinity.soft:
            selector[NODE_LABEL] = wanted.affinity.node_id
        request = CreateGroup(PREFIX + wanted.id, [bundle], "PACK", [selector] if selector else [])
        group: Group | None = await asyncio.to_thread(self._groups.create, request)
        pause = LOOK_FIRST_S
        while group is not None and group.state != "CREATED":
            await asyncio.sleep(pause)
            pause = min(pause * 2, LOOK_MOST_S)
            group = await asyncio.to_thread(self._groups.find, request.name)
        return group.nodes[0] if group is not None else ""
