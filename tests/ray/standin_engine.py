"""Stands in for an inference engine with a Ray executor, as vLLM's: below a replica, with one actor for each device.

It takes the placement group it is handed. Without one it reserves its own, as such engines do, and gives up after a
while where they would wait for ever. Arguments: NUMBER-OF-WORKERS FIRST-BUNDLE. Prints one line of JSON, and then
serves until it is stopped.
"""

from __future__ import annotations

import json
import sys
import time

import ray
from manta_ray.reservation import join_group
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

PATIENCE_S = 4.0


@ray.remote(num_cpus=0, num_gpus=1)
class Worker:
    def device(self) -> tuple[str, str]:
        context = ray.get_runtime_context()
        return context.get_node_id(), context.get_accelerator_ids()["GPU"][0]


def main(workers: int, first_bundle: int) -> None:
    group = join_group()
    if group is None:
        group, first_bundle = placement_group([{"GPU": 1}] * workers), 0
        if not group.wait(PATIENCE_S):
            remove_placement_group(group)
            sys.exit(f"no room for {workers} GPUs: the replica's own reservation holds them")
    bundles = range(first_bundle, first_bundle + workers)
    actors = [
        Worker.options(scheduling_strategy=PlacementGroupSchedulingStrategy(group, bundle)).remote()
        for bundle in bundles
    ]
    print(json.dumps({"devices": ray.get([actor.device.remote() for actor in actors])}), flush=True)
    time.sleep(1000)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
