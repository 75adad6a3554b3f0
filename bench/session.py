"""One run of bench/run: its settings, its progress, and the servers that several rows share."""
import os
import sys
import time
from pathlib import Path

import measure
import versions
from peers import LlmRouter, PythonPeer, RayServe
from servers import Manta, Nginx

APPLICATIONS = ("noop", "composition", "chain", "source", "sink", "batch")
NO_RAY = "Ray Serve: not installed (tools/setup ray-serve)"


class Session:
    """Servers start when a row first asks for them and are stopped at the end, the last one first."""

    def __init__(self, root, options, isolated):
        self.root, self.build, self.quick = root, options.build, options.quick
        self.repeats = options.repeats or (1 if options.quick else 3)
        self.seconds = 1.0 if options.quick else 2.0
        self.cache = Path(os.environ.get("MANTA_CACHE") or Path.home() / ".cache" / "manta").absolute()
        self.models = self.cache / "models"
        self.no_ray = "Ray Serve: left out" if options.no_ray else None if isolated else "Ray Serve: left out, no right to make a network namespace"
        self.row = ""
        self._shared = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in reversed(list(self._shared)):
            self.stop(name)

    # --- progress, on standard error

    def begin(self, row):
        self.row = row
        self.say("starts")

    def say(self, what):
        if sys.stderr.isatty():
            print(f"\r\033[K{self.row}: {what}", end="", file=sys.stderr, flush=True)

    def end(self, what):
        print(("\r\033[K" if sys.stderr.isatty() else "") + what, file=sys.stderr, flush=True)

    def about(self, command, seconds):
        """What a row was made with."""
        return {"date": time.strftime("%Y-%m-%d %H:%M"), "command": command, "machine": versions.machine(), "repeats": self.repeats,
                "seconds": self.seconds, "load": round(os.getloadavg()[1], 1), "took_s": round(seconds), "quick": self.quick,
                "versions": versions.installed(self.build, self.cache)}

    # --- servers

    def started(self, name, make):
        """The server `name`, made and kept by the first row that asks."""
        if name not in self._shared:
            self.say(f"starts {name}")
            self._shared[name] = make()
        return self._shared[name]

    def stop(self, name):
        """Ends a shared server before the end, for a row that it would disturb. The next row that asks starts it again."""
        if name in self._shared:
            self._shared.pop(name).stop()

    def application(self, function, name=None, **args):
        """One entry of `applications` out of bench/apps/bench_app.cc; the route prefix is /NAME."""
        library = self.build / "bench" / "apps" / "libbench_app.so"
        return {"name": name or function, "route_prefix": f"/{name or function}", "import_path": f"{library}:{function}", "args": args}

    def manta(self):
        """Every small application, beside each other; those that are not asked cost nothing."""
        together = {**self.application("composition", "composition_together"), "placement": "together"}
        return self.started("manta", lambda: Manta(self.build, [*map(self.application, APPLICATIONS), together]))

    def nginx(self):
        return self.started("nginx", Nginx)

    def nginx_proxy(self):
        return self.started("nginx proxy", lambda: Nginx(upstream=self.nginx()))

    def ray(self, fastest=True):
        """Ray Serve, or None; `no_ray` then says why. With its fastest settings, or as installed: one of the two at a time."""
        python = self.cache / "ray-serve" / "bin" / "python"
        if not self.no_ray and not python.exists():
            self.no_ray = NO_RAY
        if self.no_ray:
            return None
        name, other = ("Ray Serve", "Ray Serve as installed")[:: 1 if fastest else -1]
        self.stop(other)
        try:
            return self.started(name, lambda: RayServe(str(python), self.models, fastest))
        except RuntimeError as error:
            print(error, file=sys.stderr)
            self.no_ray = "Ray Serve: did not start, see above"
            return None

    def peer(self, name, make):
        """A server that `make(folder of its programs)` starts, for one row, or None if `tools/setup NAME` was not run."""
        binaries = self.cache / name / "bin"
        if not binaries.exists():
            return None
        self.say(f"starts {name}")
        return make(binaries)

    def python_peer(self, name):
        return self.peer(name, lambda binaries: PythonPeer(name, binaries))

    def router(self, name, engine_port):
        return self.peer(name, lambda binaries: LlmRouter(name, binaries, engine_port))

    def beside_ray(self, row, what, unit, ours, theirs, bar=None, at_least=False, bar_text=None):
        """The line of a comparison with Ray Serve; `theirs` is None where it does not run."""
        if theirs:
            return measure.compare(row, what, unit, ours, theirs, "Ray Serve", bar, at_least, bar_text)
        return measure.Line(row, what, f"{measure.Spread.of(ours)} {unit}", self.no_ray, None, bar_text or "-",
                            ours=measure.Spread.of(ours), unit=unit)

    def program(self, *parts):
        path = self.build.joinpath("bench", *parts)
        if not path.exists():
            raise RuntimeError(f"{path} is not built: tools/build release")
        return path
