"""What has changed between two looks at the cluster. Pure: whoever looks again after any pause misses nothing that
still matters."""

from __future__ import annotations

from manta_ray.protocol import Group, GroupLost, Node, NodeChange


def node_events(before: list[Node], after: list[Node]) -> list[tuple[str, NodeChange]]:
    """What is free on a node changes all the time and is no event."""
    old, new = {node.node_id: node for node in before}, {node.node_id: node for node in after}
    events = [("node_lost", NodeChange(node.node_id, node.address)) for key, node in old.items() if key not in new]
    events += [("node_joined", NodeChange(node.node_id, node.address)) for key, node in new.items() if key not in old]
    for key in old.keys() & new.keys():
        if _lasting(old[key]) != _lasting(new[key]):
            events.append(("node_changed", NodeChange(key, new[key].address)))
    return events


def _lasting(node: Node) -> object:
    return node.total, node.labels, node.draining, node.drain_deadline_s


def group_events(before: list[Group], after: list[Group], removed: set[str]) -> list[GroupLost]:
    """Groups that were reserved and are not any more; `removed`: those that were asked to go."""
    states = {group.name: group.state for group in after}
    events = []
    for group in before:
        state = states.get(group.name, "REMOVED")
        if group.state == "CREATED" and state != "CREATED" and not (state == "REMOVED" and group.name in removed):
            events.append(GroupLost(group.name, state))
    return events
