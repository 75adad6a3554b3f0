"""The environment of a supervisor's process: that of Ray's worker on the node without what is Ray's own, and what was
given. Nothing here is ever logged or told: it holds tokens."""

from __future__ import annotations

import os

# Ray's workers carry variables of their own; a replica must not take itself for one. Who holds the token can run
# anything on the cluster: only a program that joins it gets these.
JOINING_VARIABLES = ("RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


def environment_for(given: dict[str, str], gpus: list[str] | None = None, join: bool = False) -> dict[str, str]:
    """What Ray has assigned decides about devices, whatever is given."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("RAY_") or (join and name in JOINING_VARIABLES)
    }
    environment.update(given)
    environment["CUDA_VISIBLE_DEVICES"] = ",".join(gpus or [])
    return environment
