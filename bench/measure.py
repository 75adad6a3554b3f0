"""What every row measures with: statistics, CPU and memory of processes, loads, the lines of the table.

CPU of a process is its POSIX CPU clock: all its threads, those that ended too, in nanoseconds. Both sides of a ratio run one
after the other in each repeat; the ratio is taken within a repeat, and its median and extremes over the repeats are shown."""
import dataclasses
import json
import os
import statistics
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Spread:
    """Median and extremes of the repeats."""
    median: float
    low: float
    high: float
    n: int = 1

    @classmethod
    def of(cls, values):
        values = sorted(values)
        return cls(statistics.median(values), values[0], values[-1], len(values))

    def __str__(self):
        middle = number(self.median)
        return middle if self.n == 1 else f"{middle} ({number(self.low)} - {number(self.high)})"


def number(value):
    """Three significant digits, never in powers of ten."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.4f}"


def ratios(ours, theirs):
    """Of each repeat: ours / theirs."""
    return Spread.of([a / b for a, b in zip(ours, theirs, strict=True)])


def verdict(spread, bar, at_least=False):
    """A bar is missed only if the whole interval is beyond it: "yes", "no", or "open" where a part of it is."""
    value, best = (-spread.median, -spread.high) if at_least else (spread.median, spread.low)
    limit = -bar if at_least else bar
    return "yes" if value <= limit else "open" if best <= limit else "no"


@dataclasses.dataclass
class Line:
    """One line of the table. `ratio` is Manta by peer, or None where there is none."""
    row: str
    what: str
    manta: str
    peer: str = "-"
    ratio: Spread | None = None
    bar: str = "-"
    met: str = "-"


def compare(row, what, unit, ours, theirs, peer, bar, at_least=False, bar_text=None):
    """The line of two interleaved series. `bar` is a limit of the ratio, or None."""
    ratio = ratios(ours, theirs)
    text = bar_text or ("-" if bar is None else f"{'>=' if at_least else '<='} {bar:g}x")
    return Line(row, what, f"{Spread.of(ours)} {unit}", f"{peer} {Spread.of(theirs)} {unit}", ratio, text,
                "-" if bar is None else verdict(ratio, bar, at_least))


def against_limit(row, what, unit, ours, bar, at_least=False, bar_text=None, peer="-"):
    """The line of a series that is held against a number."""
    spread = Spread.of(ours)
    text = bar_text or f"{'>=' if at_least else '<='} {bar:g} {unit}"
    return Line(row, what, f"{spread} {unit}", peer, None, text, verdict(spread, bar, at_least))


def interleave(settings, sides, repeats=None):
    """Calls each function of `sides` (name: function of seconds) in turn, `repeats` times (default: of the settings); {name: [result, ...]}.
    One short turn before warms both up and is thrown away."""
    repeats, seconds = repeats or settings.repeats, settings.seconds
    for name, measure in sides.items():
        settings.say(f"warm-up: {name}")
        measure(min(1.0, seconds / 2))
    found = {name: [] for name in sides}
    for repeat in range(repeats):
        for name, measure in sides.items():
            settings.say(f"{repeat + 1}/{repeats}: {name}")
            found[name].append(measure(seconds))
    return found


# --- processes


def parse_stat(text):
    """(parent's pid, user + system ticks) of /proc/PID/stat, whose second field may hold anything."""
    fields = text.rsplit(")", 1)[1].split()
    return int(fields[1]), int(fields[11]) + int(fields[12])


def parse_pss(text):
    """KiB of /proc/PID/smaps_rollup."""
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def descendants(parents, root):
    """`root` and all below it; parents: {pid: parent's pid}."""
    found, grown = {root}, True
    while grown:
        new = {pid for pid, parent in parents.items() if parent in found} - found
        found |= new
        grown = bool(new)
    return found


def read_proc(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def processes_below(root):
    """Living pids of the process `root` and everything it started."""
    stats = {int(name): read_proc(name, "stat") for name in os.listdir("/proc") if name.isdigit()}
    return descendants({pid: parse_stat(text)[0] for pid, text in stats.items() if text}, root)


def cpu_seconds(pids):
    """{pid: CPU seconds so far}; processes that have ended are left out."""
    found = {}
    for pid in pids:
        try:
            found[pid] = time.clock_gettime((~pid << 3) | 2)   # as clock_getcpuclockid() makes it
        except OSError:
            pass
    return found


def pss_mib(pids):
    return sum(parse_pss(text) for pid in pids if (text := read_proc(pid, "smaps_rollup"))) / 1024


class CpuMeter:
    """CPU seconds that a set of processes uses between start and spent(). `pids` is asked at both ends."""

    def __init__(self, pids):
        self.pids = pids
        self.before = cpu_seconds(pids())

    def spent(self):
        return sum(after - self.before.get(pid, 0.0) for pid, after in cpu_seconds(self.pids()).items())


# --- loads


def field(found, name, attribute):
    """What interleave() found for one side, as a list of numbers; None for a side that was not there."""
    return [getattr(load, attribute) for load in found[name]] if name in found else None


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
    command = [*prefix, "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s",
               "-s", str(HERE / "load" / "post.lua"), url, "--", "POST" if body else "GET", body or ""]
    meter, begun = CpuMeter(pids), time.monotonic()
    output = subprocess.run(command, capture_output=True, text=True, check=False)
    took, cpu = time.monotonic() - begun, meter.spent()
    requests, errors, p50, p99 = parse_wrk(output.stdout + output.stderr)
    if errors or not requests:
        raise RuntimeError(f"{url}: {errors} of {requests} requests failed")
    return Load(requests, errors, p50, p99, took, cpu / requests * 1e6)


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
