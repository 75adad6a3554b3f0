"""The socket that a role's supervisor keeps open between two processes."""

from __future__ import annotations

import errno
import ipaddress
import socket

BACKLOG = 4096


class CannotListen(Exception):
    """`reason`: port_taken, cannot_listen."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def split_address(address: str) -> tuple[str, int]:
    """Raises ValueError for what is not IP:PORT or [IP]:PORT."""
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    ipaddress.ip_address(host)
    if not port.isdigit() or int(port) > 65535:
        raise ValueError(f"'{port}' is no port")
    return host, int(port)


def open_listening(address: str, node_ip: str) -> socket.socket:
    host, port = split_address(address)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotListen("port_taken", f"port {port} of node {node_ip} is taken by another program") from None
        raise CannotListen(
            "cannot_listen", f"cannot listen on {address} of node {node_ip}: {error.strerror}"
        ) from None


def reached_at(listening: socket.socket, node_ip: str) -> str:
    """As other machines connect to it."""
    host, port = listening.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = node_ip
    return f"tcp:[{host}]:{port}" if ":" in host else f"tcp:{host}:{port}"
