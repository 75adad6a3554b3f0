"""Three machines in one: a Ray head in the namespace of the tests, further nodes in network namespaces beside it.

Used only inside tests/ray/run. Nothing is stopped by name: processes are found by the address on their command line,
and what is left ends with the namespace.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

BIN = Path(sys.executable).parent
SWITCH = "manta0"
PORT = 6399
HEAD = "10.77.0.1"

# Node loss is noticed within about 2 s instead of 15 s; MANTA_RAY_HEALTH=default leaves that as Ray has it, to measure.
TUNED_HEALTH = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "4",
}

# No Python workers wait in stock, and a shared supervisor leaves after 2 s instead of 10; the rest stays as it is.
ENVIRONMENT = {
    **({} if os.environ.get("MANTA_RAY_HEALTH") == "default" else TUNED_HEALTH),
    "RAY_gcs_rpc_server_connect_timeout_s": "30",  # 5 is too short for a busy machine
    "RAY_gcs_storage": "rocksdb",  # on the head, and of no meaning elsewhere: its state outlives its process
    "RAY_gcs_storage_path": "/tmp/ray/store",
    "RAY_prestart_worker_first_driver": "0",
    "RAY_enable_worker_prestart": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "token-of-the-tests-0123456789abcdef",
    "MANTA_RAY_SHARED_IDLE_S": "2",
    "PYTHONDONTWRITEBYTECODE": "",  # Ray's workers start faster with byte code
}


class NotAlone(Exception):
    """This process shares its network with others: Ray must not be started here."""


def require_namespace() -> None:
    """Passes only where tests/ray/run has put us: no interface but the loopback and our own."""
    foreign = [name for _, name in socket.if_nameindex() if name != "lo" and not name.startswith("manta")]
    if foreign:
        raise NotAlone(f"there are network interfaces {foreign}: start these tests with tests/ray/run")


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


@dataclass
class Machine:
    """What one node offers. `number` 1 is the head; the others live in namespaces of their own."""

    number: int
    cpus: float = 4
    gpus: float = 0
    labels: dict[str, str] = field(default_factory=dict)
    resources: dict[str, float] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"10.77.0.{self.number}"

    @property
    def prefix(self) -> list[str]:
        return [] if self.number == 1 else ["nsenter", f"--net=/run/netns/manta{self.number}"]

    def connect(self) -> None:
        """Plugs the machine into the switch."""
        name, wire = f"manta{self.number}", f"manta-w{self.number}"
        if self.number == 1:
            run("ip", "link", "add", SWITCH, "type", "bridge")
            run("ip", "addr", "add", f"{self.address}/24", "dev", SWITCH)
            run("ip", "link", "set", SWITCH, "up")
            run("ip", "route", "add", "default", "dev", SWITCH)  # leads nowhere; by it Ray finds its own address
            return
        run("ip", "netns", "add", name)
        run("ip", "link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", wire, "master", SWITCH, "up")
        run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        run("ip", "-n", name, "link", "set", "eth0", "up")

    def cut_off(self, cut: bool = True) -> None:
        """Pulls the cable, or plugs it in again. Not the head's, whose switch it is."""
        run("ip", "link", "set", f"manta-w{self.number}", "down" if cut else "up")

    def command(self) -> list[str]:
        role = (
            ["--head", f"--port={PORT}", "--include-dashboard=false"]
            if self.number == 1
            else [f"--address={HEAD}:{PORT}"]
        )
        return [
            *self.prefix, str(BIN / "python"), str(BIN / "ray"), "start", *role, f"--node-ip-address={self.address}",
            f"--num-cpus={self.cpus:g}", f"--num-gpus={self.gpus:g}",
            "--memory=2000000000", "--object-store-memory=80000000",
            "--resources", json.dumps(self.resources), "--labels", ",".join(f"{k}={v}" for k, v in self.labels.items()),
            "--disable-usage-stats",
        ]  # fmt: skip

    def start(self, environment: dict[str, str]) -> None:
        """`ray start`; returns when the node has joined. Takes 2 to 6 s; on a busy machine it may give up once or twice."""
        for _ in range(3):
            done = subprocess.run(
                self.command(), env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
            )
            if done.returncode == 0:
                return
            self.kill_ray()
        raise RuntimeError(f"ray start failed on node {self.number}:\n{done.stdout}\n{done.stderr}")

    def kill_ray(self) -> None:
        """All of its Ray, also what a start that failed has left."""
        network = "/proc/self/ns/net" if self.number == 1 else f"/run/netns/manta{self.number}"
        own = f"net:[{os.stat(network).st_ino}]"
        for pid, command in processes().items():
            if is_ray(command) and network_of(pid) == own:
                try:
                    kill(pid)
                except ProcessLookupError:
                    pass


def processes() -> dict[int, str]:
    """Command lines by pid."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                found[int(entry.name)] = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                )
        except OSError:
            continue  # it has ended
    return {pid: command for pid, command in found.items() if command}


def alive(pid: int) -> bool:
    """Whether the process runs: a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def is_ray(command: str) -> bool:
    """Of a node: its daemons and workers, not what they have executed."""
    return command.startswith("ray::") or "/site-packages/ray/" in command


def network_of(pid: int) -> str | None:
    """None: the process has ended."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return None


def in_network_of(pid: int, other: int) -> bool:
    return (network := network_of(pid)) is not None and network == network_of(other)


def raylet_of(machine: Machine) -> int:
    found = [
        pid
        for pid, command in processes().items()
        if "raylet/raylet " in command and f"--node_ip_address={machine.address} " in command
    ]
    if len(found) != 1:
        raise RuntimeError(f"raylets of {machine.address}: {found}")
    return found[0]


def control_store() -> tuple[int, list[str], dict[str, str], str]:
    """Of the head's gcs_server: pid, arguments, environment and working directory, to execute it again."""
    (pid,) = [pid for pid, command in processes().items() if "/gcs_server " in command]
    root = Path(f"/proc/{pid}")
    arguments = root.joinpath("cmdline").read_bytes().rstrip(b"\0").decode().split("\0")
    environment = dict(
        entry.split("=", 1) for entry in root.joinpath("environ").read_text().split("\0") if "=" in entry
    )
    return pid, arguments, environment, os.readlink(root / "cwd")


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


class Nodes:
    """A running cluster. Everything of it ends with the namespace."""

    def __init__(self, machines: list[Machine]) -> None:
        require_namespace()
        self.machines = machines
        self.environment = {**os.environ, **ENVIRONMENT}
        self.address = f"{HEAD}:{PORT}"
        started = time.monotonic()
        for machine in machines:
            machine.connect()
        for machine in machines:
            machine.start(self.of_the_nodes())
        self.start_s = time.monotonic() - started

    def restart_head(self) -> None:
        """Its whole Ray, on what its control store has kept. All nodes are one machine here, and `ray start` refuses a
        second head on it: it gets a process namespace of its own."""
        head = self.machines[0]
        head.kill_ray()
        command = head.command() + ["--block"]
        enclosed = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *command]
        with open("/tmp/ray/head-again.log", "wb") as log:
            self.second_head = subprocess.Popen(
                enclosed, env=self.of_the_nodes(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def of_the_nodes(self) -> dict[str, str]:
        """Their environment: as on a machine of its own, where nothing of ours is installed."""
        return {name: value for name, value in self.environment.items() if name != "PYTHONPATH"}
