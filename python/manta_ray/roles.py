"""Roles of the cluster as the bridge handles them: processes of a node that are executed again whenever they end."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, ActorUnschedulableError, RayActorError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from manta_ray import cluster
from manta_ray.background import Background
from manta_ray.errors import BridgeError
from manta_ray.limits import seconds
from manta_ray.listening import split_address
from manta_ray.protocol import Hello, Role, StartRole, StopRole
from manta_ray.registry_client import RegistryClient
from manta_ray.replica_entry import plain
from manta_ray.role_supervisor import RoleSupervisor

FIXED = ["node_id", "plan"]  # what makes a role the same
SHOWN = ("name", "node_id", "state", "pid", "address", "reason")
REMEDIES = {
    "port_taken": "choose another port, or end the program that listens there (ss -ltnp names it)",
    "cannot_listen": "choose an address of that node, and a port that its user may open",
    "not_started": "check the program on that node",
}
STOP_ANSWER_S = seconds("MANTA_RAY_STOP_ANSWER_S", 5)
RETRY_S = 1.0


class Roles:
    """One for each bridge. The truth is in the registry; supervisors take it from there."""

    def __init__(self, hello: Hello, registry: RegistryClient) -> None:
        self._hello = hello
        self._registry = registry
        self._order: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # one start of a name at a time
        self._watched: set[str] = set()  # supervisors
        self._background = Background()

    async def open(self) -> None:
        """Takes over what earlier bridges have started, also their stops."""
        living = await asyncio.to_thread(cluster.living_actors, self._hello.namespace)
        known = await self._registry.roles()
        for entry in [*known["kept"], *known["leaving"]]:
            actor = await _find(entry) if _actor_name(entry) in living else None
            if actor is None:
                await self._registry.role_lost(entry, "its supervisor was lost while no bridge watched")
            elif entry in known["kept"]:
                self._watch(entry, actor)
            else:
                self._background.spawn(self._end(entry, actor, entry["grace_s"]))

    async def close(self) -> None:
        self._background.cancel()

    async def start(self, wanted: StartRole) -> Role:
        _check(wanted)
        async with self._order[wanted.name]:
            answer = await self._registry.admit_role(_new_entry(wanted, self._hello.epoch), FIXED)
            entry = answer["entry"]
            if answer["previous"] is not None:
                await self._end(answer["previous"], await _find(answer["previous"]), wanted.grace_s)
            actor = None
            try:
                actor = await self._supervisor(entry)
                result = await self._applied(entry, actor)
                if "failed" in result:
                    raise _refusal(entry, result)
            except Exception as error:
                await self._registry.remove_role(wanted.name)
                await self._end(entry, actor, 0)
                raise _failure_of_start(entry, error) from None
        self._watch(entry, actor)
        return _shown({**entry, **result["role"]})

    async def stop(self, wanted: StopRole) -> None:
        entry = await self._registry.remove_role(wanted.name)
        if entry is None:
            return
        actor = await _find(entry)
        if actor is not None:
            await asyncio.wait([asyncio.create_task(_ask_to_stop(actor, wanted.grace_s))], timeout=STOP_ANSWER_S)
        self._background.spawn(self._end(entry, actor, wanted.grace_s))

    async def list(self) -> list[Role]:
        known = await self._registry.roles()
        names = {entry["name"] for entry in known["kept"]}
        leaving = [{**entry, "state": "stopping"} for entry in known["leaving"] if entry["name"] not in names]
        return [_shown(entry) for entry in [*known["kept"], *leaving]]

    async def _supervisor(self, entry: dict[str, Any]) -> Any:
        options = {
            "name": _actor_name(entry),
            "get_if_exists": True,
            "lifetime": "detached",
            "max_restarts": -1,
            "max_concurrency": 100,
            "num_cpus": 0,
            "scheduling_strategy": NodeAffinitySchedulingStrategy(entry["node_id"], soft=False),
        }
        remote = ray.remote(RoleSupervisor).options(**options)
        return await asyncio.to_thread(remote.remote, self._registry.actor, entry["supervisor"])

    async def _applied(self, entry: dict[str, Any], actor: Any) -> dict[str, Any]:
        while True:
            try:
                return dict(await actor.apply.remote(entry["incarnation"]))
            except ActorUnavailableError:  # Ray restarts it
                await asyncio.sleep(RETRY_S)

    def _watch(self, entry: dict[str, Any], actor: Any) -> None:
        if entry["supervisor"] not in self._watched:
            self._watched.add(entry["supervisor"])
            self._background.spawn(self._until_gone(entry, actor))

    async def _until_gone(self, entry: dict[str, Any], actor: Any) -> None:
        """Tells the registry when Ray has given the supervisor up: its node is lost."""
        gone = False
        while not gone:
            try:
                gone = await actor.wait_end.remote()
            except ActorUnavailableError:
                await asyncio.sleep(RETRY_S)
            except (RayActorError, ActorUnschedulableError) as error:
                await self._registry.role_lost(entry, plain(error))
                gone = True
        self._watched.discard(entry["supervisor"])

    async def _end(self, entry: dict[str, Any], actor: Any, grace_s: float) -> None:
        """Returns when the supervisor of a removed role is gone, by force if it does not leave in time."""
        if actor is not None:
            try:
                async with asyncio.timeout(grace_s + STOP_ANSWER_S):
                    await _ask_to_stop(actor, grace_s)
                    while not await actor.wait_end.remote():
                        pass
            except (RayError, TimeoutError):  # it is gone, is being restarted, or hangs
                await asyncio.to_thread(ray.kill, actor)
        await self._registry.role_lost(entry, "its supervisor did not tell how it ended")


async def _ask_to_stop(actor: Any, grace_s: float) -> None:
    try:
        await actor.stop.remote(grace_s)
    except RayError:
        pass  # it is gone: its role stands in the registry no more, so that none follows


async def _find(entry: dict[str, Any]) -> Any:
    try:
        return await asyncio.to_thread(ray.get_actor, _actor_name(entry))
    except ValueError:
        return None


def _actor_name(entry: dict[str, Any]) -> str:
    return f"manta/role/{entry['name']}/{entry['supervisor']}"


def _new_entry(wanted: StartRole, epoch: int) -> dict[str, Any]:
    plan = {
        "argv": wanted.argv,
        "environment": wanted.environment,
        "listen_address": wanted.listen_address,
        "backoff": vars(wanted.backoff),
        "log_dir": wanted.log_dir,
    }
    ids = {"supervisor": uuid.uuid4().hex, "incarnation": uuid.uuid4().hex, "epoch": epoch}
    role = vars(Role(wanted.name, wanted.node_id, "pending"))
    return {**role, **ids, "plan": plan, "grace_s": wanted.grace_s}


def _shown(entry: dict[str, Any]) -> Role:
    return Role(**{key: entry[key] for key in SHOWN})


def _check(wanted: StartRole) -> None:
    problem = ""
    if not wanted.name or not wanted.argv:
        problem = "name or argv is empty"
    elif not 0 < wanted.backoff.first_s <= wanted.backoff.most_s:
        problem = "backoff: first_s is not between 0 and most_s"
    elif wanted.listen_address:
        try:
            split_address(wanted.listen_address)
        except ValueError as error:
            problem = f"listen_address '{wanted.listen_address}': {error}"
    if problem:
        raise BridgeError("InvalidArgument", "bad_role", f"role {wanted.name}: {problem}", "change what is started")


def _refusal(entry: dict[str, Any], result: dict[str, Any]) -> BridgeError:
    if result["reason"] == "withdrawn":
        return BridgeError("Cancelled", "withdrawn", f"role {entry['name']} was stopped before it ran")
    remedy = REMEDIES.get(result["reason"], "")
    return BridgeError("Unavailable", result["reason"], f"role {entry['name']}: {result['failed']}", remedy)


def _failure_of_start(entry: dict[str, Any], error: Exception) -> BridgeError:
    if isinstance(error, BridgeError):
        return error
    if isinstance(error, (ActorUnschedulableError, RayActorError)):
        message = f"role {entry['name']}: node {entry['node_id']} is gone or takes no actor: {plain(error)}"
        return BridgeError("Unavailable", "node_gone", message, "start it on a node that lives")
    if isinstance(error, ValueError):
        return BridgeError("InvalidArgument", "bad_role", f"role {entry['name']}: {error}", "change what is started")
    return BridgeError("Internal", "unexpected", f"role {entry['name']}: {type(error).__name__}: {error}")
