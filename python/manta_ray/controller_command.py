"""python -m manta_ray controller start|status|stop: see controller_protocol.py."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from manta_ray import __version__
from manta_ray.connect import connect
from manta_ray.controller_protocol import Controller, ControllerAsk, ControllerStart, ControllerStop
from manta_ray.decode import decode
from manta_ray.errors import BridgeError, invalid
from manta_ray.protocol import Hello

AGAIN_S = 0.2
TRIES = 100
STOP_ANSWER_S = 10.0
CONTROLLER = [field.name for field in dataclasses.fields(Controller)]


async def start(wanted: ControllerStart) -> Controller:
    """One that is on its way out is waited for."""
    import ray
    from ray.exceptions import RayActorError

    from manta_ray.cluster import HEAD_RESOURCE
    from manta_ray.controller_supervisor import NAME, ControllerSupervisor

    if not wanted.argv:
        raise invalid("argv", "is empty")
    plan = {
        "start": uuid.uuid4().hex,
        "argv": wanted.argv,
        "environment": wanted.environment,
        "backoff": vars(wanted.backoff),
        "log_dir": wanted.log_dir,
    }
    options = {
        "name": NAME,
        "get_if_exists": True,
        "lifetime": "detached",
        "max_restarts": -1,
        "max_concurrency": 100,
        "num_cpus": 0,
        "resources": {HEAD_RESOURCE: 0.001},  # not the node's id: a head that is started again has another
    }
    for _ in range(TRIES):
        actor = ray.remote(ControllerSupervisor).options(**options).remote(plan)
        try:
            if "failed" in (began := await actor.started.remote()):
                await _end(actor, 0)
                raise BridgeError(
                    "Unavailable", "not_started", f"the controller: {began['failed']}", "check the program on the head"
                )
            if "leaving" not in began:
                found = await actor.status.remote()
                return _controller(found, attached=found["start"] != plan["start"])
        except RayActorError:
            pass
        await asyncio.sleep(AGAIN_S)
    raise BridgeError("Unavailable", "name_taken", "an earlier controller does not end", "stop it, and start again")


async def status(_: ControllerAsk) -> Controller:
    from ray.exceptions import RayActorError

    actor = await _find()
    for _attempt in range(TRIES if actor is not None else 0):
        try:
            found = await actor.status.remote()
            return _controller(found)
        except RayActorError:  # Ray restarts it, or it has left meanwhile
            await asyncio.sleep(AGAIN_S)
            if (actor := await _find()) is None:
                break
    return await _ended()


async def stop(wanted: ControllerStop) -> Controller:
    actor = await _find()
    if actor is not None:
        await _end(actor, wanted.grace_s)
    return await _ended()


async def _end(actor: Any, grace_s: float) -> None:
    """Returns when it is gone: by force if it does not leave in time."""
    import ray
    from ray.exceptions import RayError

    try:
        async with asyncio.timeout(grace_s + STOP_ANSWER_S):
            await actor.stop.remote(grace_s)
            while not await actor.wait_end.remote():
                pass
    except (RayError, TimeoutError):  # it is gone, is being restarted, or hangs
        await asyncio.to_thread(ray.kill, actor)


async def _find() -> Any:
    import ray

    from manta_ray.controller_supervisor import NAME

    try:
        return await asyncio.to_thread(ray.get_actor, NAME)
    except ValueError:
        return None


async def _ended() -> Controller:
    """What the last one has left in the store."""
    from manta_ray.controller_supervisor import END
    from manta_ray.store import Store

    known = await asyncio.to_thread(lambda: Store().get(END))
    return Controller("absent") if known is None else _controller({**known, "state": "ended"})


def _controller(found: dict[str, Any], **more: Any) -> Controller:
    return Controller(**{key: value for key, value in found.items() if key in CONTROLLER}, **more)


COMMANDS: dict[str, tuple[type[Any], Callable[[Any], Awaitable[Controller]]]] = {
    "start": (ControllerStart, start),
    "status": (ControllerAsk, status),
    "stop": (ControllerStop, stop),
}


async def answer(command: str, document: str) -> dict[str, Any]:
    try:
        kind, work = COMMANDS[command]
        try:
            asked = decode(kind, json.loads(document), "input")
        except ValueError as error:
            raise invalid("input", f"is not JSON: {error}") from None
        hello = Hello(asked.protocol, asked.manta or __version__, asked.address, 0, asked.namespace, asked.node_ip)
        await connect(hello)
        return {"ok": dataclasses.asdict(await work(asked))}
    except BridgeError as error:
        return {"error": error.to_json()}
    except Exception as error:  # a defect, or something of Ray that nobody has met yet
        return {"error": BridgeError("Internal", "unexpected", f"{type(error).__name__}: {error}").to_json()}


def main(command: str) -> int:
    """Ray writes on descriptor 1 as it likes: the answer goes to a copy of it."""
    output = os.dup(1)
    os.dup2(2, 1)
    message = asyncio.run(answer(command, sys.stdin.read()))
    with os.fdopen(output, "w") as stream:
        stream.write(json.dumps(message) + "\n")
    return 1 if "error" in message else 0
