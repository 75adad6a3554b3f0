"""Replicas of the cluster as the bridge handles them: start, stop, list, and the end of each told once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, ActorUnschedulableError, RayActorError, RayError

from manta_ray import cluster
from manta_ray.background import Background
from manta_ray.errors import BridgeError
from manta_ray.limits import seconds
from manta_ray.protocol import Hello, Node, Observed, Pending, ReplicaEnded, RoleEnded, Start, Stop, Superseded
from manta_ray.registry_client import RegistryClient
from manta_ray.replica_entry import (
    failure_of_start,
    new_entry,
    observed,
    plain,
    plan_for,
    supervisor_name,
    waits_for,
    withdrawn,
)
from manta_ray.shared_supervisors import SharedSupervisors
from manta_ray.supervisor import WITHDRAWN, Supervisor
from manta_ray.supervisor_options import actor_name, check, supervisor_options

Tell = Callable[[str, Any], None]
STOP_ANSWER_S = seconds("MANTA_RAY_STOP_ANSWER_S", 5)
ON_ITS_WAY_S = 3.0
NAME_FREE_EVERY_S = 0.1
NAME_FREE_TRIES = 100
RETRY_S = 1.0
log = logging.getLogger("manta_ray")


class Replicas:
    """One for each bridge. The truth is in the registry; here are only the tasks that wait for something."""

    def __init__(self, hello: Hello, registry: RegistryClient, groups: cluster.Groups, tell: Tell) -> None:
        self._hello = hello
        self._registry = registry
        self._groups = groups
        self._tell = tell
        self._shared = SharedSupervisors(groups)
        self._starting: dict[str, asyncio.Task[Observed]] = {}  # by id
        self._background = Background()
        self._look_again = asyncio.Event()  # set when nodes have changed

    async def open(self) -> None:
        """Takes over what earlier bridges have started. Tells nothing yet: see tell_ends()."""
        living = await asyncio.to_thread(cluster.living_actors, self._hello.namespace)
        entries = await self._registry.entries()
        for entry in entries:
            actor = await self._supervisor(entry) if supervisor_name(entry) in living else None
            if actor is None:
                await self._registry.lost(entry, "its supervisor was lost while no bridge watched")
            elif entry["state"] == "running":
                self._background.spawn(self._watch(entry, actor))
            else:
                self._begin_start(entry["id"], self._adopt(entry, actor))
        await self.sweep()

    async def sweep(self) -> None:
        """Gives back what is booked for shared replicas that are no more, and withdraws supervisors that wait for room
        although nobody wants them: of a bridge that ended in the middle of a stop."""
        booked = await self._shared.booked()
        living = await asyncio.to_thread(cluster.living_actors, self._hello.namespace)
        entries = await self._registry.entries()
        for replica in booked - {entry["id"] for entry in entries}:
            await self._shared.release(replica)
        for name in living - {actor_name(entry["id"]) for entry in entries}:
            if name.startswith(actor_name("")):
                with contextlib.suppress(ValueError):
                    actor = await asyncio.to_thread(ray.get_actor, name)
                    self._background.spawn(_withdraw(name.removeprefix(actor_name("")), actor))

    def tell_ends(self) -> None:
        self._background.spawn(self._tell_ends())

    async def close(self) -> None:
        self._background.cancel()
        for start in self._starting.values():
            start.cancel()

    async def start(self, wanted: Start) -> Observed:
        check(wanted)
        entry = new_entry(wanted, self._hello.epoch)
        known = await self._registry.admit(entry)
        if known["incarnation"] == entry["incarnation"]:
            self._begin_start(wanted.id, self._place(wanted, entry))
        elif known["state"] == "running":
            return observed(known)
        elif wanted.id not in self._starting:
            raise BridgeError(
                "Unavailable", "start_elsewhere", f"replica {wanted.id} is being started by another bridge", "ask again"
            )
        return await self._started(wanted.id, self._starting[wanted.id])

    async def _started(self, replica: str, task: asyncio.Task[Observed]) -> Observed:
        """Several may wait for one start, and each may give up alone."""
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():
                raise
            raise withdrawn(replica) from None

    async def stop(self, wanted: Stop) -> None:
        await self._registry.obey()
        for entry in await self._registry.entries():
            if entry["id"] == wanted.id:
                await self._stop_entry(entry, wanted.grace_s)

    async def running_and_pending(self) -> list[Observed]:
        return [observed(entry) for entry in await self._registry.entries()]

    async def pending(self, nodes: list[Node]) -> list[Pending]:
        waiting = []
        for entry in await self._registry.entries():
            if entry["state"] == "pending":
                since = time.time() - entry["asked_s"]
                waiting.append(Pending("replica", entry["id"], since, entry["needs"], waits_for(entry, nodes)))
        return waiting

    def nodes_changed(self) -> None:
        self._look_again.set()
        self._look_again = asyncio.Event()

    def _begin_start(self, replica: str, work: Coroutine[Any, Any, Observed]) -> None:
        task = asyncio.create_task(work)
        self._starting[replica] = task
        task.add_done_callback(lambda done: self._starting.get(replica) is done and self._starting.pop(replica))

    async def _adopt(self, entry: dict[str, Any], actor: Any) -> Observed:
        """A start that another bridge has begun, and perhaps nobody waits for any more."""
        try:
            return await self._follow(entry, actor)
        except Exception as error:
            failure = failure_of_start(entry["id"], error)
            await self._registry.lost(entry, failure.message)
            raise failure from None

    async def _supervisor(self, entry: dict[str, Any]) -> Any:
        """Its handle; None when there is none (any more)."""
        try:
            return await asyncio.to_thread(ray.get_actor, supervisor_name(entry))
        except ValueError:
            return None

    async def _place(self, wanted: Start, entry: dict[str, Any]) -> Observed:
        """Whatever goes wrong, the entry ends, and why is told both to the asker and as an event."""
        try:
            if wanted.shared:
                actor, result = await self._shared.run(
                    wanted, plan_for(wanted, entry, self._hello, self._groups), self._registry.actor
                )
                return await self._began(entry, actor, result)
            return await self._place_alone(wanted, entry)
        except Exception as error:
            failure = failure_of_start(wanted.id, error)
            await self._registry.lost(entry, failure.message)
            if not wanted.shared and (left := await self._supervisor(entry)) is not None:
                self._background.spawn(_withdraw(wanted.id, left))
            raise failure from None

    async def _place_alone(self, wanted: Start, entry: dict[str, Any]) -> Observed:
        group = await asyncio.to_thread(self._groups.handle, wanted.group.name) if wanted.group else None
        while True:
            changed = self._look_again
            actor = await self._make(
                supervisor_options(wanted, group), plan_for(wanted, entry, self._hello, self._groups)
            )
            try:
                return await self._follow(entry, actor)
            except ActorUnschedulableError:
                # Its only node is gone or too small. Ray gives up; we wait for another cluster.
                await changed.wait()

    async def _make(self, options: dict[str, Any], plan: dict[str, Any]) -> Any:
        """The supervisor's handle. Its name may still be held by one of an earlier start that is on its way out."""
        remote = ray.remote(Supervisor).options(**options)
        for _ in range(NAME_FREE_TRIES):
            making = asyncio.ensure_future(asyncio.to_thread(remote.remote, self._registry.actor, plan))
            try:
                return await asyncio.shield(making)
            except asyncio.CancelledError:
                self._background.spawn(_withdraw_when_made(plan["id"], making))
                raise
            except ValueError as error:
                if "already" not in str(error):
                    raise
                await asyncio.sleep(NAME_FREE_EVERY_S)
        message = f"the supervisor of an earlier replica {plan['id']} does not end"
        raise BridgeError("Unavailable", "name_taken", message, "ask again")

    async def _follow(self, entry: dict[str, Any], actor: Any) -> Observed:
        """Until the process of a supervisor that exists, or is to, exists."""
        return await self._began(entry, actor, await actor.started.remote(entry["id"]))

    async def _began(self, entry: dict[str, Any], actor: Any, result: dict[str, Any]) -> Observed:
        if result.get("reason") == WITHDRAWN:
            raise withdrawn(entry["id"])
        if "reason" in result:
            raise BridgeError(
                "Unavailable",
                "not_started",
                f"replica {entry['id']}: {result['reason']}",
                "check the program on that node",
            )
        self._background.spawn(self._watch(result["entry"], actor))
        return observed(result["entry"])

    async def _watch(self, entry: dict[str, Any], actor: Any) -> None:
        """Tells the registry when the supervisor is gone, unless it has told of an end itself."""
        while True:
            try:
                if await actor.wait_end.remote():
                    return
            except ActorUnavailableError:  # the network, perhaps: not dead as long as Ray does not say so
                await asyncio.sleep(RETRY_S)
            except RayActorError as error:
                await self._registry.lost(entry, plain(error))
                return

    async def _stop_entry(self, entry: dict[str, Any], grace_s: float) -> None:
        actor = await self._supervisor(entry)
        if entry["state"] == "pending":
            running = await self._registry.withdraw(entry)
            if running is None:
                self._give_up_start(entry, actor)
                return
            entry = running
            actor = await self._supervisor(entry)
        if actor is not None:
            try:
                await asyncio.wait_for(actor.stop.remote(entry["id"], grace_s), STOP_ANSWER_S)
            except (RayError, asyncio.TimeoutError):
                pass  # it is gone, or hangs: see _insist
            self._background.spawn(self._insist(entry, actor, grace_s + STOP_ANSWER_S))

    def _give_up_start(self, entry: dict[str, Any], actor: Any) -> None:
        if task := self._starting.get(entry["id"]):
            task.cancel()
        if actor is not None and not entry["shared"]:
            self._background.spawn(_withdraw(entry["id"], actor))

    async def _insist(self, entry: dict[str, Any], actor: Any, after_s: float) -> None:
        """A supervisor that does not end its replica is killed, and its process with it."""
        await asyncio.sleep(after_s)
        if not entry["shared"] and await self._registry.lives(entry["id"], entry["incarnation"]):
            await asyncio.to_thread(ray.kill, actor)

    async def _tell_ends(self) -> None:
        told: list[str] = []
        told_roles: list[str] = []
        while True:
            try:
                answer = await self._registry.exits(told, told_roles)
                if "latest" in answer:
                    self._tell("superseded", Superseded(answer["latest"]))
                    return
                for report in answer["exits"]:
                    await self._shared.release(report["id"])
                    self._tell("replica_ended", ReplicaEnded(**report))
                for report in answer["roles"].values():
                    self._tell("role_ended", RoleEnded(**report))
                told, told_roles = [report["incarnation"] for report in answer["exits"]], list(answer["roles"])
            except Exception:  # whatever it was, nothing was forgotten: ends that were not acknowledged come again
                log.exception("ends of replicas cannot be read")
                await asyncio.sleep(RETRY_S)
                with contextlib.suppress(Exception):  # somebody may have ended the registry for good
                    await self._registry.open()


async def _withdraw_when_made(replica: str, making: asyncio.Future[Any]) -> None:
    """Of a start that was stopped meanwhile."""
    await _withdraw(replica, await making)


async def _withdraw(replica: str, actor: Any) -> None:
    """A supervisor on its way to a node finds itself withdrawn and leaves. Only one that waits for room is killed: if
    that meets the moment in which Ray starts it, Ray may never give its resources back."""
    try:
        found = await asyncio.wait_for(actor.started.remote(replica), ON_ITS_WAY_S)
        if "entry" in found:
            await asyncio.wait_for(actor.stop.remote(replica, 0), STOP_ANSWER_S)
    except (RayError, asyncio.TimeoutError):
        await asyncio.to_thread(ray.kill, actor)
