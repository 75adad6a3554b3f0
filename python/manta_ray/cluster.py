"""What the bridge asks of Ray; the only file of its side that knows Ray's tables. Values leave it checked and typed.

All functions block (0.5 to 3 ms); the bridge calls them in threads. Some of the tables have no public interface that
works without Ray's dashboard: ray is pinned, and tests/ray shows that they are as expected.
"""

from __future__ import annotations

import time
from typing import Any

import ray
from ray._private import state
from ray.util.placement_group import (
    PlacementGroup,
    get_placement_group,
    placement_group,
    placement_group_table,
    remove_placement_group,
)

from manta_ray.errors import BridgeError
from manta_ray.protocol import STRATEGIES, CreateGroup, Group, Node, Resources

HEAD_RESOURCE = "node:__internal_head__"
NODE_LABEL = "ray.io/node-id"
REMOVED_EVERY_S, REMOVED_LOOKS = 0.005, 1000
ACCELERATOR_PREFIX = "accelerator_type:"


def nodes() -> list[Node]:
    """Those that live."""
    available = state.available_resources_per_node()
    draining = state.state.get_draining_nodes()
    found = []
    for row in ray.nodes():
        if not row["Alive"]:
            continue
        total = row["Resources"]
        found.append(
            Node(
                node_id=row["NodeID"],
                address=row["NodeManagerAddress"],
                is_head=HEAD_RESOURCE in total,
                total=_resources(total),
                available=_resources(available.get(row["NodeID"], {})),
                labels=dict(row["Labels"]),
                draining=row["NodeID"] in draining,
                drain_deadline_s=draining.get(row["NodeID"], 0) / 1000,
            )
        )
    return found


def death_reason(node_id: str) -> str:
    for row in ray.nodes():
        if row["NodeID"] == node_id and not row["Alive"]:
            return str(row.get("DeathReasonMessage") or "it has left the cluster")
    return ""


def _resources(amounts: dict[str, float]) -> Resources:
    custom = {
        name: amount
        for name, amount in amounts.items()
        if name not in ("CPU", "GPU", "memory", "object_store_memory")
        and not name.startswith(("node:", ACCELERATOR_PREFIX))
        and "_group_" not in name  # what placement groups have reserved, under names of their own
    }
    accelerators = [name.removeprefix(ACCELERATOR_PREFIX) for name in amounts if name.startswith(ACCELERATOR_PREFIX)]
    return Resources(
        num_cpus=amounts.get("CPU", 0.0),
        num_gpus=amounts.get("GPU", 0.0),
        memory=amounts.get("memory", 0.0),
        resources=custom,
        accelerator_type=accelerators[0] if accelerators else "",
    )


def _selectors(wanted: CreateGroup) -> list[dict[str, str]]:
    """By bundle; a node is one more label."""
    count = len(wanted.bundles)
    labels, node_ids = wanted.bundle_label_selector or [{}] * count, wanted.bundle_node_ids or [""] * count
    if len(labels) != count or len(node_ids) != count:
        raise BridgeError(
            "InvalidArgument",
            "bad_group",
            f"placement group {wanted.name}: {count} bundles, {len(labels)} label selectors, {len(node_ids)} node ids",
            "give one for each bundle, or none at all",
        )
    return [
        {**selector, NODE_LABEL: node_id} if node_id else dict(selector)
        for selector, node_id in zip(labels, node_ids, strict=True)
    ]


def request_resources(bundles: list[dict[str, float]]) -> None:
    """Ray keeps one such wish for the whole cluster, until the next."""
    from ray.autoscaler.sdk import request_resources as request

    request(bundles=bundles)


def living_namespaces() -> set[str]:
    """Those in which actors live, are being made or restarted."""
    return {row["namespace"] for row in ray.util.list_named_actors(all_namespaces=True)}


def living_actors(namespace: str) -> set[str]:
    """Names of the actors of a namespace that live, are being made or restarted."""
    return {row["name"] for row in ray.util.list_named_actors(all_namespaces=True) if row["namespace"] == namespace}


class Groups:
    """Placement groups of one namespace: theirs are detached and carry it in their names."""

    def __init__(self, namespace: str) -> None:
        self._prefix = f"manta/{namespace}/"

    def ray_name(self, name: str) -> str:
        return self._prefix + name

    def create(self, wanted: CreateGroup) -> Group:
        if wanted.strategy not in STRATEGIES:
            raise BridgeError(
                "InvalidArgument", "bad_group", f"strategy '{wanted.strategy}'", f"one of {', '.join(STRATEGIES)}"
            )
        selectors = _selectors(wanted)
        if known := self.find(wanted.name):
            if (known.bundles, known.strategy) != (wanted.bundles, wanted.strategy):
                raise BridgeError(
                    "InvalidArgument",
                    "group_exists",
                    f"placement group {wanted.name} exists with other bundles",
                    "remove it first",
                )
            return known
        options: dict[str, Any] = {"bundle_label_selector": selectors} if any(selectors) else {}
        try:
            placement_group(
                wanted.bundles,
                strategy=wanted.strategy,
                name=self.ray_name(wanted.name),
                lifetime="detached",
                **options,
            )
        except ValueError as error:
            raise BridgeError("InvalidArgument", "bad_group", f"placement group {wanted.name}: {error}") from None
        return self.find(wanted.name) or Group(
            wanted.name,
            self.ray_name(wanted.name),
            "PENDING",
            wanted.strategy,
            wanted.bundles,
            [""] * len(wanted.bundles),
        )

    def handle(self, name: str) -> PlacementGroup:
        try:
            return get_placement_group(self.ray_name(name))
        except ValueError:
            raise BridgeError(
                "NotFound", "no_such_group", f"there is no placement group {name}", "create it first"
            ) from None

    def remove(self, name: str) -> None:
        """Returns when Ray knows of it: a request of a process that ends right after it may never be sent."""
        if self.find(name) is None:
            return
        remove_placement_group(self.handle(name))
        for _ in range(REMOVED_LOOKS):
            if self.find(name) is None:
                return
            time.sleep(REMOVED_EVERY_S)

    def find(self, name: str) -> Group | None:
        return next((group for group in self.all() if group.name == name), None)

    def all(self) -> list[Group]:
        rows = placement_group_table().values()
        ours = [row for row in rows if row["name"].startswith(self._prefix) and row["state"] != "REMOVED"]
        return [self._group(row) for row in ours]

    def _group(self, row: dict[str, Any]) -> Group:
        order = sorted(row["bundles"], key=int)
        return Group(
            name=row["name"].removeprefix(self._prefix),
            ray_name=row["name"],
            state=row["state"],
            strategy=row["strategy"],
            bundles=[dict(row["bundles"][index]) for index in order],
            nodes=[row["bundles_to_node_id"].get(index, "") for index in order],
        )
