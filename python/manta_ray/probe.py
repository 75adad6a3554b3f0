"""Asks a cluster whether it would take us, in a process of its own: `python -m manta_ray.probe ADDRESS`.

Prints {"ok": {"cluster_id", "ray", "python"}} or {"error": BridgeError}. Ray itself waits 20 s on a wrong token, for
minutes on a wrong address, and aborts the whole process when a token is wanted and there is none; a child that is
given PROBE_S can do all that.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import Any

from manta_ray import MINIMUM_RAY
from manta_ray.errors import BridgeError
from manta_ray.limits import seconds

CONNECT_S = 3.0
PROBE_S = seconds("MANTA_RAY_PROBE_TIMEOUT_S", 15)
TOKEN_REMEDY = (
    "give the cluster's token to Manta as it was given to `ray start`: RAY_AUTH_MODE=token with RAY_AUTH_TOKEN, "
    "RAY_AUTH_TOKEN_PATH or ~/.ray/auth_token"
)


def probe(address: str) -> dict[str, Any]:
    """Runs the child. Raises BridgeError with reason ray_absent, ray_too_old, ray_differs, cluster_unreachable,
    token_refused."""
    command = [sys.executable, "-m", "manta_ray.probe", address]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_S, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise unreachable(address, f"nothing that speaks Ray's protocol answered within {PROBE_S:g} s") from None
    for line in reversed(done.stdout.splitlines()):
        if line.startswith('{"ok"'):
            return dict(json.loads(line)["ok"])
        if line.startswith('{"error"'):
            raise BridgeError.from_json(json.loads(line)["error"])
    raise BridgeError(
        "Internal", "probe_failed", f"the probe of {address} ended with {done.returncode}: {done.stderr[-1000:]}"
    )


def unreachable(address: str, why: str) -> BridgeError:
    return BridgeError(
        "Unavailable",
        "cluster_unreachable",
        f"no Ray cluster at {address}: {why}",
        "check the address (`ray start --head` prints it) and that the port can be reached from this machine",
    )


def check_ray() -> str:
    """The version of the installed Ray."""
    try:
        import ray
    except ImportError as error:
        raise BridgeError(
            "Unavailable",
            "ray_absent",
            f"Ray cannot be imported by {sys.executable}: {error}",
            "run `make ray`, or name a Python that has ray==2.60.0",
        ) from None
    version = str(getattr(ray, "__version__", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) < MINIMUM_RAY[:2]:
        wanted = ".".join(str(part) for part in MINIMUM_RAY)
        raise BridgeError(
            "Unavailable",
            "ray_too_old",
            f"Ray {version} is older than {wanted}",
            f"install ray=={wanted} on every node",
        )
    return version


def check_address(address: str) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise BridgeError(
            "InvalidArgument", "bad_address", f"'{address}' is no address", "write HOST:PORT, as in 10.0.0.1:6379"
        )
    try:
        socket.create_connection((host, int(port)), CONNECT_S).close()
    except OSError as error:
        raise unreachable(address, str(error)) from None


def check_token(address: str) -> str:
    """The cluster's id, which it gives only to those whom it knows."""
    from ray._raylet import AuthenticationTokenLoader, GcsClient
    from ray.exceptions import AuthenticationError

    wants_token = os.environ.get("RAY_AUTH_MODE", "").lower() == "token"
    if wants_token and not AuthenticationTokenLoader.instance().has_token(ignore_auth_mode=True):
        raise BridgeError("Unavailable", "token_refused", "RAY_AUTH_MODE is token, but there is no token", TOKEN_REMEDY)
    try:
        return str(GcsClient(address).cluster_id.hex())
    except AuthenticationError:
        raise BridgeError(
            "Unavailable", "token_refused", f"the cluster at {address} refuses our token", TOKEN_REMEDY
        ) from None
    except Exception as error:
        raise unreachable(address, f"{type(error).__name__}: {error}") from None


def check_versions(address: str, ray_version: str) -> str:
    """Ray wants the same version of itself and of Python everywhere."""
    from ray._raylet import GcsClient

    raw = GcsClient(address).internal_kv_get(b"CLUSTER_METADATA", b"cluster")
    there = json.loads(raw) if raw else {}
    python = ".".join(str(part) for part in sys.version_info[:2])
    cluster_python = ".".join(str(there.get("python_version", python)).split(".")[:2])
    if there.get("ray_version", ray_version) != ray_version or cluster_python != python:
        raise BridgeError(
            "Unavailable",
            "ray_differs",
            f"the cluster runs Ray {there.get('ray_version')} on Python {cluster_python}, "
            f"this machine Ray {ray_version} on {python}",
            "use the same versions on every node",
        )
    return str(there.get("python_version", python))


def answer(address: str) -> dict[str, Any]:
    try:
        version = check_ray()
        check_address(address)
        cluster = check_token(address)
        return {"ok": {"cluster_id": cluster, "ray": version, "python": check_versions(address, version)}}
    except BridgeError as error:
        return {"error": error.to_json()}


if __name__ == "__main__":
    print(json.dumps(answer(sys.argv[1])))
