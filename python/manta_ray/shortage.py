"""Why something does not fit on any node: what each one lacks. Pure."""

from __future__ import annotations

from manta_ray.protocol import Node, Resources

EPSILON = 1e-9


def demand(resources: Resources) -> dict[str, float]:
    """By Ray's names of resources; what is not needed is left out."""
    named = {"CPU": resources.num_cpus, "GPU": resources.num_gpus, "memory": resources.memory, **resources.resources}
    return {name: amount for name, amount in named.items() if amount > 0}


def reasons(
    nodes: list[Node], needs: dict[str, float], selector: dict[str, str], node_id: str = "", accelerator: str = ""
) -> list[str]:
    """One line for each node that cannot take `needs` now; `node_id`: the only one allowed. Empty: one can."""
    if node_id and all(node.node_id != node_id for node in nodes):
        return [f"node {node_id} is gone"]
    lines = []
    for node in nodes:
        lacking = _lacking(node, needs, selector, accelerator)
        if node_id and node.node_id != node_id:
            continue
        if not lacking:
            return []
        lines.append(f"node {node.address}: {', '.join(lacking)}")
    return lines or ["the cluster has no nodes"]


def _lacking(node: Node, needs: dict[str, float], selector: dict[str, str], accelerator: str) -> list[str]:
    total, free = demand(node.total), demand(node.available)
    lacking = ["is being drained"] if node.draining else []
    if accelerator and node.total.accelerator_type != accelerator:
        lacking.append(f"accelerator is {node.total.accelerator_type or 'not known'}, wanted {accelerator}")
    for key, condition in selector.items():
        if not matches(node.labels.get(key), condition):
            lacking.append(f"label {key} is {node.labels.get(key, 'not there')}, wanted {condition}")
    for name, amount in needs.items():
        if free.get(name, 0.0) + EPSILON < amount:
            lacking.append(f"needs {name} {amount:g}, free {free.get(name, 0.0):g} of {total.get(name, 0.0):g}")
    return lacking


def matches(value: str | None, condition: str) -> bool:
    """Conditions of label selectors: a, !a, in(a,b), !in(a,b). A label that is not there equals nothing."""
    wanted = condition.removeprefix("!")
    if wanted.startswith("in(") and wanted.endswith(")"):
        among = [part.strip() for part in wanted[3:-1].split(",")]
    else:
        among = [wanted]
    return (value in among) != condition.startswith("!")
