"""The actor that keeps one role's process running on its node."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import ray

from manta_ray.child_process import ChildExit, ChildPlan, adopt_orphans
from manta_ray.fencing import end_when_cut_off, end_with, hold_role
from manta_ray.leaving import Leaving
from manta_ray.listening import CannotListen, open_listening, reached_at
from manta_ray.output_log import OutputLog
from manta_ray.process_environment import environment_for
from manta_ray.protocol import Backoff
from manta_ray.registry_link import RegistryLink
from manta_ray.restarting_process import CannotExecute, Execution, RestartingProcess
from manta_ray.teller import Teller

WITHDRAWN = "it was stopped before it ran"
LEAVE_WITHIN_S = 10.0


class RoleSupervisor:
    """Ray's max_restarts is -1. What is to be executed stands in the registry, by the name of this supervisor: a
    restarted one finds it there, or leaves when it is no longer wanted. It waits until no process of an earlier
    one runs. Between two processes nothing is asked: they go on without head, registry, bridge and controller.

    A plan has the keys argv, environment, listen_address, backoff, log_dir.
    """

    def __init__(self, registry: Any, supervisor: str) -> None:
        context = ray.get_runtime_context()
        self._supervisor = supervisor
        self._registry = RegistryLink(registry)
        self._handle = context.current_actor
        self._node_id = context.get_node_id()
        self._node_ip = ray.util.get_node_ip_address()
        self._head = context.gcs_address
        self._hold_key = (self._head, context.namespace, self._node_ip)
        self._held: list[socket.socket] = []
        self._listening: socket.socket | None = None
        self._listens_on = ""
        self._reached = ""
        self._log = OutputLog("", "")
        self._executed: dict[str, Any] = {}  # the entry that the present process is of
        self._change_lock = threading.Lock()  # guards _wanted and _started
        self._wanted: dict[str, Any] = {}  # the registry's entry
        self._started: Future[dict[str, Any]] = Future()  # of that incarnation
        self._teller = Teller(self._registry)
        self._leaving = Leaving()
        self._process = RestartingProcess(self._prepare, self._on_started, self._on_ended)
        adopt_orphans()
        end_with(int(os.environ["RAY_RAYLET_PID"]))
        end_when_cut_off(self._head, self._node_ip, lambda: float(self._registry.call("silence_s")))
        threading.Thread(target=self._keep, daemon=True).start()

    async def apply(self, incarnation: str) -> dict[str, Any]:
        """When a process of that incarnation exists: {"role": the keys of protocol.Role that change}; {"failed": why it
        could not be executed, "reason"}."""
        if self._wanted.get("incarnation") != incarnation:
            await asyncio.to_thread(self._change)
        return await asyncio.wrap_future(self._started)

    async def stop(self, grace_s: float) -> None:
        """Whoever connects while open requests finish is refused, and does not wait for them."""
        self._process.stop(grace_s)  # from here on nothing more is executed
        if (listening := self._listening) is not None:
            listening.close()

    async def wait_end(self) -> bool:
        """As that of supervisor.Supervisor."""
        return await self._leaving.wait()

    async def leave(self) -> None:
        """For good: an actor that only ended would be restarted."""
        await self._leaving.begin()
        await asyncio.to_thread(ray.kill, self._handle, no_restart=True)

    def _change(self) -> bool:
        """To what the registry says now; false: nothing."""
        entry = self._registry.call("role", self._supervisor)
        with self._change_lock:
            if entry is None or entry["incarnation"] == self._wanted.get("incarnation"):
                if entry is None and not self._started.done():
                    self._started.set_result({"failed": WITHDRAWN, "reason": "withdrawn"})
                return entry is not None
            if self._wanted:
                if not self._started.done():
                    self._started.set_result({"failed": WITHDRAWN, "reason": "withdrawn"})
                self._started = Future()
            self._wanted = entry
        self._process.replace(entry["grace_s"])
        return True

    # The thread of the process. The kernel kills the process when this thread ends.
    def _keep(self) -> None:
        try:
            if self._change():
                self._held.append(hold_role(*self._hold_key, self._wanted["name"]))
                self._tell_loss(self._wanted)
                self._process.run()
            self._teller.finish()
            self._handle.leave.remote()
            time.sleep(LEAVE_WITHIN_S)
        finally:
            os._exit(1)  # Ray restarts it: to go on after a defect, to leave after its end

    def _tell_loss(self, entry: dict[str, Any]) -> None:
        """What an earlier supervisor of this name had running ended with it, and nobody has told."""
        if entry["pid"]:
            self._teller.tell("role_ended", self._supervisor, self._report(entry, _lost(entry["pid"]), False))

    def _prepare(self) -> Execution:
        with self._change_lock:
            self._executed = entry = self._wanted
        plan = entry["plan"]
        try:
            self._listen(plan["listen_address"])
        except CannotListen as error:
            self._fail(error.reason, str(error))
            raise CannotExecute(str(error)) from None
        if plan["log_dir"] != self._log.directory:
            self._log.close()
            self._log = OutputLog(plan["log_dir"], entry["name"])
        listening = [] if self._listening is None else [self._listening.fileno()]
        number = str(listening[0]) if listening else ""
        argv = [argument.replace("{listen_fd}", number) for argument in plan["argv"]]
        child = ChildPlan(
            argv, environment_for(plan["environment"]), [*listening, *(held.fileno() for held in self._held)]
        )
        return Execution(child, Backoff(**plan["backoff"]), self._log.write)

    def _listen(self, address: str) -> None:
        if address == self._listens_on:
            return
        opened = open_listening(address, self._node_ip) if address else None
        if self._listening is not None:
            self._listening.close()
        self._listening, self._listens_on = opened, address
        self._reached = reached_at(opened, self._node_ip) if opened is not None else ""

    def _on_started(self, pid: int) -> None:
        changes = {"state": "running", "pid": pid, "address": self._reached, "reason": ""}
        self._tell_change(changes, lambda: self._begun({"role": changes}))

    def _on_ended(self, end: ChildExit, final: bool) -> None:
        if not end.pid:
            self._fail("not_started", end.reason)
        if final:
            for open_socket in [*self._held, self._listening]:
                if open_socket is not None:
                    open_socket.close()
        self._teller.tell("role_ended", self._supervisor, self._report(self._executed, end, final))
        if not final:
            self._tell_change({"state": "restarting", "pid": 0, "reason": end.reason or _how(end)})

    def _tell_change(self, changes: dict[str, Any], then: Callable[[], None] | None = None) -> None:
        changes = {"incarnation": self._executed["incarnation"], **changes}
        self._teller.tell("role_changed", self._supervisor, changes, then=then)

    def _begun(self, answer: dict[str, Any]) -> None:
        """The first outcome of an incarnation is what its start is told."""
        with self._change_lock:
            if self._executed is self._wanted and not self._started.done():
                self._started.set_result(answer)

    def _fail(self, reason: str, message: str) -> None:
        self._begun({"failed": message, "reason": reason})

    def _report(self, entry: dict[str, Any], end: ChildExit, final: bool) -> dict[str, Any]:
        return {"name": entry["name"], "node_id": self._node_id, "final": final, **vars(end)}


def _lost(pid: int) -> ChildExit:
    return ChildExit(pid, reason="its supervisor was lost")


def _how(end: ChildExit) -> str:
    return f"it was ended by signal {end.signal}" if end.signal else f"it ended with exit code {end.exit_code}"
