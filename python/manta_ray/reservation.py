"""For engines that start actors of their own inside the reservation of their replica.

Such an engine is a process below a supervisor, and so a driver of its own: Ray does not tell it which placement group
it is in, and an engine that does not know reserves a second one, for resources that the first holds: it waits for
ever. It is handed the group by name instead (Start.join): join_group() finds it, and the engine passes it to whatever
it starts.
"""

from __future__ import annotations

import os

import ray
from ray.util.placement_group import PlacementGroup, get_placement_group


def join_group() -> PlacementGroup | None:
    """Connects this process to the cluster and returns its replica's placement group; None when that is in none."""
    ray.init(
        address=os.environ["RAY_ADDRESS"],
        namespace=os.environ["MANTA_RAY_NAMESPACE"],
        _node_ip_address=os.environ.get("MANTA_RAY_NODE_IP"),
        log_to_driver=False,
        logging_level="ERROR",
    )
    name = os.environ.get("MANTA_RAY_PLACEMENT_GROUP")
    return get_placement_group(name) if name else None
