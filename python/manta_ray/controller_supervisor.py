"""The actor that keeps the controller's process running on the head."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from concurrent.futures import Future
from typing import Any

import ray
from ray.exceptions import RayError

from manta_ray.child_process import ChildExit, ChildPlan, adopt_orphans
from manta_ray.fencing import end_with, hold_role
from manta_ray.leaving import Leaving
from manta_ray.output_log import OutputLog
from manta_ray.process_environment import environment_for
from manta_ray.protocol import Backoff
from manta_ray.registry_link import NAME as REGISTRY
from manta_ray.restarting_process import Execution, RestartingProcess
from manta_ray.store import Store

NAME = "manta/controller"
END = "controller/end"  # in the store: what is known of the last end, by the keys of Controller, and of which start
FINAL_CODES = frozenset((0, 3))  # it was asked to end; it cannot start, and will not the next time
LEAVE_WITHIN_S = 10.0
REGISTRY_ANSWERS_S = 5.0


def end_registry_of_nothing() -> None:
    """The controller has ended its instance: the registry is the last of its actors. While it knows of anything that
    lives it stays; the next bridge makes another, which knows the latest epoch from the store."""
    try:
        registry = ray.get_actor(REGISTRY)
        known = ray.get([registry.entries.remote(), registry.roles.remote()], timeout=REGISTRY_ANSWERS_S)
    except (ValueError, RayError):
        return
    replicas, roles = known
    if not replicas and not any(roles.values()):
        ray.kill(registry, no_restart=True)


class ControllerSupervisor:
    """Ray's max_restarts is -1. Knows no registry, which serves bridges, and the bridge is the controller's child: an
    end that is final is noted in the store, so that a restarted supervisor does not begin anew.

    A plan has the keys start (an id of this start), argv, environment, backoff, log_dir.
    """

    def __init__(self, plan: dict[str, Any]) -> None:
        context = ray.get_runtime_context()
        self._plan = plan
        self._handle = context.current_actor
        self._node_id = context.get_node_id()
        self._hold_key = (context.gcs_address, context.namespace, "controller")
        self._held: list[socket.socket] = []
        self._store = Store()
        self._log = OutputLog(plan["log_dir"], "controller")
        self._started: Future[dict[str, Any]] = Future()
        self._leaving = Leaving()
        self._pid = 0
        self._restarts = 0
        self._last: dict[str, Any] = {}
        self._process = RestartingProcess(self._prepare, self._on_started, self._on_ended, FINAL_CODES)
        adopt_orphans()
        end_with(int(os.environ["RAY_RAYLET_PID"]))
        threading.Thread(target=self._keep, daemon=True).start()

    async def started(self) -> dict[str, Any]:
        """When its first process exists: as status(); {"failed": why it could not be executed}; {"leaving"}: it is of a
        start that has ended."""
        return {"leaving": True} if self._leaving.begun() else await asyncio.wrap_future(self._started)

    async def status(self) -> dict[str, Any]:
        """The keys of controller_protocol.Controller, and start."""
        return self._status()

    async def stop(self, grace_s: float) -> None:
        """For good, also if this actor is lost before the process has ended."""
        await asyncio.to_thread(self._note, {"final": True, "reason": "stopped; how it ended is not known"})
        self._process.stop(grace_s)

    async def wait_end(self) -> bool:
        """As that of supervisor.Supervisor."""
        return await self._leaving.wait()

    async def leave(self) -> None:
        """For good: an actor that only ended would be restarted."""
        await self._leaving.begin()
        if self._last.get("exit_code") == 0:
            await asyncio.to_thread(end_registry_of_nothing)
        await asyncio.to_thread(ray.kill, self._handle, no_restart=True)

    # The thread of the process. The kernel kills the process when this thread ends.
    def _keep(self) -> None:
        try:
            self._last = self._store.get(END) or {}
            if not (self._last.get("final") and self._last.get("start") == self._plan["start"]):
                self._held.append(hold_role(*self._hold_key))
                self._process.run()
            if not self._started.done():
                self._started.set_result({"leaving": True})
            self._handle.leave.remote()
            time.sleep(LEAVE_WITHIN_S)
        finally:
            os._exit(1)  # Ray restarts it: to go on after a defect, to leave after its end

    def _prepare(self) -> Execution:
        plan = ChildPlan(
            self._plan["argv"],
            environment_for(self._plan["environment"], join=True),  # its bridge joins the cluster
            [held.fileno() for held in self._held],
        )
        return Execution(plan, Backoff(**self._plan["backoff"]), self._log.write)

    def _on_started(self, pid: int) -> None:
        self._pid = pid
        if self._started.done():
            self._restarts += 1
        else:
            self._started.set_result(self._status())

    def _on_ended(self, end: ChildExit, final: bool) -> None:
        self._pid = 0
        told = {"exit_code": end.exit_code, "signal": end.signal, "last_output": end.last_output, "reason": end.reason}
        self._last = {**told, "restarts": self._restarts}
        if not self._started.done():
            self._started.set_result({"failed": end.reason})
        if final:
            self._note({**self._last, "final": True})

    def _note(self, end: dict[str, Any]) -> None:
        known = {"start": self._plan["start"], "node_id": self._node_id, "argv": self._plan["argv"]}
        self._store.put(END, {**end, **known})

    def _status(self) -> dict[str, Any]:
        last = {key: value for key, value in self._last.items() if key not in ("final", "start")}
        now = {
            "state": "running" if self._pid else "restarting",
            "pid": self._pid,
            "node_id": self._node_id,
            "argv": self._plan["argv"],
            "restarts": self._restarts,
        }
        return {**last, **now, "start": self._plan["start"]}
