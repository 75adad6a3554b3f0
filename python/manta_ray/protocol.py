"""Every message between the controller and the bridge: one JSON object a line, each way, on descriptors of their own.

    controller -> bridge   {"hello": Hello}                            first, once
                           {"id": 7, "op": "start", "args": Start}     then operations, any number at once
    bridge -> controller   {"hello": Welcome} or {"error": ...}        the answer; after an error the bridge ends
                           {"id": 7, "ok": ...} or {"id": 7, "error": {"code", "reason", "message", "remedy"}}
                           {"event": "replica_ended", "data": ReplicaEnded}

Units: seconds, bytes. Answers come in the order in which operations finish, not in which they were asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STRATEGIES = ("PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD")


@dataclass
class Hello:
    """Who the controller is and which cluster it wants."""

    protocol: int
    manta: str  # version
    address: str  # "10.0.0.1:6379", of the cluster's head
    epoch: int  # of this controller; later ones are greater
    namespace: str = "manta"  # instances of different names on one cluster do not see each other
    node_ip: str = ""  # of this machine, as Ray knows it; empty: Ray finds it


@dataclass
class Welcome:
    protocol: int
    manta: str  # version of the bridge
    ray: str  # version
    python: str
    cluster_id: str
    namespace: str
    node_id: str  # of the node that the bridge runs on


@dataclass
class Fallback:
    label_selector: dict[str, str] = field(default_factory=dict)


@dataclass
class Resources:
    """What one replica takes of a node: booked before its process starts."""

    num_cpus: float = 1.0
    num_gpus: float = 0.0  # a fraction shares one device; above 1 only whole numbers
    memory: float = 0.0
    resources: dict[str, float] = field(default_factory=dict)  # custom ones
    accelerator_type: str = ""
    label_selector: dict[str, str] = field(default_factory=dict)  # on the node's labels: a, !a, in(a,b), !in(a,b)
    fallback_strategy: list[Fallback] = field(default_factory=list)  # tried in this order where that has no room


@dataclass
class Affinity:
    node_id: str
    soft: bool = False  # another node when this one is gone or can never hold it


@dataclass
class GroupPlace:
    name: str
    bundle: int = 0


@dataclass
class Start:
    """op start: answers Observed when the process exists, and not before: what fits nowhere stays pending (op pending).

    Starting an id that lives answers the same and changes nothing. A program that cannot be executed is an error.
    """

    id: str
    argv: list[str]  # "{listen_fd}" becomes the number of the listening descriptor
    environment: dict[str, str] = field(default_factory=dict)  # added to that of Ray's workers on the node
    resources: Resources = field(default_factory=Resources)
    labels: str = ""  # opaque, given back by list
    affinity: Affinity | None = None
    group: GroupPlace | None = None
    listen: bool = False  # open a TCP socket on the node's address before the process starts, and hand it over
    join: bool = False  # a program of the cluster's own (an engine): gets its address, token, and the name of its group
    shared: bool = False  # beside others in one supervisor of the node; not for replicas with GPUs or in a group
    log_dir: str = ""  # on the node: all output also goes to <log_dir>/<id>.log there; "": only to Ray's worker log


@dataclass
class Observed:
    """A replica as list and start tell it. `state`: pending (no process yet), running."""

    id: str
    incarnation: str  # differs between two starts of one id
    epoch: int
    labels: str
    state: str
    node_id: str = ""
    address: str = ""  # "tcp:10.0.0.2:41001" when it listens
    pid: int = 0
    start_time_s: float = 0.0  # Unix time
    gpus: list[str] = field(default_factory=list)  # the devices that Ray assigned


@dataclass
class Stop:
    """op stop: SIGTERM at once, SIGKILL to the whole process group after the grace. Answers when asked, not when it has
    ended. A pending start is withdrawn; an unknown id is no error."""

    id: str
    grace_s: float = 20.0


@dataclass
class CreateGroup:
    """op create_group: answers at once; wait_group tells when it is reserved. The same once more changes nothing."""

    name: str
    bundles: list[dict[str, float]]  # {"CPU": 1, "GPU": 0.5}
    strategy: str = "PACK"
    bundle_label_selector: list[dict[str, str]] = field(default_factory=list)  # one for each bundle, or none at all
    bundle_node_ids: list[str] = field(default_factory=list)  # the same; "": anywhere. Pinned: on no other node, ever


@dataclass
class WaitGroup:
    """op wait_group: answers Group when it is reserved; DeadlineExceeded with what the nodes lack after the time
    limit."""

    name: str
    timeout_s: float = 30.0


@dataclass
class RemoveGroup:
    """op remove_group: replicas in it end. An unknown name is no error."""

    name: str


@dataclass
class Group:
    name: str
    ray_name: str  # by which other programs find it
    state: str  # PENDING PREPARED CREATED RESCHEDULING
    strategy: str
    bundles: list[dict[str, float]]
    nodes: list[str]  # by bundle; "" where not placed


@dataclass
class Backoff:
    """Before a role's process is executed again: doubled at each end, from the first to the most."""

    first_s: float = 0.1
    most_s: float = 5.0
    reset_after_s: float = 10.0  # of running: the next pause is the first again


@dataclass
class StartRole:
    """op start_role: answers Role when its process exists. A process of a node (a proxy) that is to run for good: its
    supervisor executes it again in place whenever it ends, and Ray restarts the supervisor; both take no resources.

    The same once more changes nothing. With another argv, environment, listen_address, backoff or log_dir the process
    is stopped and executed anew under the same listening socket; with another node it is stopped there first.
    Errors: node_gone, port_taken, cannot_listen, not_started; after one there is no such role.
    """

    name: str
    node_id: str  # hard
    argv: list[str]  # "{listen_fd}" becomes the number of the listening descriptor
    environment: dict[str, str] = field(default_factory=dict)  # added to that of Ray's workers on the node
    listen_address: str = ""  # "0.0.0.0:8000", opened before the process and kept open between two of them; "": none
    backoff: Backoff = field(default_factory=Backoff)
    log_dir: str = ""  # as in Start: <log_dir>/<name>.log
    grace_s: float = 20.0  # of the process that this one replaces


@dataclass
class StopRole:
    """op stop_role: as stop. The end is told as a role_ended that is final; an unknown name is no error."""

    name: str
    grace_s: float = 20.0


@dataclass
class Role:
    """A role as start_role and list_roles tell it. `state`: pending (not yet executed), running, restarting (its
    process has ended and is about to be executed again; pid is 0), stopping (listed until its final end). A role of a
    lost node is listed no more."""

    name: str
    node_id: str
    state: str
    pid: int = 0
    address: str = ""  # "tcp:10.0.0.2:8000" when it listens
    reason: str = ""  # why it is not running


@dataclass
class Demand:
    """op demand: all that this namespace wants in total, running or not, for Ray's autoscaler; replaces what was told
    before, also by an earlier bridge. Empty withdraws. Ray keeps one wish for the cluster, whoever ends: the sum of
    what all namespaces have told in which actors live."""

    bundles: list[dict[str, float]]  # {"CPU": 1, "GPU": 0.5}


@dataclass
class NoArguments:
    """Of the operations nodes, list, list_groups, list_roles, pending."""


@dataclass
class Node:
    node_id: str
    address: str
    is_head: bool
    total: Resources
    available: Resources
    labels: dict[str, str]
    draining: bool = False
    drain_deadline_s: float = 0.0  # Unix time at which Ray ends it, empty or not; 0: none


@dataclass
class Pending:
    """A replica or placement group that waits for resources, and what each node lacks."""

    kind: str  # replica, placement_group
    name: str  # id or name
    waiting_s: float
    needs: dict[str, float]
    reasons: list[str]  # "node 10.0.0.2: needs GPU 1, free 0.5 of 2"


@dataclass
class ReplicaEnded:
    """event replica_ended: exactly one for each incarnation that was started or given up, also if asked to; told again
    to the next bridge if this one ended before it could tell."""

    id: str
    incarnation: str
    pid: int = 0  # 0: it never ran
    node_id: str = ""
    exit_code: int = -1  # -1 when ended by a signal or unknown
    signal: int = 0
    last_output: str = ""
    reason: str = ""  # why there is no exit code: the supervisor or its node was lost, it never started


@dataclass
class RoleEnded:
    """event role_ended: each time a role's process has ended; at least once, except for ends during a loss of the head.
    `final`: it was stopped, or its node is lost: it is not executed again and not listed any more."""

    name: str
    node_id: str
    pid: int = 0  # 0: not known, or none was executed
    exit_code: int = -1  # -1 when ended by a signal or unknown
    signal: int = 0
    last_output: str = ""
    reason: str = ""  # why there is no exit code: the supervisor or its node was lost, it cannot be executed
    final: bool = False


@dataclass
class NodeChange:
    """events node_joined, node_changed (resources, labels, draining), node_lost."""

    node_id: str
    address: str
    reason: str = ""


@dataclass
class GroupLost:
    """event placement_group_lost: a node of it is gone (Ray tries to reserve the lost bundles anew) or it was
    removed."""

    name: str
    state: str


@dataclass
class Superseded:
    """event superseded: a controller of a later epoch has taken over; this bridge tells nothing more and refuses
    changes."""

    latest_epoch: int


@dataclass
class Request:
    id: int
    op: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass
class FirstLine:
    hello: Hello
