"""The bridge process: reads operations, runs each as a task of its own, writes answers and events."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from typing import Any

from manta_ray.connect import connect
from manta_ray.decode import decode
from manta_ray.errors import BridgeError
from manta_ray.line_channel import LineChannel
from manta_ray.protocol import FirstLine, Request

log = logging.getLogger("manta_ray")


async def serve(channel: LineChannel) -> int:
    """Until the controller closes its end: replicas run on without a bridge. Returns the exit code of the process."""
    try:
        first = await channel.read()
        if first is None:
            return 0
        hello = decode(FirstLine, first, "line").hello
        welcome = await connect(hello)
        from manta_ray.operations import Operations  # needs Ray, whose absence connect() has told

        operations = Operations(hello, lambda event, data: channel.write({"event": event, "data": to_json(data)}))
        await operations.open()
    except BridgeError as error:
        channel.write({"error": error.to_json()})
        await channel.flush()
        return 1
    channel.write({"hello": to_json(welcome)})
    operations.begin_telling()
    await _serve_operations(channel, operations)
    await operations.close()
    return 0


async def _serve_operations(channel: LineChannel, operations: Any) -> None:
    running: set[asyncio.Task[None]] = set()
    while True:
        try:
            message = await channel.read()
            if message is None:
                break
            request = decode(Request, message, "line")
        except BridgeError as error:  # which request it was cannot be known
            channel.write({"id": None, "error": error.to_json()})
            continue
        task = asyncio.create_task(_answer(channel, operations, request))
        running.add(task)
        task.add_done_callback(running.discard)
    for task in running:
        task.cancel()


async def _answer(channel: LineChannel, operations: Any, request: Request) -> None:
    try:
        channel.write({"id": request.id, "ok": to_json(await operations.run(request.op, request.args))})
    except BridgeError as error:
        channel.write({"id": request.id, "error": error.to_json()})
    except Exception as error:  # a defect, or something of Ray that nobody has met yet: told, not swallowed
        log.exception("operation %s failed", request.op)
        failure = BridgeError("Internal", "unexpected", f"{request.op}: {type(error).__name__}: {error}")
        channel.write({"id": request.id, "error": failure.to_json()})


def to_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return [to_json(item) for item in value] if isinstance(value, list) else value
