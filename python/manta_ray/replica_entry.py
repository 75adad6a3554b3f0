"""What the registry knows of a replica, and how that and Ray's errors are told."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any

from manta_ray import shortage
from manta_ray.cluster import Groups
from manta_ray.errors import BridgeError
from manta_ray.protocol import Hello, Node, Observed, Start
from manta_ray.shared_supervisors import SharedSupervisors
from manta_ray.supervisor_options import actor_name

# For a program that joins the cluster: where it is, and the group that its replica runs in. See reservation.py.
GROUP_VARIABLE, NAMESPACE_VARIABLE, ADDRESS_VARIABLE = "MANTA_RAY_PLACEMENT_GROUP", "MANTA_RAY_NAMESPACE", "RAY_ADDRESS"
OBSERVED = [field.name for field in dataclasses.fields(Observed)]


def new_entry(wanted: Start, epoch: int) -> dict[str, Any]:
    """As the registry keeps it: the keys of Observed, and what it takes to say why it waits."""
    entry = Observed(wanted.id, uuid.uuid4().hex, epoch, wanted.labels, "pending")
    return {
        **vars(entry),
        "needs": shortage.demand(wanted.resources),
        "selector": wanted.resources.label_selector,
        "fallbacks": [other.label_selector for other in wanted.resources.fallback_strategy],
        "accelerator": wanted.resources.accelerator_type,
        "only_node": wanted.affinity.node_id if wanted.affinity and not wanted.affinity.soft else "",
        "group": wanted.group.name if wanted.group else "",
        "bundle": wanted.group.bundle if wanted.group else 0,
        "shared": wanted.shared,
    }


def plan_for(wanted: Start, entry: dict[str, Any], hello: Hello, groups: Groups) -> dict[str, Any]:
    """What the supervisor is told: see supervisor.Supervisor."""
    environment = dict(wanted.environment)
    if wanted.join:
        environment.update({ADDRESS_VARIABLE: hello.address, NAMESPACE_VARIABLE: hello.namespace})
    if wanted.join and wanted.group is not None:
        environment[GROUP_VARIABLE] = groups.ray_name(wanted.group.name)
    plan = {key: entry[key] for key in ("id", "incarnation", "epoch", "labels")}
    given = {"argv": wanted.argv, "listen": wanted.listen, "join": wanted.join, "log_dir": wanted.log_dir}
    return {**plan, **given, "environment": environment}


def failure_of_start(replica: str, error: Exception) -> BridgeError:
    if isinstance(error, BridgeError):
        return error
    if isinstance(error, ValueError):
        return BridgeError(
            "InvalidArgument", "bad_start", f"replica {replica}: {error}", "change the deployment's options"
        )
    return BridgeError(
        "Unavailable", "supervisor_lost", f"replica {replica}: {plain(error)}", "it may be started again"
    )


def withdrawn(replica: str) -> BridgeError:
    return BridgeError("Cancelled", "withdrawn", f"replica {replica} was stopped before it ran")


def observed(entry: dict[str, Any]) -> Observed:
    return Observed(**{key: entry[key] for key in OBSERVED})


def plain(error: BaseException) -> str:
    """The cause in Ray's message, without the general advice around it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [
        line
        for line in lines
        if line.startswith(("The actor is dead because", "The actor died because", "the actor's node"))
    ]
    text = " ".join(causes) or (lines[0] if lines else type(error).__name__)
    return text.split(" Some common causes include")[0]


def supervisor_name(entry: dict[str, Any]) -> str:
    return SharedSupervisors.actor_name(entry["node_id"]) if entry["shared"] else actor_name(entry["id"])


def waits_for(entry: dict[str, Any], nodes: list[Node]) -> list[str]:
    """Why a pending replica has no process yet."""
    if entry["group"]:
        return [f"bundle {entry['bundle']} of placement group {entry['group']}"]
    lacking: list[str] = []
    for selector in [entry["selector"], *entry["fallbacks"]]:
        reasons = shortage.reasons(nodes, entry["needs"], selector, entry["only_node"], entry["accelerator"])
        if not reasons:
            return ["there is room: it is being started"]
        lacking = lacking or reasons
    return lacking
