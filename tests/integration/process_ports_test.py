"""Default ports that Ray has already: the next ones are used, and no command is sent to Ray by mistake.

In a network namespace of its own, where the default ports are free; skipped where there is none."""
import http.server
import os
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

INSIDE = "MANTA_TEST_PORTS_INSIDE"
DASHBOARD = b'{"version": "4", "ray_version": "2.60.0", "ray_commit": "abc", "session_name": "session_1"}'
METRICS = b"# HELP ray_node_cpu_count Total CPUs\n# TYPE ray_node_cpu_count gauge\nray_node_cpu_count 4.0\n"


class LikeRay(http.server.BaseHTTPRequestHandler):
    """Pages as Ray's dashboard, the metrics of a node, and Ray Serve have them; keeps what changes something."""

    server_version, sys_version = "uvicorn", ""

    def page(self):
        kind = self.server.kind
        if kind == "dashboard":
            return (200, DASHBOARD) if self.path in ("/api/ray/version", "/api/version") else (404, b"404: Not Found")
        if kind == "metrics":
            return 200, METRICS
        return 404, f"Path '{self.path}' not found. Ping http://.../-/routes for available routes.".encode()

    def do_GET(self):
        status, body = self.page()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        self.server.changes.append((self.command, self.path))
        self.do_GET()

    do_DELETE = do_POST = do_PATCH = do_PUT

    def log_message(self, *_):
        pass


class Fake:
    def __init__(self, port, kind):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), LikeRay)
        self.server.kind, self.server.changes = kind, []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class PortsTest(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory(prefix="manta-ports-")
        self.addCleanup(self.home.cleanup)
        self.environment = {**os.environ, "HOME": self.home.name}
        for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
            self.environment.pop(name, None)

    def fake(self, port, kind):
        made = Fake(port, kind)
        self.addCleanup(made.close)
        return made

    def manta(self, *words):
        return subprocess.run([MANTA, *words], env=self.environment, capture_output=True, text=True, timeout=30)

    def start(self, *words):
        log = open(os.path.join(self.home.name, "out"), "ab+")
        self.addCleanup(log.close)
        process = subprocess.Popen([MANTA, *words], env=self.environment, stdout=log, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

        def output():
            with open(log.name) as file:
                return file.read()

        wait_until(lambda: "ready: " in output() or process.poll() is not None, "ready")
        return process, output()

    def test_default_ports_of_ray_are_left_to_it_and_commands_find_the_instance_all_the_same(self):
        dashboard = self.fake(8265, "dashboard")
        self.fake(8080, "metrics")
        self.fake(8000, "serve")
        process, output = self.start("run", f"{APP_ONE}:build", "--name", "test")
        self.assertIn("port 8265 is taken by Ray's dashboard (Ray 2.60.0): the admin port is 8266 instead", output)
        self.assertIn("port 8000 is taken by Ray Serve: the HTTP port is 8001 instead", output)
        self.assertIn("port 8080 is taken by the metrics of a Ray node: the port of /metrics is 8081 instead", output)
        self.assertIn("ready: http://127.0.0.1:8001\n", output)
        status = self.manta("status")
        self.assertIn("test:", status.stdout, status.stderr)
        deployed = self.manta("deploy", f"{APP_TWO}:build", "--name", "test")
        self.assertEqual(deployed.returncode, 0, deployed.stderr)
        stopped = self.manta("shutdown", "-y")
        self.assertEqual(stopped.returncode, 0, stopped.stderr)
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(dashboard.server.changes, [])

    def test_nothing_is_sent_to_what_is_not_manta(self):
        for port, kind, name in ((8265, "dashboard", "Ray's dashboard (Ray 2.60.0)"), (8300, "serve", "Ray Serve"),
                                 (8301, "metrics", "the metrics of a Ray node")):
            fake = self.fake(port, kind)
            words = [] if port == 8265 else ["--address", f"http://127.0.0.1:{port}"]
            for command in (["deploy", f"{APP_ONE}:build"], ["shutdown", "-y"], ["status"]):
                result = self.manta(*command, *words)
                self.assertEqual(result.returncode, 1)
                self.assertIn(f"http://127.0.0.1:{port} is not Manta but {name}; nothing was sent", result.stderr)
                self.assertIn("--admin-port", result.stderr)
            self.assertEqual(fake.server.changes, [])

    def test_the_public_port_is_told_from_the_admin_port(self):
        self.start("run", f"{APP_ONE}:build", "--name", "test", "--route-prefix", "/test")
        result = self.manta("status", "--admin-port", "8000")
        self.assertIn("http://127.0.0.1:8000 is the public port of Manta, not its admin port", result.stderr)

    def test_a_port_that_was_asked_for_is_not_replaced(self):
        self.fake(8265, "dashboard")
        self.fake(8000, "serve")
        for option, port, name in (("--admin-port", "8265", "Ray's dashboard"), ("--http-port", "8000", "Ray Serve")):
            result = self.manta("start", option, port)
            self.assertEqual(result.returncode, 1)
            for part in (port, option, name):
                self.assertIn(part, result.stderr)
        path = os.path.join(self.home.name, "app.yaml")
        with open(path, "w") as file:
            file.write(f"http_options:\n  port: 8000\napplications:\n- import_path: {APP_ONE}:build\n")
        result = self.manta("run", path)
        self.assertEqual(result.returncode, 1)
        self.assertIn("--http-port", result.stderr)

    def test_a_silent_program_on_a_default_port_does_not_keep_the_start_waiting(self):
        with socket.create_server(("127.0.0.1", 8265)):
            _, output = self.start("start")
            self.assertIn("port 8265 is taken by another program: the admin port is 8266 instead", output)

    def test_a_server_that_does_not_answer_gets_nothing(self):
        with socket.create_server(("127.0.0.1", 8265)):
            result = self.manta("shutdown", "-y")
            self.assertEqual(result.returncode, 1)
            self.assertIn("http://127.0.0.1:8265 takes connections and does not answer; nothing was sent", result.stderr)

    def test_the_record_of_a_killed_instance_is_not_believed(self):
        self.fake(8265, "dashboard")
        process, _ = self.start("start")
        process.kill()
        process.wait()
        result = self.manta("status")
        self.assertIn("http://127.0.0.1:8265 is not Manta", result.stderr)


def enter_a_namespace():
    """Runs this file once more, where the default ports are its own."""
    prefix = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    up = ["sh", "-c", 'ip link set lo up && exec "$0" "$@"']
    if subprocess.run([*prefix, "ip", "link", "set", "lo", "up"], capture_output=True).returncode != 0:
        print("SKIPPED: network namespaces are not allowed here, and the default ports may be in use", file=sys.stderr)
        sys.exit(0)
    os.environ[INSIDE] = "1"
    os.execvp(prefix[0], [*prefix, *up, sys.executable, *sys.argv])


if __name__ == "__main__":
    if INSIDE not in os.environ:
        enter_a_namespace()
    from instance import APP_ONE, APP_TWO, MANTA, wait_until

    unittest.main()
