"""What `python -m manta_ray controller start|status|stop` reads and writes: one JSON document on each of its
descriptors 0 and 1. For the command that has no bridge: it starts the controller, whose child the bridge is.

    start   ControllerStart  ->  {"ok": Controller}     when its process exists
    status  ControllerAsk    ->  {"ok": Controller}
    stop    ControllerStop   ->  {"ok": Controller}     when it has ended
    each                     ->  {"error": {"code", "reason", "message", "remedy"}}, and exit code 1

The errors of connecting are those of the bridge's hello.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from manta_ray import PROTOCOL
from manta_ray.protocol import Backoff


@dataclass
class ControllerAsk:
    address: str  # "10.0.0.1:6379", of the cluster's head
    namespace: str = "manta"
    node_ip: str = ""  # of this machine, as Ray knows it; empty: Ray finds it
    protocol: int = PROTOCOL
    manta: str = ""  # version


@dataclass
class ControllerStart(ControllerAsk):
    """One controller for each namespace, on the head. While one lives, nothing is started and it is answered as it is
    (`attached`). Exit code 0 ends it for good; so does 3 (it cannot start, and will not the next time); after any
    other end its process is executed again in place. Errors besides: not_started."""

    argv: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)  # added to that of Ray's workers on the head
    backoff: Backoff = field(default_factory=Backoff)
    log_dir: str = ""  # all output also goes to <log_dir>/controller.log; "": only to Ray's worker log


@dataclass
class ControllerStop(ControllerAsk):
    """SIGTERM, SIGKILL to the process group after the grace. That there is none is no error."""

    grace_s: float = 20.0


@dataclass
class Controller:
    """`state`: running, restarting (its process has ended and is about to be executed again), ended, absent (there
    never was one). The fields of the last end are there in every state, empty if there was none."""

    state: str
    pid: int = 0  # when running
    node_id: str = ""
    argv: list[str] = field(default_factory=list)
    attached: bool = False  # answer to start: it lived already
    restarts: int = 0  # of its process, by this supervisor
    exit_code: int = -1  # of the last end; -1 when by a signal or unknown
    signal: int = 0
    last_output: str = ""
    reason: str = ""
