"""What a controller reads first: a welcome, or an error that says what to do. The refusals here need no cluster."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from bridge_client import WAIT_S, Bridge, Refused

PYTHON = Path(__file__).parents[2] / "python"
DEBIAN_PYTHON = "/usr/bin/python3"


def refusal(address="127.0.0.1:1", protocol=1, python=sys.executable, first=None, **environment):
    """The bridge's error; its process has ended with exit code 1."""
    hello = first if first is not None else {"protocol": protocol, "manta": "9.9.9", "address": address, "epoch": 1}
    bridge = Bridge(hello, {**os.environ, "PYTHONPATH": str(PYTHON), **environment}, python=python)
    with pytest.raises(Refused) as caught:
        bridge.welcome()
    assert bridge.process.wait(timeout=WAIT_S) == 1
    return caught.value


def test_another_protocol_is_refused():
    error = refusal(protocol=2)
    assert error.reason == "protocol_differs" and "9.9.9" in error.message and error.remedy


def test_a_hello_that_is_none_is_refused():
    assert refusal(first={"colour": "red"}).message.startswith("line.hello.colour")


def test_without_ray_the_remedy_is_to_install_it():
    error = refusal(python=DEBIAN_PYTHON)
    assert (error.code, error.reason) == ("Unavailable", "ray_absent") and "make ray" in error.remedy


def test_a_ray_that_is_too_old_is_refused(tmp_path):
    (tmp_path / "ray.py").write_text("__version__ = '2.9.3'\n")
    error = refusal(PYTHONPATH=f"{PYTHON}:{tmp_path}")
    assert error.reason == "ray_too_old" and "2.9.3" in error.message and "2.60.0" in error.remedy


@pytest.mark.parametrize("address", ["nowhere", "host:", ":6379x"])
def test_what_is_no_address_is_told(address):
    assert refusal(address).reason == "bad_address"


def test_where_nothing_listens_there_is_no_cluster():
    error = refusal("127.0.0.1:1")
    assert error.reason == "cluster_unreachable" and "refused" in error.message.lower()


def test_what_listens_but_is_not_ray_is_no_cluster():
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

    threading.Thread(target=answer, daemon=True).start()
    error = refusal(f"127.0.0.1:{server.getsockname()[1]}", MANTA_RAY_PROBE_TIMEOUT_S="3")
    server.close()
    assert error.reason == "cluster_unreachable" and "within 3 s" in error.message


def test_a_token_that_is_wanted_and_not_there_is_told(tmp_path):
    server = socket.create_server(("127.0.0.1", 0))
    error = refusal(f"127.0.0.1:{server.getsockname()[1]}", RAY_AUTH_MODE="token", HOME=str(tmp_path))
    server.close()
    assert error.reason == "token_refused" and "RAY_AUTH_TOKEN" in error.remedy


def test_the_end_of_the_controller_ends_a_bridge_that_waits_for_its_hello():
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "manta_ray"],
        stdin=read,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PYTHON)},
    )
    os.close(read)
    os.close(write)
    assert process.wait(timeout=WAIT_S) == 0


def test_the_package_carries_mantas_version():
    import manta_ray

    cmake = (PYTHON.parent / "CMakeLists.txt").read_text()
    assert f"project(manta VERSION {manta_ray.__version__} " in cmake
