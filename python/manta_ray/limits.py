"""Waits of the bridge that its environment may make longer or shorter."""

from __future__ import annotations

import os


def seconds(variable: str, usual: float) -> float:
    """What the variable says; `usual` where it is not set, or to no number above 0."""
    try:
        given = float(os.environ.get(variable, ""))
    except ValueError:
        return usual
    return given if given > 0 else usual
