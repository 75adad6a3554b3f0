"""How Manta and nginx are started and stopped; peers.py has the others."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import processes

HERE = Path(__file__).resolve().parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def request(port, method, path, body=None, timeout=30.0):
    """(status, body)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, {"content-type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def wait_for_200(port, method, path, body=None, limit_s=120.0):
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        try:
            if request(port, method, path, body, 5.0)[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"no 200 from port {port} {path} within {limit_s:.0f} s")


class Server:
    """A process and everything below it, in a folder of its own. `log` is what it wrote."""

    def __init__(self, command, name, environment=None, stdin=None, stdout=None):
        self.folder = Path(tempfile.mkdtemp(prefix=f"manta-bench-{name}-"))
        self.name = name
        command = [str(word).replace("{folder}", str(self.folder)) for word in command]
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=stdin or subprocess.DEVNULL, stdout=stdout or log, stderr=log, text=True,
                                            env={**os.environ, **(environment or {})}, cwd=self.folder, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def pids(self):
        return processes.processes_below(self.process.pid)

    def starting(self, wait):
        """Calls `wait`; a server that does not become ready is ended, and the error has what it wrote."""
        try:
            wait()
        except BaseException as error:
            written = self.log()[-3000:]
            self.stop()
            if not isinstance(error, Exception):
                raise
            raise RuntimeError(f"{self.name} did not start: {error}\n{written}") from None

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def stop(self, how=signal.SIGINT, limit_s=30.0):
        """Ends the process, and by pid what it leaves behind."""
        below = self.pids()
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(limit_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in below & processes.processes_below(os.getpid()) - {os.getpid()}:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)


class Manta(Server):
    """`manta run` with the given applications: [{"name", "route_prefix", "import_path", "args"}, ...]; more arguments go to it."""

    def __init__(self, build, applications, prefix=(), ready_s=120.0, arguments=(), http_options=None):
        self.port, self.admin_port = free_port(), free_port()
        config = tempfile.NamedTemporaryFile("w", suffix=".json", prefix="manta-bench-", delete=False)
        with config:
            json.dump({"http_options": http_options or {}, "applications": applications}, config)
        self.config = config.name
        super().__init__([*prefix, build / "bin" / "manta", "run", config.name, "--http-port", self.port, "--admin-port", self.admin_port,
                          "--num-cpus", 16, "--state-dir", "{folder}/state", *arguments], "manta")
        self.starting(lambda: self._wait_ready(ready_s))

    def _wait_ready(self, limit_s):
        end = time.monotonic() + limit_s
        while "ready: " not in self.log():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("no line `ready: `")
            time.sleep(0.01)

    @staticmethod
    def role(pid):
        """"run", "controller", "proxy" or "replica"; empty when the process is gone."""
        return ((processes.read_proc(pid, "cmdline") or "").split("\0") + [""])[1]

    def replica(self, deployment):
        """Pids of the deployment's replicas."""
        word = f"--deployment\0{deployment}\0"
        return {pid for pid in self.pids() if word in (processes.read_proc(pid, "cmdline") or "")}

    def stop(self, **options):
        super().stop(**options)
        Path(self.config).unlink(missing_ok=True)


NGINX = """worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error; events {{ worker_connections 4096; }}
http {{ access_log off; client_max_body_size 64m; keepalive_requests 100000000; client_body_buffer_size 64k; proxy_request_buffering off; default_type application/json;
 client_body_temp_path {folder}/c; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
 {servers} }}"""


class Nginx(Server):
    """A static answer on `port`; with `upstream`, that answer through a second nginx in front of it: two processes that work, as
    with Manta's proxy and replica. Started twice then, so that each has a master and a worker of its own."""

    def __init__(self, upstream=None):
        self.port = free_port()
        location = """return 200 '{"ok": true, "fields": 3}';"""
        pool = ""
        if upstream:
            pool = f"upstream u {{ server 127.0.0.1:{upstream.port}; keepalive 256; keepalive_requests 100000000; }}"
            location = 'proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection "";'
        self.h2_port = free_port()   # HTTP/2 without TLS
        servers = f"{pool} server {{ listen 127.0.0.1:{self.port}; listen 127.0.0.1:{self.h2_port} http2; location / {{ {location} }} }}"
        folder = tempfile.mkdtemp(prefix="manta-bench-nginx-")
        self.config = Path(folder)
        (self.config / "nginx.conf").write_text(NGINX.format(folder=folder, servers=servers))
        super().__init__(["nginx", "-p", folder, "-c", f"{folder}/nginx.conf"], "nginx")
        self.starting(lambda: wait_for_200(self.port, "GET", "/", limit_s=10))

    def stop(self, **options):
        super().stop(how=signal.SIGQUIT, **options)
        shutil.rmtree(self.config, ignore_errors=True)
