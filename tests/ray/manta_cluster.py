"""An instance of Manta on the cluster of the tests, driven by its own binary, and steady load on its proxies."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bridge_client import WAIT_S
from ray_nodes import HEAD, Nodes, alive, processes

ROOT = Path(__file__).resolve().parents[2]
MANTA = Path(os.environ.get("MANTA_BINARY", ROOT / "build/release/bin/manta"))
BUILD = MANTA.parent.parent
HTTP_PORT = 8100
ADDRESSES = ["10.77.0.1", "10.77.0.2", "10.77.0.3"]


APPLICATION = {
    "applications": [
        {
            "name": "hello",
            "import_path": f"{BUILD}/examples/hello/libhello.so:build",
            "deployments": [{"name": "Greeter", "num_replicas": 6, "max_replicas_per_node": 2}],
        }
    ]
}


def until(condition: Callable[[], Any], what: str, limit_s: float = WAIT_S) -> Any:
    end = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {limit_s} s: {what}"
        time.sleep(0.05)
    return value


def ask(address: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
    """(status, text) of one request to HOST:PORT."""
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=WAIT_S)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"content-type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class MantaCluster:
    """`manta start --backend ray`, with a state folder and ports of its own."""

    def __init__(self, nodes: Nodes, folder: Path, namespace: str, ports: bool = True) -> None:
        self.nodes, self.folder, self.namespace = nodes, folder, namespace
        self.state = folder / "state" if ports else folder / ".local/state/manta/8265"
        self.ports = ["--http-port", str(HTTP_PORT), "--admin-port", "9265"] if ports else []
        self.admin = ["--admin-port", "9265"] if ports else []  # without: found by the record of the state folder
        self.environment = {**nodes.environment, "HOME": str(folder), "MANTA_RAY_PYTHON": sys.executable}
        for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR", "PYTHONPATH"):
            self.environment.pop(name, None)
        self.process: subprocess.Popen[bytes] | None = None

    def start_command(self, *words: str) -> list[str]:
        return [
            str(MANTA), "start", "--backend", "ray", "--address", self.nodes.address, "--ray-namespace", self.namespace,
            "--state-dir", str(self.state), *self.ports, *words,
        ]  # fmt: skip

    def start(self, *words: str) -> None:
        log = self.folder / "terminal.log"
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                self.start_command(*words),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        process = self.process
        until(lambda: "ready: " in log.read_text() or process.poll() is not None, "ready")
        if "ready: " not in log.read_text():
            raise AssertionError(f"ended with {process.poll()}:\n{log.read_text()}\n{self.log('controller')}")

    def output(self) -> str:
        return (self.folder / "terminal.log").read_text()

    def log(self, name: str) -> str:
        file = self.state / "logs" / f"{name}.log"
        return file.read_text(errors="replace")[-8000:] if file.exists() else f"no {file}"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(MANTA), *words, *self.admin],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
        )

    def wait_running(self, application: str) -> None:
        self.wait(lambda: self.details()["applications"][application]["status"] == "RUNNING", application)

    def wait_proxies(self) -> None:
        """The head and each node with replicas have one that serves: it is started when they have been seen there."""
        self.wait(
            lambda: all(
                node["proxy"] == "HEALTHY"
                for node in self.report()["nodes"]
                if node["is_head"] or node["replicas_of"]
            ),
            "the proxies of all nodes",
        )

    def wait(self, condition: Callable[[], Any], what: str, limit_s: float = WAIT_S) -> Any:
        """Fails with the status, the nodes and the log of the controller."""
        try:
            return until(condition, what, limit_s)
        except AssertionError as late:
            shown = (self.run("status").stdout, self.run("nodes").stdout, self.log("controller"))
            raise AssertionError("\n".join([str(late), *shown])) from None

    def details(self) -> Any:
        return json.loads(ask(self.admin_address, "GET", "/api/serve/details")[1])

    @property
    def admin_address(self) -> str:
        return str(json.loads((self.state / "agent.json").read_text())["admin_address"])

    def report(self) -> Any:
        return json.loads(ask(self.admin_address, "GET", "/api/serve/nodes")[1])

    def reported_nodes(self) -> dict[str, Any]:
        """By address."""
        return {node["address"]: node for node in self.report()["nodes"]}

    def replicas(self, application: str = "hello", deployment: str = "Greeter") -> dict[str, Any]:
        """Those that run, by id."""
        known = self.details()["applications"][application]["deployments"][deployment]["replicas"]
        return {replica["replica_id"]: replica for replica in known if replica["state"] == "RUNNING"}

    def deploy(self, config: dict[str, Any]) -> None:
        file = self.folder / "app.yaml"
        file.write_text(json.dumps(config))
        done = self.run("deploy", str(file))
        assert done.returncode == 0, done.stderr

    def interrupt(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=WAIT_S)

    def actors(self) -> list[str]:
        """Names of what Ray runs for this instance."""
        script = (
            "import ray, sys; ray.init(sys.argv[1], namespace=sys.argv[2], log_to_driver=False, logging_level='ERROR', "
            "_node_ip_address=sys.argv[3]); print('\\n' + '\\n'.join(ray.util.list_named_actors()))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, self.nodes.address, self.namespace, HEAD],
            env=self.nodes.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return [line for line in done.stdout.splitlines() if line]


class Load:
    """Requests one after another to each of the proxies in turn, until stopped; what failed is kept."""

    def __init__(self, addresses: list[str], threads: int = 3) -> None:
        self.addresses = addresses
        self.done, self.failed = 0, []  # type: int, list[tuple[str, str]]
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work, args=(i,)) for i in range(threads)]

    def _work(self, number: int) -> None:
        turn = number
        while not self._stopping.is_set():
            address = self.addresses[turn % len(self.addresses)]
            turn += 1
            try:
                status, text = ask(
                    f"{address}:{HTTP_PORT}", "POST", "/greet", {"name": "x"}, {"idempotency-key": f"{number}-{turn}"}
                )
                failure = "" if (status, text) == (200, '{"text":"Hello, x!"}') else f"{status} {text}"
            except OSError as error:
                failure = repr(error)
            with self._lock:
                self.done += 1
                if failure:
                    self.failed.append((address, failure))

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        self.wait_for(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Until so many more requests have been answered."""
        wanted = self.done + more
        until(lambda: self.done >= wanted, f"{more} more requests")


def listening_sockets(pid: int) -> list[str]:
    """Addresses on which the process listens, in its own network namespace."""
    inodes = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
    found = []
    for line in open(f"/proc/{pid}/net/tcp").read().splitlines()[1:]:
        local, state, inode = line.split()[1], line.split()[3], line.split()[9]
        if state == "0A" and f"socket:[{inode}]" in inodes:
            address, port = local.split(":")
            found.append(f"{socket.inet_ntoa(bytes.fromhex(address)[::-1])}:{int(port, 16)}")
    return found


def environment_of(pid: int) -> dict[str, str]:
    entries = open(f"/proc/{pid}/environ").read().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def answer_to(address: str, sent: bytes) -> bytes:
    """All that a stranger gets who sends these bytes."""
    host, port = address.rsplit(":", 1)
    got = b""
    with socket.create_connection((host, int(port)), timeout=15) as connection:
        try:
            connection.sendall(sent)
            while piece := connection.recv(65536):
                got += piece
        except ConnectionError:
            pass
    return got


def parent_of(pid: int) -> int:
    return int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])


def proxies() -> dict[str, int]:
    """Pids by node, as a proxy's command line names it."""
    found = {}
    for pid, command in processes().items():
        words = command.split()
        if len(words) > 3 and words[0] == str(MANTA) and words[1] == "proxy":
            found[words[words.index("--node-id") + 1]] = pid
    return found


def belongs_to(instance: MantaCluster) -> dict[int, str]:
    """Living processes that name its state folder."""
    return {pid: command for pid, command in processes().items() if str(instance.state) in command and alive(pid)}
