"""The actor that runs replicas' processes: they die with it, and it ends with the last of them."""

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

from manta_ray.child_process import ChildExit, ChildPlan, ChildProcess, adopt_orphans
from manta_ray.fencing import end_when_cut_off, end_with
from manta_ray.leaving import Leaving
from manta_ray.limits import seconds
from manta_ray.output_log import OutputLog
from manta_ray.process_environment import environment_for
from manta_ray.registry_link import RegistryLink

WITHDRAWN = "it was stopped before it ran"
LEAVE_WITHIN_S = 10.0
ASKED_WITHIN_S = 5.0
IDLE_S = seconds("MANTA_RAY_SHARED_IDLE_S", 10)  # a shared supervisor waits so long for further replicas


class Supervisor:
    """Runs one replica, or (shared) several of one node whose resources are booked elsewhere. Ray's max_restarts is 0:
    only the controller replaces replicas.

    A plan has the keys id, incarnation, epoch, labels, argv, environment, listen, join, log_dir. Each replica has a
    thread that lives as long as its process. Before a process is started the registry is asked, so that nothing
    withdrawn or outdated ever runs; its end is told to the registry before the resources are given back.
    """

    def __init__(self, registry: Any, first: dict[str, Any] | None) -> None:
        self._registry = RegistryLink(registry)
        self._handle = ray.get_runtime_context().current_actor
        self._node_id = ray.get_runtime_context().get_node_id()
        self._node_ip = ray.util.get_node_ip_address()
        self._gpus = [str(gpu) for gpu in ray.get_runtime_context().get_accelerator_ids()["GPU"]]
        self._shared = first is None
        self._runs: dict[str, ReplicaRun] = {}  # by incarnation: the last one of an id may be on its way out
        self._last_end = object()  # changes with each
        self._lock = threading.Lock()  # guards _runs and _last_end
        self._leaving = Leaving()
        self._asked = threading.Event()  # somebody has asked how the start went
        adopt_orphans()
        end_with(int(os.environ["RAY_RAYLET_PID"]))
        head = ray.get_runtime_context().gcs_address
        end_when_cut_off(head, self._node_ip, lambda: float(self._registry.call("silence_s")))
        if first is not None:
            self._begin(first)

    async def run(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Starts a further replica (shared) and answers like started(), or {"leaving"}: ask the next supervisor."""
        if self._leaving.begun():
            return {"leaving": True}
        if plan["incarnation"] not in self._runs:
            self._begin(plan)
        return await asyncio.wrap_future(self._runs[plan["incarnation"]].started)

    async def started(self, replica: str) -> dict[str, Any]:
        """When the process exists: {"entry": the keys of protocol.Observed}; {"reason": why it never will}."""
        runs = self._runs_of(replica)
        answer = await asyncio.wrap_future(runs[-1].started) if runs else {"reason": "it has ended"}
        self._asked.set()
        return answer

    async def stop(self, replica: str, grace_s: float) -> None:
        for run in self._runs_of(replica):
            run.child.stop(grace_s)

    async def wait_end(self) -> bool:
        """For whoever wants to know: true when this actor is about to end as it should, false after a while, and an
        error when it is lost."""
        return await self._leaving.wait()

    async def leave(self) -> None:
        """Gives the resources back: the end of the process does so at once, Ray's own way out of an actor takes 2 s.
        Not while there are replicas."""
        if self._shared and self._runs:
            return
        await self._leaving.begin()
        os._exit(0)

    def _runs_of(self, replica: str) -> list[ReplicaRun]:
        with self._lock:
            return [run for run in self._runs.values() if run.plan["id"] == replica]

    def _begin(self, plan: dict[str, Any]) -> None:
        run = ReplicaRun(plan, self._node_id, self._node_ip, self._gpus)
        with self._lock:
            self._runs[plan["incarnation"]] = run
        threading.Thread(target=self._keep, args=(run,), daemon=True).start()

    # The thread of one replica. The kernel kills the process when this thread ends.
    def _keep(self, run: ReplicaRun) -> None:
        if self._registry.call("begin", run.plan["id"], run.plan["incarnation"]):
            report = run.run(lambda entry: bool(self._registry.call("running", entry)))
            self._registry.call("ended", report)
        else:
            run.started.set_result({"reason": WITHDRAWN})
        if self._shared:
            with self._lock:
                del self._runs[run.plan["incarnation"]]
                self._last_end = last_end = object()
            time.sleep(IDLE_S)  # for Ray a node with an actor is in use
            if self._last_end is last_end:
                self._handle.leave.remote()
        else:
            self._asked.wait(ASKED_WITHIN_S)  # a process that ends at once was started all the same
            self._handle.leave.remote()
            time.sleep(LEAVE_WITHIN_S)
            os._exit(0)  # the actor's loop does not run any more


class ReplicaRun:
    """One replica in a supervisor."""

    def __init__(self, plan: dict[str, Any], node_id: str, node_ip: str, gpus: list[str]) -> None:
        self.plan = plan
        self.started: Future[dict[str, Any]] = Future()
        self._node_id = node_id
        self._gpus = gpus
        self._node_ip = node_ip
        self._listening: socket.socket | None = None
        if plan["listen"]:
            self._listening = socket.create_server((node_ip, 0), backlog=1024)
        self._log = OutputLog(plan.get("log_dir", ""), plan["id"])
        self.child = ChildProcess(self._child_plan(), self._log.write)

    def run(self, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Runs the process to its end; returns the keys of protocol.ReplicaEnded. `is_wanted` is asked once it runs."""

        def on_started(pid: int) -> None:
            entry = self._entry(pid)
            if self._listening is not None:
                self._listening.close()  # so that connecting to a dead replica fails at once
            if is_wanted(entry):
                self.started.set_result({"entry": entry})
            else:
                self.started.set_result({"reason": WITHDRAWN})
                self.child.stop(0)

        end: ChildExit = self.child.run(on_started)
        self._log.close()
        if not self.started.done():
            self.started.set_result({"reason": end.reason})
        return {
            "id": self.plan["id"],
            "incarnation": self.plan["incarnation"],
            "node_id": self._node_id,
            "pid": end.pid,
            "exit_code": end.exit_code,
            "signal": end.signal,
            "last_output": end.last_output,
            "reason": end.reason,
        }

    def _child_plan(self) -> ChildPlan:
        inherited = [] if self._listening is None else [self._listening.fileno()]
        number = str(inherited[0]) if inherited else ""
        environment = environment_for(self.plan["environment"], self._gpus, self.plan["join"])
        if self.plan["join"]:
            environment["MANTA_RAY_NODE_IP"] = self._node_ip
        argv = [argument.replace("{listen_fd}", number) for argument in self.plan["argv"]]
        return ChildPlan(argv, environment, inherited)

    def _entry(self, pid: int) -> dict[str, Any]:
        address = ""
        if self._listening is not None:
            address = f"tcp:{self._node_ip}:{self._listening.getsockname()[1]}"
        return {
            "id": self.plan["id"],
            "incarnation": self.plan["incarnation"],
            "epoch": self.plan["epoch"],
            "labels": self.plan["labels"],
            "state": "running",
            "node_id": self._node_id,
            "address": address,
            "pid": pid,
            "start_time_s": time.time(),
            "gpus": self._gpus,
        }
