"""When a supervisor has to end, and its processes with it, because its node is lost or about to be given up. And that
of a role there is one process at a time, whatever has become of its supervisors."""

from __future__ import annotations

import errno
import hashlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable

LOOKS = 8  # at the head, within the silence that is allowed
HELD_EVERY_S = 0.01


def end_with(raylet: int) -> None:
    """Kills this process, and so its replicas, when the node's raylet ends: for Ray the node is lost then, and its
    replicas are to be replaced, but its workers may live on."""
    handle = os.pidfd_open(raylet)

    def wait() -> None:
        select.select([handle], [], [])
        _end()

    threading.Thread(target=wait, daemon=True).start()


def end_when_cut_off(head: str, node_ip: str, silence_s: Callable[[], float]) -> None:
    """Kills this process when the head's machine has not answered for so long. Ray gives up a node that is cut off, and
    what ran there is replaced, while on the node itself nobody notices until the network is back.

    Any answer counts, also that nothing listens there: a head whose control store is down gives up nobody.
    `silence_s` may block; it is asked once.
    """
    host, port = head.rsplit(":", 1)
    host = host.strip("[]")

    def watch() -> None:
        most_s = silence_s()
        heard, every_s = time.monotonic(), most_s / LOOKS
        while True:
            if answers(host, int(port), every_s):
                heard = time.monotonic()
            elif time.monotonic() - heard > most_s - 2 * every_s:  # before the next look could tell
                _end()
            time.sleep(every_s)

    if host != node_ip:
        threading.Thread(target=watch, daemon=True).start()


def answers(host: str, port: int, within_s: float) -> bool:
    try:
        socket.create_connection((host, port), within_s).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True


def silence_before_loss(threshold: int, timeout_s: float) -> float:
    """How long the head's health checks of a node that does not answer take at the least: this many in a row have to
    time out. The first may have been on its way when the network was cut."""
    return threshold * timeout_s


def hold_role(*names: str) -> socket.socket:
    """Returns when no process of an earlier supervisor of this role runs on the machine: each inherits what is
    returned, and it is free when the last of them is gone."""
    name = b"\0manta-role-" + hashlib.sha256("\0".join(names).encode()).hexdigest().encode()
    held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    while True:
        try:
            held.bind(name)
            return held
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        time.sleep(HELD_EVERY_S)


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
