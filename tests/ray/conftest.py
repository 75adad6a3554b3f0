"""One cluster of three nodes for all tests that need one, and the times that tests measure."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bridge_client import WAIT_S, Bridge  # noqa: E402
from ray_nodes import HEAD, Machine, NotAlone, Nodes, require_namespace  # noqa: E402

MACHINES = [
    Machine(1, gpus=2, labels={"zone": "a"}),
    Machine(2, gpus=2, labels={"zone": "b", "disk": "ssd"}, resources={"licence": 1, "accelerator_type:T4": 1}),
    Machine(3, labels={"zone": "b"}, resources={"slot": 1}),
]
times: list[str] = []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if times:
        terminalreporter.section("measured (nothing is asserted about these)")
        for line in times:
            terminalreporter.write_line(line)


@pytest.fixture
def measured() -> Callable[[str, float], None]:
    return lambda what, seconds: times.append(f"{what}: {seconds * 1e3:.0f} ms")


@pytest.fixture
def counted() -> Callable[[str, str], None]:
    return lambda what, figures: times.append(f"{what}: {figures}")


@pytest.fixture(scope="session")
def nodes() -> Nodes:
    refusal = os.environ.get("MANTA_RAY_NO_NAMESPACES")
    if refusal:
        pytest.skip(f"NETWORK NAMESPACES ARE NOT ALLOWED HERE: no cluster was tested ({refusal})")
    try:
        require_namespace()
    except NotAlone as alone:
        pytest.exit(str(alone), returncode=2)
    cluster = Nodes(MACHINES)
    times.append(f"head and two nodes started: {cluster.start_s * 1e3:.0f} ms")
    return cluster


@pytest.fixture(scope="session")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Where Ray and the bridges write what nobody reads unless a test fails."""
    path = tmp_path_factory.mktemp("noise") / "bridges.log"
    with path.open("wb") as stream:
        yield stream


def hello_for(nodes: Nodes, namespace: str, epoch: int = 1) -> dict[str, Any]:
    return {
        "protocol": 1,
        "manta": "0.1.0",
        "address": nodes.address,
        "namespace": namespace,
        "epoch": epoch,
        "node_ip": HEAD,
    }


@pytest.fixture
def open_bridge(nodes: Nodes, noise: Any) -> Iterator[Callable[..., Bridge]]:
    """Starts bridges, and ends those that the test has left."""
    opened: list[Bridge] = []

    def start(namespace: str, epoch: int = 1, **environment: str) -> Bridge:
        bridge = Bridge(hello_for(nodes, namespace, epoch), {**nodes.environment, **environment}, noise)
        opened.append(bridge)
        bridge.welcome()
        return bridge

    yield start
    for bridge in opened:
        if bridge.process.poll() is None:
            bridge.kill()


@pytest.fixture(scope="module")
def bridge(nodes: Nodes, noise: Any, request: pytest.FixtureRequest) -> Iterator[Bridge]:
    """One for all tests of a module, in a namespace of its own; what they start is stopped at the end."""
    namespace = request.module.__name__
    opened = Bridge(hello_for(nodes, namespace), nodes.environment, noise)
    opened.welcome()
    yield opened
    clear(opened)
    assert opened.close() == 0


def clear(bridge: Bridge) -> None:
    for replica in bridge.do("list"):
        bridge.do("stop", id=replica["id"], grace_s=0)
    for role in bridge.do("list_roles"):
        bridge.do("stop_role", name=role["name"], grace_s=0)
    for group in bridge.do("list_groups"):
        bridge.do("remove_group", name=group["name"])
    for replica in bridge.do("list"):
        bridge.event("replica_ended", id=replica["id"], incarnation=replica["incarnation"])
    end = time.monotonic() + WAIT_S
    while bridge.do("list_roles"):
        assert time.monotonic() < end, "a stopped role does not end"
        time.sleep(0.02)


@pytest.fixture
def tidy(bridge: Bridge) -> Iterator[None]:
    """The test leaves nothing that the next one would have to share the nodes with."""
    yield
    clear(bridge)
