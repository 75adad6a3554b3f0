#!/usr/bin/python3
"""From the exec of `manta run` to the first 200 of a no-op application, and the memory at rest (PSS of all its processes).

  bench/startup/startup.py --build build/release [--app LIB.so:build] [--runs 20]

Asks as a client would: connects until the port listens, sends one request, repeats it until the answer is 200."""
import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        s.sendall(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 12\r\n\r\n"
                  b'{"text":"x"}')
        return s.recv(4096)


def first_200(port):
    while True:
        try:
            answer = ask(port)
        except OSError:
            time.sleep(0.0005)
            continue
        if answer.startswith(b"HTTP/1.1 200"):
            return
        time.sleep(0.0005)


def pss_kib(state):
    total = 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as f:
                command = f.read()
            with open(f"/proc/{name}/environ", "rb") as f:
                mine = state.encode() in f.read() or state.encode() in command
            if mine:
                with open(f"/proc/{name}/smaps_rollup") as f:
                    total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except OSError:
            continue
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--app")
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    app = options.app or os.path.join(options.build, "tests", "apps", "libtest_app_one.so") + ":build"
    times, ready, memory = [], [], []
    for _ in range(options.runs):
        state = tempfile.mkdtemp(prefix="manta-bench-")
        port, admin = free_port(), free_port()
        command = [os.path.join(options.build, "bin", "manta"), "run", app, "--http-port", str(port), "--admin-port", str(admin), "--state-dir", state]
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        first_200(port)
        times.append(time.perf_counter() - begun)
        for line in process.stdout:
            if line.startswith("ready"):
                ready.append(time.perf_counter() - begun)
                break
        memory.append(pss_kib(state) / 1024)
        process.send_signal(signal.SIGINT)
        process.wait(30)
        shutil.rmtree(state, ignore_errors=True)
    for name, values, unit, scale in (("exec to first 200", times, "ms", 1000), ("exec to `ready`", ready, "ms", 1000), ("PSS at rest", memory, "MiB", 1)):
        values = sorted(value * scale for value in values)
        print(f"{name:<20} median {statistics.median(values):7.1f} {unit}   min {values[0]:7.1f}   max {values[-1]:7.1f}   runs {len(values)}")


if __name__ == "__main__":
    main()
