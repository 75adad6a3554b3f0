#!/usr/bin/env python3
"""Writes ray_decisions.txt: what Ray Serve's autoscaler (2.60.0) decides on random histories.

Run with an interpreter that has ray[serve]==2.60.0 (`tools/setup ray-serve` makes one):

    ~/.cache/manta/ray-serve/bin/python tests/data/autoscale/make_tables.py

The histories are not in the file: each is made from its number, by history() here and by make_history() in
tests/unit/control/autoscale_history.h, which must draw the same numbers in the same order. A line holds the first
target, the target after each tick (a digit or letter each), and the sum over the ticks of the total number of requests
that Ray computed.
"""
import os
import sys
import types

import ray
from ray.serve._private import autoscaling_state
from ray.serve._private.autoscaling_state import DeploymentAutoscalingState
from ray.serve._private.common import (RUNNING_REQUESTS_KEY, DeploymentHandleSource, DeploymentID, HandleMetricReport,
                                       ReplicaID, ReplicaMetricReport, TargetCapacityDirection, TimeStampedValue)
from ray.serve import autoscaling_policy
from ray.serve.config import AutoscalingConfig

HISTORIES = 20000
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
DEPLOYMENT = DeploymentID("D", "app")


class Rng:
    """splitmix64"""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return (z ^ (z >> 31)) % n


class Time:
    """Stands in for the module `time` where Ray's code asks it."""

    now = 0.0

    def time(self):
        return self.now

    def monotonic(self):
        return self.now


class Gauge:
    def __init__(self, *args, **kwargs):
        pass

    def set(self, *args, **kwargs):
        pass


def draw_config(rng):
    config = {"min_replicas": rng.below(4)}
    config["max_replicas"] = max(1, config["min_replicas"] + rng.below(9))
    config["target_ongoing_requests"] = (1 + rng.below(60)) / 10
    config["upscaling_factor"] = 1.0 if rng.below(2) == 0 else (1 + rng.below(30)) / 10
    config["downscaling_factor"] = 1.0 if rng.below(2) == 0 else (1 + rng.below(20)) / 10
    config["upscale_delay_s"] = 0.0 if rng.below(3) == 0 else rng.below(80) / 10
    config["downscale_delay_s"] = 0.0 if rng.below(3) == 0 else rng.below(80) / 10
    if rng.below(3) == 0:
        config["downscale_to_zero_delay_s"] = rng.below(80) / 10
    config["aggregation_function"] = ["mean", "mean", "max", "min"][rng.below(4)]
    if rng.below(3) == 0:
        config["initial_replicas"] = config["min_replicas"] + rng.below(config["max_replicas"] - config["min_replicas"] + 1)
    config["look_back_period_s"] = (10 + rng.below(40)) / 10
    return config


def draw_capacity(rng):
    kind = rng.below(10)
    if kind < 6:
        return None
    return {6: 0.0, 7: 100.0}.get(kind, rng.below(1001) / 10)


def add_points(rng, series, before, now, level, sometimes_none):
    count = rng.below(3)
    for i in range(count):
        value = 0 if sometimes_none and rng.below(2) == 0 else rng.below(level + 1)
        series.append(TimeStampedValue(before + (now - before) * (i + 1) / (count + 1), float(value)))


class History:
    def __init__(self, number):
        self.rng = rng = Rng(number)
        config = draw_config(rng)
        self.look_back_s = config["look_back_period_s"]
        capacity = draw_capacity(rng)
        growing = rng.below(2) == 0
        gang_size = 2 + rng.below(2) if rng.below(8) == 0 else 1
        self.now = 1.7e9 + rng.below(1000000) / 1000
        CLOCK.now = self.now
        info = types.SimpleNamespace(
            deployment_config=types.SimpleNamespace(
                autoscaling_config=AutoscalingConfig(**config, metrics_interval_s=0.5),
                gang_scheduling_config=types.SimpleNamespace(gang_size=gang_size)),
            target_capacity=capacity,
            target_capacity_direction=TargetCapacityDirection.UP if growing else TargetCapacityDirection.DOWN)
        self.state = DeploymentAutoscalingState(DEPLOYMENT)
        self.target = self.first = self.state.register(info, rng.below(6))
        self.replicas = [(i, []) for i in range(self.target)]
        self.next_id = self.target
        self.handles = [[] for _ in range(1 + rng.below(3))]
        self.ticks = 10 + rng.below(15)

    def follow(self):
        """The replicas that run come nearer to the target, or do not."""
        move = self.rng.below(3)
        goal = self.target if move == 2 else len(self.replicas)
        if move == 1 and self.target != len(self.replicas):
            goal += 1 if self.target > len(self.replicas) else -1
        while len(self.replicas) > goal:
            self.replicas.pop()
        while len(self.replicas) < goal:
            self.replicas.append((self.next_id, []))
            self.next_id += 1

    def load(self, before):
        level = 0 if self.rng.below(4) == 0 else self.rng.below(16)
        for _, series in self.replicas:
            add_points(self.rng, series, before, self.now, level, False)
        for series in self.handles:
            add_points(self.rng, series, before, self.now, level, True)
        for series in [series for _, series in self.replicas] + self.handles:
            series[:] = [point for point in series if point.timestamp >= self.now - self.look_back_s]

    def report(self):
        ids = []
        for number, series in self.replicas:
            ids.append(ReplicaID(str(number), DEPLOYMENT))
            self.state.record_request_metrics_for_replica(
                ReplicaMetricReport(ids[-1], {RUNNING_REQUESTS_KEY: list(series)}, self.now))
        for number, series in enumerate(self.handles):
            self.state.record_request_metrics_for_handle(HandleMetricReport(
                DEPLOYMENT, str(number), "actor", DeploymentHandleSource.PROXY, list(series), {}, self.now))
        self.state.update_running_replica_ids(ids)

    def tick(self):
        before = self.now
        self.now += (1 + self.rng.below(400)) / 100
        if self.rng.below(2) == 0:
            self.now += self.rng.below(1000) / 100000
        CLOCK.now = self.now
        self.follow()
        self.load(before)
        self.report()
        self.target = self.state.get_decision_num_replicas(self.target)
        return self.state.get_last_decision_total_num_requests()


def line_of(number):
    history = History(number)
    targets, totals = "", 0.0
    for _ in range(history.ticks):
        totals += history.tick()
        targets += DIGITS[history.target]
    return f"{DIGITS[history.first]} {targets} {totals:.10g}\n"


def main():
    if ray.__version__ != "2.60.0":
        sys.exit(f"needs ray 2.60.0, found {ray.__version__}")
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ray_decisions.txt")
    with open(path, "w") as table:
        for number in range(HISTORIES):
            table.write(line_of(number))


CLOCK = Time()
autoscaling_state.time = CLOCK
autoscaling_policy.time = CLOCK
autoscaling_state.metrics = types.SimpleNamespace(Gauge=Gauge)
if __name__ == "__main__":
    main()
