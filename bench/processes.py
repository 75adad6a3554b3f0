"""CPU and memory of processes. CPU is the POSIX CPU clock of a process: all its threads, those that ended too, in nanoseconds."""
import os
import time
from pathlib import Path


def parse_stat(text):
    """(parent's pid, user + system ticks) of /proc/PID/stat, whose second field may hold anything."""
    fields = text.rsplit(")", 1)[1].split()
    return int(fields[1]), int(fields[11]) + int(fields[12])


def parse_pss(text):
    """KiB of /proc/PID/smaps_rollup."""
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def descendants(parents, root):
    """`root` and all below it; parents: {pid: parent's pid}."""
    children = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found, new = {root}, [root]
    while new:
        new = [child for pid in new for child in children.get(pid, ()) if child not in found]
        found.update(new)
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


def descriptors(pid):
    """How many a process has open; 0 when it is gone."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


class CpuMeter:
    """CPU seconds that a set of processes uses between start and spent(). `pids` is asked at both ends."""

    def __init__(self, pids):
        self.pids = pids
        self.before = cpu_seconds(pids())

    def spent(self):
        return sum(after - self.before.get(pid, 0.0) for pid, after in cpu_seconds(self.pids()).items())
