"""python -m manta_ray [--input FD] [--output FD]: the bridge, started by Manta's controller. See protocol.py.
python -m manta_ray controller start|status|stop: the controller itself. See controller_protocol.py."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys

from manta_ray.bridge import serve
from manta_ray.controller_command import main as controller_command
from manta_ray.line_channel import LineChannel


async def run(input_fd: int, output_fd: int) -> int:
    channel = await LineChannel.open(input_fd, output_fd)
    return await serve(channel)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="manta_ray", description="Manta's bridge to a Ray cluster; started by Manta itself."
    )
    parser.add_argument("--input", type=int, default=0, metavar="FD", help="where operations come from (default 0)")
    parser.add_argument("--output", type=int, default=1, metavar="FD", help="where answers and events go (default 1)")
    commands = parser.add_subparsers(dest="command", metavar="")
    controller = commands.add_parser("controller", help="the controller on the head of the cluster; JSON on 0 and 1")
    controller.add_argument("what", choices=["start", "status", "stop"])
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    if options.command:
        code = controller_command(options.what)
    else:
        code = asyncio.run(run(options.input, options.output))
    # Ray's own way out takes up to a second and has nothing to save: everything that matters is detached.
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
