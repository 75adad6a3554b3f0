"""The clients of the rows: wrk (HTTP/1.1), h2load (HTTP/2), load/stream_client (server-sent events). None of them is Manta's own."""
import dataclasses
import json
import re
import subprocess
import tempfile
import time
from pathlib import Path

from processes import CpuMeter

HERE = Path(__file__).resolve().parent


@dataclasses.dataclass
class Load:
    requests: int
    errors: int
    p50_us: float
    p99_us: float
    seconds: float
    cpu_us: float   # of the servers, per request

    @property
    def rate(self):
        return self.requests / self.seconds


def parse_wrk(text):
    """(requests, errors, p50 us, p99 us) of the line that load/post.lua prints."""
    for line in text.splitlines():
        if line.startswith("RESULT "):
            return tuple(int(word) for word in line.split()[1:])
    raise RuntimeError(f"wrk failed:\n{text}")


def wrk(url, pids, seconds, connections, body=None, prefix=()):
    """One closed loop of `connections`; POST with a body, else GET. `pids()`: the servers whose CPU is counted.
    wrk takes whole seconds."""
    with tempfile.NamedTemporaryFile("w", prefix="manta-bench-body-") as file:
        file.write(body or "")
        file.flush()
        command = [*prefix, "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s",
                   "-s", str(HERE / "load" / "post.lua"), url, "--", "POST" if body else "GET", file.name if body else ""]
        meter, begun = CpuMeter(pids), time.monotonic()
        output = subprocess.run(command, capture_output=True, text=True, check=False)
        took, cpu = time.monotonic() - begun, meter.spent()
    requests, errors, p50, p99 = parse_wrk(output.stdout + output.stderr)
    if errors or not requests:
        raise RuntimeError(f"{url}: {errors} of {requests} requests failed")
    return Load(requests, errors, p50, p99, took, cpu / requests * 1e6)


def parse_h2load(text):
    """(requests that succeeded, requests that did not, median us) of h2load's summary."""
    counts = re.search(r"requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text)
    mean = re.search(r"time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)", text)
    if not counts or not mean:
        raise RuntimeError(f"h2load failed:\n{text[-2000:]}")
    done, succeeded, *_ = (int(word) for word in counts.groups())
    return succeeded, done - succeeded, float(mean[1]) * {"us": 1, "ms": 1e3, "s": 1e6}[mean[2]]


def h2load(url, pids, seconds, connections, streams, body, http1=False):
    """The same over HTTP/2 with `streams` requests open on each connection; `http1`: over HTTP/1.1, one request at a time on each.
    h2load tells no quantiles: p50_us and p99_us are both its mean."""
    with tempfile.NamedTemporaryFile("w", prefix="manta-bench-body-") as file:
        file.write(body)
        file.flush()
        protocol = ["--h1"] if http1 else [f"-m{streams}", "-p", "h2c"]
        command = ["h2load", f"-c{connections}", f"-D{max(1, round(seconds))}", "-t1", *protocol, "-d", file.name,
                   "-H", "content-type: application/json", url]
        meter, begun = CpuMeter(pids), time.monotonic()
        output = subprocess.run(command, capture_output=True, text=True, check=False)
        took, cpu = time.monotonic() - begun, meter.spent()
    requests, errors, mean = parse_h2load(output.stdout + output.stderr)
    if errors or not requests:
        raise RuntimeError(f"{url}: {errors} of {requests} requests failed\n{output.stdout[-1000:]}")
    return Load(requests, errors, mean, mean, took, cpu / requests * 1e6)


def streams(client, port, path, pids, seconds, connections, body):
    """The same for streamed answers; (numbers of stream_client, CPU us of the servers per event)."""
    meter = CpuMeter(pids)
    output = subprocess.run([str(client), str(port), path, str(connections), str(seconds), json.dumps(body)],
                            capture_output=True, text=True, check=False)
    cpu = meter.spent()
    if output.returncode:
        raise RuntimeError(f"stream_client {path}: {output.stderr}")
    found = json.loads(output.stdout)
    if found["failed"] or not found["events"]:
        raise RuntimeError(f"{path}: {found}")
    return found, cpu / found["events"] * 1e6


@dataclasses.dataclass
class Tokens:
    first_ms: float       # median time to the first token
    first_p99_ms: float
    between_ms: float     # mean time between two tokens
    rate: float           # tokens a second, all streams
    cpu_ms: float         # of the server, per token


def chat_streams(program, url, pids, clients, bodies):
    """Each of `bodies` once, `clients` at a time, as streamed chat completions, by `manta bench`, which reads the events of both sides alike."""
    with tempfile.NamedTemporaryFile("w", prefix="manta-bench-bodies-") as file:
        file.write("".join(json.dumps(body) + "\n" for body in bodies))
        file.flush()
        meter = CpuMeter(pids)
        output = subprocess.run([str(program), "bench", url, "--bodies", file.name, "--stream", "-n", str(len(bodies)), "-c", str(clients),
                                 "--timeout", "300", "--json", "-"], capture_output=True, text=True, check=False)
        cpu = meter.spent()
    if output.returncode:
        raise RuntimeError(f"manta bench {url}: {output.stdout[-500:]}{output.stderr[-500:]}")
    found = json.loads(output.stdout)
    if found["failed"]:
        raise RuntimeError(f"{url}: {found['failures']}")
    return Tokens(found["median_ttft_ms"], found["p99_ttft_ms"], found["mean_itl_ms"], found["output_throughput"],
                  cpu * 1e3 / found["total_output_tokens"])
