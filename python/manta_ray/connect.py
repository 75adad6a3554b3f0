"""From a hello to a connection, or to an error that says what to do."""

from __future__ import annotations

import asyncio
import platform
from typing import Any

from manta_ray import PROTOCOL, __version__
from manta_ray.errors import BridgeError
from manta_ray.probe import check_ray, probe, unreachable
from manta_ray.protocol import Hello, Welcome

INIT_S = 30.0


async def connect(hello: Hello) -> Welcome:
    """Makes this process a driver of the cluster. Raises BridgeError; after one, the process is of no use."""
    if hello.protocol != PROTOCOL:
        raise BridgeError(
            "Unavailable",
            "protocol_differs",
            f"Manta {hello.manta} speaks protocol {hello.protocol}, this bridge ({__version__}) {PROTOCOL}",
            "install the manta_ray that came with this Manta",
        )
    version = check_ray()
    cluster = await asyncio.to_thread(probe, hello.address)
    try:
        node_id = await asyncio.wait_for(asyncio.to_thread(_join, hello), INIT_S)
    except asyncio.TimeoutError:
        raise unreachable(hello.address, f"Ray did not connect within {INIT_S:g} s") from None
    except Exception as error:
        raise BridgeError(
            "Unavailable",
            "cannot_join",
            f"Ray at {hello.address} is there, but this machine is no node of it: {type(error).__name__}: {error}",
            f"run `ray start --address={hello.address}` on this machine first",
        ) from error
    return Welcome(
        PROTOCOL, __version__, version, platform.python_version(), cluster["cluster_id"], hello.namespace, node_id
    )


def _join(hello: Hello) -> str:
    import ray

    import manta_ray

    options: dict[str, Any] = {"_node_ip_address": hello.node_ip} if hello.node_ip else {}
    ray.init(address=hello.address, namespace=hello.namespace, log_to_driver=False, logging_level="ERROR", **options)
    # The nodes need no manta_ray of their own: its classes travel with the actors.
    ray.cloudpickle.register_pickle_by_value(manta_ray)
    return str(ray.get_runtime_context().get_node_id())
