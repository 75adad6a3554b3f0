"""Runs one instance of Manta for a test: its own ports, its own state folder, everything gone afterwards."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = os.environ["MANTA_TEST_BUILD"]
MANTA = os.path.join(BUILD, "bin", "manta")
APP_ONE = os.path.join(BUILD, "tests", "apps", "libtest_app_one.so")
APP_TWO = os.path.join(BUILD, "tests", "apps", "libtest_app_two.so")
PROGRAM = os.path.join(BUILD, "tests", "apps", "test_program")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def processes(needle):
    """Living processes whose environment or command line has `needle`: {pid: command line}. Zombies have neither."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as f:
                command = f.read()
            with open(f"/proc/{name}/environ", "rb") as f:
                environment = f.read()
        except OSError:
            continue
        if needle.encode() in command or needle.encode() in environment:
            found[int(name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def wait_until(condition, what, limit_s=20.0):
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"not within {limit_s} s: {what}")


class Instance:
    def __init__(self, state=None):
        self.own_state = state is None
        self.state = state or tempfile.mkdtemp(prefix="manta-test-")
        self.http_port = free_port()
        self.admin_port = free_port()
        self.process = None

    def command(self, verb, *words):
        return [MANTA, verb, *words, "--admin-port", str(self.admin_port)]

    def begin(self, *words, verb="run", program=None, environment=None):
        command = self.command(verb, *words, "--http-port", str(self.http_port), "--state-dir", self.state)
        if program:
            command[0] = program
        if self.process:
            self.log.close()
        self.log = open(os.path.join(self.state, "terminal.log"), "ab+")
        self.log_start = self.log.seek(0, os.SEEK_END)
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                        env={**os.environ, **(environment or {})})
        return self

    def run(self, *words, **options):
        self.begin(*words, **options)
        self.wait_ready()
        return self

    def run_config(self, config, *words, **options):
        """Runs what a dictionary says."""
        path = os.path.join(self.state, "config.yaml")
        with open(path, "w") as file:
            json.dump(config, file)
        return self.run(path, *words, **options)

    def output(self):
        with open(self.log.name, "rb") as f:
            f.seek(self.log_start)
            return f.read().decode(errors="replace")

    def wait_ready(self, limit_s=20.0):
        wait_until(lambda: "ready: " in self.output() or self.process.poll() is not None, "ready", limit_s)
        if "ready: " not in self.output():
            raise AssertionError(f"ended with {self.process.poll()}:\n{self.output()}")

    def request(self, method, path, body=None, port=None, timeout=10.0, headers=None):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.http_port, timeout=timeout)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"content-type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def call(self, method="echo", **question):
        status, _, body = self.request("POST", "/" + method, question)
        if status != 200:
            raise AssertionError(f"{status}: {body}")
        return json.loads(body)

    def admin(self, method, path, body=None):
        return self.request(method, path, body, port=self.admin_port)

    def status(self):
        return json.loads(self.admin("GET", "/api/serve/status")[2])

    def details(self):
        return json.loads(self.admin("GET", "/api/serve/details")[2])

    def deployment(self, application="test", name="Echo"):
        return self.status()["applications"][application]["deployments"][name]

    def replicas(self, state="RUNNING", application="test", name="Echo"):
        """{replica id: pid}"""
        found = self.details()["applications"][application]["deployments"][name]["replicas"]
        return {r["replica_id"]: r["pid"] for r in found if r["state"] == state}

    def pid_of(self, role):
        for pid, command in self.children().items():
            if re.search(rf"\bmanta {role}\b|test_program {role}\b", command):
                return pid
        return None

    def children(self):
        """Every process of the instance but the agent and its guard, while the agent lives or lived."""
        return processes(f"MANTA_INSTANCE={self.state}:")

    def config(self, artifact=APP_ONE, function="build", **args):
        return {"applications": [{"import_path": f"{artifact}:{function}", "args": args}]}

    def deploy(self, artifact=APP_ONE, function="build", **args):
        return self.admin("PUT", "/api/serve/applications/", self.config(artifact, function, **args))

    def wait_healthy(self, limit_s=20.0, application="test", name="Echo"):
        def healthy():
            known = self.status()["applications"].get(application)
            return known and known["deployments"].get(name, {}).get("status") == "HEALTHY"
        wait_until(healthy, "HEALTHY", limit_s)

    def stop(self, how=signal.SIGTERM, limit_s=30.0):
        self.process.send_signal(how)
        return self.process.wait(limit_s)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if kind and self.process:
            sys.stderr.write(self.output())
        if self.process:
            self.log.close()
        if self.own_state:
            shutil.rmtree(self.state, ignore_errors=True)


def manta(instance, *words, code=0):
    """What a client command prints to standard output, or, when it is to fail with `code`, to standard error."""
    result = subprocess.run([MANTA, *words, "--admin-port", str(instance.admin_port)], capture_output=True, text=True,
                            timeout=60)
    if result.returncode != code:
        raise AssertionError(f"{words}: exit code {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result.stdout if code == 0 else result.stderr
