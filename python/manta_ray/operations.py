"""What the bridge can do: each operation by its name in the protocol, and the watch over nodes and placement groups."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from manta_ray import cluster, node_watch, shortage
from manta_ray.decode import decode
from manta_ray.demand import Wish
from manta_ray.errors import BridgeError, invalid
from manta_ray.protocol import (
    CreateGroup,
    Demand,
    Group,
    Hello,
    NoArguments,
    Node,
    Pending,
    RemoveGroup,
    Role,
    Start,
    StartRole,
    Stop,
    StopRole,
    WaitGroup,
)
from manta_ray.registry_client import RegistryClient
from manta_ray.replicas import Replicas, Tell
from manta_ray.roles import Roles
from manta_ray.shared_supervisors import PREFIX as SHARED_PREFIX
from manta_ray.store import Store

LOOK_EVERY_S = 1.0
SWEEP_EVERY_LOOKS = 30
GROUP_LOOK_FIRST_S, GROUP_LOOK_MOST_S = 0.01, 0.5
log = logging.getLogger("manta_ray")


class Operations:
    def __init__(self, hello: Hello, tell: Tell) -> None:
        self._tell = tell
        self._registry = RegistryClient(hello.epoch)
        self._groups = cluster.Groups(hello.namespace)
        self._replicas = Replicas(hello, self._registry, self._groups, tell)
        self._roles = Roles(hello, self._registry)
        self._nodes: list[Node] = []
        self._known_groups: list[Group] = []
        self._removed_groups: set[str] = set()
        self._group_since: dict[str, float] = {}  # when a group was first seen waiting
        self._watch: asyncio.Task[None] | None = None
        wishes = Store("demand")
        self._wish = Wish(hello.namespace, wishes, cluster.living_namespaces, cluster.request_resources)
        self._wish_order = asyncio.Lock()
        self._table: dict[str, tuple[type[Any], Callable[[Any], Awaitable[Any]]]] = {
            "nodes": (NoArguments, self._list_nodes),
            "start": (Start, self._replicas.start),
            "stop": (Stop, self._replicas.stop),
            "list": (NoArguments, self._list),
            "create_group": (CreateGroup, self._create_group),
            "wait_group": (WaitGroup, self._wait_group),
            "remove_group": (RemoveGroup, self._remove_group),
            "list_groups": (NoArguments, self._list_groups),
            "pending": (NoArguments, self._pending),
            "start_role": (StartRole, self._roles.start),
            "stop_role": (StopRole, self._roles.stop),
            "list_roles": (NoArguments, self._list_roles),
            "demand": (Demand, self._demand),
        }

    async def open(self) -> None:
        await self._registry.open()
        self._nodes = await asyncio.to_thread(cluster.nodes)
        self._known_groups = await self._list_groups()
        await self._replicas.open()
        await self._roles.open()

    def begin_telling(self) -> None:
        """Events, from now on: never before the welcome."""
        self._replicas.tell_ends()
        self._watch = asyncio.create_task(self._watch_cluster())

    async def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await self._replicas.close()
        await self._roles.close()

    async def run(self, name: str, arguments: dict[str, Any]) -> Any:
        if name not in self._table:
            raise invalid("op", f"'{name}' is none of {', '.join(self._table)}")
        kind, operation = self._table[name]
        return await operation(decode(kind, arguments, "args"))

    async def _list_nodes(self, _: NoArguments) -> list[Node]:
        return await asyncio.to_thread(cluster.nodes)

    async def _list(self, _: NoArguments) -> Any:
        return await self._replicas.running_and_pending()

    async def _list_roles(self, _: NoArguments) -> list[Role]:
        return await self._roles.list()

    async def _demand(self, wanted: Demand) -> None:
        await self._registry.obey()
        async with self._wish_order:
            await asyncio.to_thread(self._wish.tell, wanted.bundles)

    async def _create_group(self, wanted: CreateGroup) -> Group:
        await self._registry.obey()
        self._removed_groups.discard(wanted.name)
        return await asyncio.to_thread(self._groups.create, wanted)

    async def _wait_group(self, wanted: WaitGroup) -> Group:
        until, pause = time.monotonic() + wanted.timeout_s, GROUP_LOOK_FIRST_S
        while True:
            group = await asyncio.to_thread(self._groups.find, wanted.name)
            if group is None:
                raise BridgeError(
                    "NotFound", "no_such_group", f"there is no placement group {wanted.name}", "create it first"
                )
            if group.state == "CREATED":
                return group
            if time.monotonic() + pause > until:
                lacks = "; ".join(_group_reasons(group, await asyncio.to_thread(cluster.nodes)))
                raise BridgeError(
                    "DeadlineExceeded",
                    "group_pending",
                    f"placement group {wanted.name} is {group.state}: {lacks}",
                    "add nodes",
                )
            await asyncio.sleep(pause)
            pause = min(pause * 2, GROUP_LOOK_MOST_S)

    async def _remove_group(self, wanted: RemoveGroup) -> None:
        await self._registry.obey()
        self._removed_groups.add(wanted.name)
        await asyncio.to_thread(self._groups.remove, wanted.name)

    async def _list_groups(self, _: NoArguments | None = None) -> list[Group]:
        """Those that were asked for by name: what shared replicas book is told as replicas."""
        groups = await asyncio.to_thread(self._groups.all)
        return [group for group in groups if not group.name.startswith(SHARED_PREFIX)]

    async def _pending(self, _: NoArguments) -> list[Pending]:
        nodes = await asyncio.to_thread(cluster.nodes)
        waiting = await self._replicas.pending(nodes)
        for group in await self._list_groups():
            if group.state != "CREATED":
                since = time.monotonic() - self._group_since.setdefault(group.name, time.monotonic())
                waiting.append(
                    Pending("placement_group", group.name, since, _sum(group.bundles), _group_reasons(group, nodes))
                )
        return waiting

    async def _watch_cluster(self) -> None:
        for look in itertools.count(1):
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self._look()
                if look % SWEEP_EVERY_LOOKS == 0:
                    await self._replicas.sweep()
            except Exception:  # the head may be away for a while; what happens meanwhile is seen afterwards
                log.exception("the cluster's tables cannot be read")

    async def _look(self) -> None:
        nodes, groups = await asyncio.to_thread(cluster.nodes), await self._list_groups()
        for event, change in node_watch.node_events(self._nodes, nodes):
            if event == "node_lost":
                change.reason = await asyncio.to_thread(cluster.death_reason, change.node_id)
            self._tell(event, change)
            self._replicas.nodes_changed()
        for lost in node_watch.group_events(self._known_groups, groups, self._removed_groups):
            self._tell("placement_group_lost", lost)
        waiting = {group.name for group in groups if group.state != "CREATED"}
        self._group_since = {name: self._group_since.get(name, time.monotonic()) for name in waiting}
        self._nodes, self._known_groups = nodes, groups


def _sum(bundles: list[dict[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for bundle in bundles:
        for name, amount in bundle.items():
            total[name] = total.get(name, 0.0) + amount
    return total


def _group_reasons(group: Group, nodes: list[Node]) -> list[str]:
    lines = []
    for index, bundle in enumerate(group.bundles):
        if not group.nodes[index]:
            lines += [f"bundle {index}: {line}" for line in shortage.reasons(nodes, bundle, {})]
    if not lines:
        lines = [
            f"{group.strategy} of {len(group.bundles)} bundles over {len(nodes)} nodes cannot be met, "
            "though each bundle fits one"
        ]
    return lines
