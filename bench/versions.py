"""What a run was made on and with: the machine, and the version of every program that takes part."""
import os
import re
import subprocess

PYTHON_PEERS = {"ray-serve": "ray", "fastapi": "fastapi", "litserve": "litserve", "bentoml": "bentoml", "vllm-router": "vllm_router",
                "sglang-router": "sglang_router"}   # environment: distribution


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = int(re.search(r"MemTotal:\s+(\d+)", open("/proc/meminfo").read())[1]) // (1 << 20)
    return f"{os.cpu_count()} x {model}, {memory} GiB, kernel {os.uname().release}"


def first_words(*command):
    """The first line with a number that a program prints, or nothing."""
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return ""
    return next((line.strip() for line in (done.stdout + done.stderr).splitlines() if re.search(r"\d+\.\d+|version: \d", line)), "")


def version_in(text):
    found = re.search(r"\d+(\.\d+)+", text)
    return found[0] if found else text


def installed(build, cache):
    """{program: version} of those that are there."""
    found = {"Manta": version_in(first_words(build / "bin" / "manta", "--version"))}
    for name, command in (("nginx", ("nginx", "-v")), ("wrk", ("wrk", "-v")), ("h2load", ("h2load", "--version"))):
        found[name] = version_in(first_words(*command))
    for environment, distribution in PYTHON_PEERS.items():
        for metadata in (cache / environment).glob(f"lib/python3*/site-packages/{distribution}-*.dist-info"):
            found[environment] = metadata.name[len(distribution) + 1:-len(".dist-info")]
    server = cache / "llama-server" / "bin" / "llama-server"
    if server.exists():
        found["llama-server"] = first_words(server, "--version").removeprefix("version: ")
    return {name: version for name, version in found.items() if version}
