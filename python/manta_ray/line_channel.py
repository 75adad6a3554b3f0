"""JSON lines on two descriptors that nothing else writes to."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from manta_ray.errors import invalid

LINE_BYTES = 16 * 1024 * 1024


class LineChannel:
    """Ray and its libraries write on descriptors 1 and 2 as they like: ours are moved away, and 1 goes to 2."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @staticmethod
    async def open(input_fd: int, output_fd: int) -> LineChannel:
        input_copy, output_copy = os.dup(input_fd), os.dup(output_fd)  # not inherited by children
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(2, 1)
        os.close(null)
        for given in {input_fd, output_fd} - {0, 1, 2}:
            os.close(given)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=LINE_BYTES)
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(input_copy, "rb", buffering=0)
        )
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), os.fdopen(output_copy, "wb", buffering=0)
        )
        return LineChannel(reader, asyncio.StreamWriter(transport, protocol, None, loop))

    async def read(self) -> dict[str, Any] | None:
        """The next message; None at the end. Raises BridgeError(InvalidArgument) for a line that is no JSON object."""
        try:
            line = await self._reader.readline()
        except ValueError:
            raise invalid("line", f"longer than {LINE_BYTES} bytes") from None
        if not line:
            return None
        try:
            message = json.loads(line)
        except ValueError as error:
            raise invalid("line", f"is not JSON: {error}") from None
        if not isinstance(message, dict):
            raise invalid("line", "is no JSON object")
        return message

    def write(self, message: dict[str, Any]) -> None:
        """Never waits: the controller always reads, and what is waiting is bounded by what it has asked for and by the
        exits that the registry keeps."""
        self._writer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    async def flush(self) -> None:
        await self._writer.drain()
