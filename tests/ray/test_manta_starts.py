"""How an instance on a cluster starts and ends: what is wrong is said, default ports that are taken, certificates, one proxy,
GPUs, what does not fit."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time

import pytest
from bridge_client import WAIT_S
from manta_cluster import (
    ADDRESSES,
    APPLICATION,
    BUILD,
    MANTA,
    MantaCluster,
    answer_to,
    ask,
    belongs_to,
    environment_of,
    listening_sockets,
    proxies,
    until,
)
from ray_nodes import HEAD

pytestmark = pytest.mark.skipif(not MANTA.exists(), reason=f"{MANTA} is not built: make build, or set MANTA_BINARY")


def refused(instance, *words):
    done = subprocess.run(
        instance.start_command(*words), env=instance.environment, capture_output=True, text=True, timeout=WAIT_S
    )
    assert done.returncode == 1, done.stdout
    return done.stderr


def test_what_is_wrong_before_the_start_is_said_with_the_remedy(nodes, tmp_path):
    instance = MantaCluster(nodes, tmp_path, "wrong")
    with socket.create_server((HEAD, 0)) as taken:
        port = str(taken.getsockname()[1])
        error = refused(instance, "--cluster-port", port)
        assert port in error and "--cluster-port" in error
    assert "--cluster-cert" in refused(instance, "--cluster-cert", "/no/such/file")
    instance.environment["RAY_AUTH_TOKEN"] = "another-token-0123456789abcdef"
    assert "token" in refused(instance)
    instance.environment["MANTA_RAY_PYTHON"] = "/no/such/python"
    assert "make ray" in refused(instance)


def test_a_controller_that_cannot_start_says_why_at_the_terminal_and_is_gone(nodes, tmp_path):
    instance = MantaCluster(nodes, tmp_path, "damaged")
    instance.state.mkdir(parents=True)
    (instance.state / "state.db").write_text("this is no database, but it is long enough to be taken for one" * 20)
    error = refused(instance)
    assert "the controller cannot start: " in error and "state.db" in error
    assert belongs_to(instance) == {} and "manta/controller" not in instance.actors()


def certificates(folder):
    """Of an authority of its own, for one host name that nobody looks at: options of `manta start`."""
    openssl = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority = ["-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem", "-days", "2", "-subj", "/CN=authority"]
    subprocess.run([*openssl, *authority], check=True, capture_output=True)
    signed = ["-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-addext", "basicConstraints=critical,CA:FALSE"]
    own = ["-keyout", f"{folder}/own.key", "-out", f"{folder}/own.pem", "-days", "2", "-subj", "/CN=manta"]
    subprocess.run([*openssl, *own, *signed], check=True, capture_output=True)
    return ["--cluster-cert", f"{folder}/own.pem", "--cluster-key", f"{folder}/own.key", "--cluster-ca",
            f"{folder}/ca.pem"]  # fmt: skip


@pytest.fixture(scope="module")
def small(nodes, tmp_path_factory):
    """An instance with default ports, one of them taken, certificates, and a proxy on the head alone."""
    folder = tmp_path_factory.mktemp("s")
    instance = MantaCluster(nodes, folder, "small", ports=False)
    instance.environment |= {"MANTA_PROXY_HEALTH_CHECK_PERIOD_S": "0.5", "MANTA_PROXY_HEALTH_CHECK_TIMEOUT_S": "2"}
    with socket.create_server(("127.0.0.1", 8265)):
        instance.start("--proxy-location", "HeadOnly", "--detach", *certificates(folder))
        assert instance.process.wait(timeout=WAIT_S) == 0
        yield instance
        if instance.run("status").returncode == 0:
            instance.run("shutdown", "-y")


def test_default_ports_that_are_taken_are_replaced_and_commands_find_the_instance(small):
    assert "port 8265 is taken by another program: the admin port is 8266 instead" in small.output()
    assert small.admin_address == "127.0.0.1:8266"
    small.deploy(APPLICATION)
    until(lambda: len(small.replicas()) == 6, "six replicas run")
    assert "RUNNING" in small.run("status").stdout


def test_with_certificates_replicas_of_all_nodes_serve_by_the_one_proxy_of_the_head(small):
    assert ask(f"{HEAD}:8000", "POST", "/greet", {"name": "you"}) == (200, '{"text":"Hello, you!"}')
    with pytest.raises(ConnectionRefusedError):
        ask("10.77.0.2:8000", "POST", "/greet", {"name": "you"})
    by_node = {node["address"]: node for node in small.reported_nodes().values()}
    assert [by_node[address]["replicas_of"]["hello/Greeter"] for address in ADDRESSES] == [2, 2, 2]
    assert [by_node[address]["proxy"] for address in ADDRESSES] == ["HEALTHY", "", ""]
    door = listening_sockets(next(iter(small.replicas().values()))["pid"])[0]
    assert b"HTTP/" not in answer_to(door, b"POST /greet HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")


def test_a_client_program_finds_the_instance_and_proves_itself_to_replicas_of_all_nodes(small):
    client = [str(BUILD / "tests/apps/test_client"), "-", "Greeter", "hello", "greet"]
    for _ in range(3):
        done = subprocess.run(client, env=small.environment, capture_output=True, text=True, timeout=WAIT_S)
        assert (done.returncode, done.stdout) == (0, "Hello, client!\n")


def test_a_proxy_that_hangs_is_replaced(small, measured):
    (hanging,) = proxies().values()
    os.kill(hanging, signal.SIGSTOP)
    stopped = time.monotonic()
    until(lambda: hanging not in proxies().values() and proxies(), "another proxy")
    assert ask(f"{HEAD}:8000", "POST", "/greet", {"name": "you"})[0] == 200
    measured("proxy hangs (checks every 0.5 s with 2 s each): another one serves", time.monotonic() - stopped)


def test_what_fits_nowhere_is_pending_with_the_reason_and_withdrawn_when_it_fits(small):

    def wanted():
        told = [line for line in small.log("controller").splitlines() if "wanted of the cluster" in line]
        return told[-1].split()[-1] if told else ""

    small.run("scale", "hello/Greeter", "8")  # two a node, three nodes
    report = until(lambda: small.report()["pending"], "two replicas are pending")
    assert (report[0]["deployment"], report[0]["replicas"]) == ("Greeter", 2)
    until(lambda: wanted() == "bundles=8", "what runs and what is pending is wanted of the cluster")
    small.run("scale", "hello/Greeter", "6")
    until(lambda: not small.report()["pending"], "nothing is pending")
    until(lambda: wanted() == "bundles=0", "it is withdrawn")


PIPELINE = {
    "name": "pipeline",
    "import_path": f"{BUILD}/examples/pipeline/libpipeline.so:build",
    "deployments": [{"name": "LLM", "ray_actor_options": {"num_cpus": 1, "num_gpus": 2}}],
}


def test_deployments_with_gpus_call_each_other_across_nodes(small):
    small.deploy({"applications": [PIPELINE]})
    small.wait_running("pipeline")
    question = {"pages": ["The con-\ntract was signed by Ada Lovelace."], "metadata": {"title": "Contract 17"}}
    for _ in range(5):
        status, text = ask(f"{HEAD}:8000", "POST", "/process", question)
        assert status == 200 and "Ada Lovelace" in text
    of_llm = small.replicas("pipeline", "LLM").values()
    assert [environment_of(replica["pid"])["CUDA_VISIBLE_DEVICES"] for replica in of_llm] == ["0,1"]
    of_ner = small.replicas("pipeline", "NER").values()
    assert len({replica["node_id"] for replica in [*of_llm, *of_ner]}) == 2  # two devices each: none is left on one


def test_a_detached_instance_ends_by_shutdown(small):
    done = small.run("shutdown", "-y")
    assert done.returncode == 0, done.stderr
    assert proxies() == {} and belongs_to(small) == {} and small.actors() == []
