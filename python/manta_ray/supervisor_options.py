"""Ray's options for the supervisor of one replica."""

from __future__ import annotations

from typing import Any

from ray.util.placement_group import PlacementGroup
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy, PlacementGroupSchedulingStrategy

from manta_ray.errors import BridgeError
from manta_ray.protocol import Resources, Start


def check(wanted: Start) -> None:
    """Raises BridgeError for what Ray would refuse, or would take and do otherwise."""
    resources, problem = wanted.resources, ""
    if not wanted.argv:
        problem = "argv is empty"
    elif resources.num_gpus > 1 and resources.num_gpus != int(resources.num_gpus):
        problem = f"num_gpus {resources.num_gpus:g}: above 1 only whole numbers"
    elif min([resources.num_cpus, resources.num_gpus, resources.memory, *resources.resources.values()]) < 0:
        problem = "resources are negative"
    elif wanted.group and (wanted.affinity or resources.label_selector or resources.fallback_strategy):
        problem = "in a placement group, the group's bundles decide where: no affinity, label_selector, fallbacks"
    elif wanted.shared and (wanted.group or resources.num_gpus > 0 or resources.fallback_strategy):
        problem = "shared: only without GPUs and fallback_strategy, and outside placement groups"
    if problem:
        raise BridgeError(
            "InvalidArgument", "bad_start", f"replica {wanted.id}: {problem}", "change the deployment's options"
        )


def supervisor_options(wanted: Start, group: PlacementGroup | None) -> dict[str, Any]:
    options: dict[str, Any] = {
        "name": actor_name(wanted.id),
        "lifetime": "detached",
        "max_restarts": 0,
        "max_concurrency": 100,
        **amounts(wanted.resources),
    }
    if wanted.resources.label_selector:
        options["label_selector"] = wanted.resources.label_selector
    if wanted.resources.fallback_strategy:
        options["fallback_strategy"] = [
            {"label_selector": other.label_selector} for other in wanted.resources.fallback_strategy
        ]
    if group is not None and wanted.group is not None:
        options["scheduling_strategy"] = PlacementGroupSchedulingStrategy(
            group, placement_group_bundle_index=wanted.group.bundle, placement_group_capture_child_tasks=True
        )
    elif wanted.affinity is not None:
        options["scheduling_strategy"] = NodeAffinitySchedulingStrategy(
            wanted.affinity.node_id, soft=wanted.affinity.soft
        )
    return options


def actor_name(replica: str) -> str:
    return f"manta/replica/{replica}"


def amounts(resources: Resources) -> dict[str, Any]:
    options: dict[str, Any] = {"num_cpus": resources.num_cpus, "num_gpus": resources.num_gpus}
    if resources.memory > 0:
        options["memory"] = int(resources.memory)
    if resources.resources:
        options["resources"] = resources.resources
    if resources.accelerator_type:
        options["accelerator_type"] = resources.accelerator_type
    return options
