"""Nodes as commands and REST show them, artifacts that a machine has not, systemd units."""
import configparser
import glob
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from instance import APP_ONE, MANTA, PROGRAM, Instance, manta, wait_until


def two_on_one_gpu(instance):
    path = os.path.join(instance.state, "app.yaml")
    with open(path, "w") as file:
        file.write(f"applications:\n- import_path: {APP_ONE}:build\n  name: test\n  deployments:\n  - name: Echo\n"
                   "    num_replicas: 2\n    ray_actor_options: {num_cpus: 0.5, num_gpus: 1}\n")
    return path


class NodesTest(unittest.TestCase):
    def test_one_machine_with_a_replica_that_waits(self):
        with Instance() as instance:
            instance.begin("--num-cpus", "4", "--num-gpus", "1", "--labels", '{"zone": "a"}', "--accelerator-type",
                           "A100", "--resources", '{"disk": 2}', verb="start")
            instance.wait_ready()
            manta(instance, "deploy", two_on_one_gpu(instance))
            wait_until(lambda: instance.deployment()["replica_states"] == {"RUNNING": 1, "PENDING": 1}, "one of two")
            wait_until(lambda: "HEALTHY" in instance.status()["proxies"].values(), "the proxy")
            report = json.loads(manta(instance, "nodes", "--json"))
            self.assertEqual(report, json.loads(instance.admin("GET", "/api/serve/nodes")[2]))
            [node] = report["nodes"]
            self.assertEqual((node["state"], node["is_head"], node["proxy"]), ("ALIVE", True, "HEALTHY"))
            self.assertEqual((node["labels"], node["accelerator_type"]), ({"zone": "a"}, "A100"))
            self.assertEqual({name: node["total"][name] for name in ("CPU", "GPU", "disk")}, {"CPU": 4, "GPU": 1, "disk": 2})
            self.assertEqual((node["used"], node["free"]["CPU"], node["free"]["GPU"]), ({"CPU": 0.5, "GPU": 1}, 3.5, 0))
            self.assertEqual(node["replicas_of"], {"test/Echo": 1})
            [pending] = report["pending"]
            self.assertEqual((pending["deployment"], pending["replicas"], pending["bundles"]),
                             ("Echo", 1, [{"CPU": 0.5, "GPU": 1}]))
            text = manta(instance, "nodes")
            self.assertIn("Usage:\n 1.0/1.0 GPU\n 0.5/4.0 CPU\n", text)
            self.assertIn('Active:\n 1 node(s) with resources: {"GPU": 1.0, "CPU": 4.0, "disk": 2.0}\n', text)
            self.assertIn("test/Echo: 1 replica(s), each needs", text)
            self.assertIn("needs 1 GPU, the largest free is 0", text)
            self.assertRegex(text, rf"{node['node_id']} \(head\) .* A100, zone=a .* HEALTHY +test/Echo\n")
            self.assertNotIn("\nnodes:", manta(instance, "status"), "one machine: the status is Ray Serve's")
            manta(instance, "drain", "--node", node["node_id"])
            wait_until(lambda: json.loads(manta(instance, "nodes", "--json"))["nodes"][0]["state"] == "DRAINING", "the drain")


def told(instance, **where):
    """The environment of a replica of the instance."""
    pid = list(instance.replicas(**where).values())[0]
    with open(f"/proc/{pid}/environ") as file:
        return dict(entry.split("=", 1) for entry in file.read().split("\0") if "=" in entry)


class Replica:
    """A replica process that nobody has started, told what one of the instance is told, with changes: as on another machine."""

    def __init__(self, environment, cache, **changes):
        spec = {**json.loads(environment["MANTA_REPLICA_SPEC"]), "id": "test#Echo#other", **changes}
        entries = dict(environment)
        self.socket = socket.socket(socket.AF_UNIX)
        self.path = os.path.join(tempfile.mkdtemp(prefix="m-", dir="/tmp"), "r.sock")
        self.socket.bind(self.path)
        self.socket.listen()
        entries.update({"MANTA_REPLICA_SPEC": json.dumps(spec), "MANTA_ARTIFACT_CACHE": cache})
        self.process = subprocess.Popen([MANTA, "replica", "--listen-fd", str(self.socket.fileno()), "--id", spec["id"]],
                                        env=entries, pass_fds=[self.socket.fileno()], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        self.socket.close()

    def ask(self, method, body):
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(20)
        connection.sock.connect(self.path)
        connection.request("POST", f"/{method}", json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def answers(self, method="echo", body=None):
        try:
            return self.ask(method, body or {"text": "hi"})[0] == 200
        except OSError:
            return False

    def state(self):
        """The first state it tells that is no start."""
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(20)
        connection.sock.connect(self.path)
        connection.request("POST", "/-/state")
        answer = connection.getresponse()
        try:
            while True:
                head = answer.read(5)
                state = json.loads(answer.read(int.from_bytes(head[1:], "big")))
                if state["state"] != "STARTING":
                    return state
        finally:
            connection.close()

    def executable(self):
        return os.readlink(f"/proc/{self.process.pid}/exe")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        shutil.rmtree(os.path.dirname(self.path))


class ArtifactsTest(unittest.TestCase):
    def setUp(self):
        self.cache = tempfile.mkdtemp(prefix="manta-cache-")
        self.addCleanup(shutil.rmtree, self.cache)

    def kept(self):
        return [path for path in glob.glob(f"{self.cache}/*/*") if os.path.isfile(path)]

    def assert_right(self, path):
        with open(path, "rb") as file:
            self.assertEqual(hashlib.sha256(file.read()).hexdigest(), os.path.basename(os.path.dirname(path)))

    def test_replicas_without_the_file_share_one_fetch(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            replicas = [Replica(told(instance), self.cache, artifact="/elsewhere/libapp.so", id=f"test#Echo#other{i}")
                        for i in range(3)]
            try:
                for replica in replicas:
                    wait_until(replica.answers, "an answer of code that was fetched")
                [path] = self.kept()
                self.assert_right(path)
                self.assertEqual(os.path.basename(path), "libapp.so")
                for replica in replicas:
                    with open(f"/proc/{replica.process.pid}/maps") as file:
                        self.assertIn(path, file.read())
            finally:
                for replica in replicas:
                    replica.__exit__()

    def test_a_file_of_another_content_is_not_used(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            wrong = os.path.join(self.cache, "wrong.so")
            with open(wrong, "w") as file:
                file.write("not what was deployed")
            with Replica(told(instance), os.path.join(self.cache, "new"), artifact=wrong) as replica:
                wait_until(replica.answers, "an answer of code that was fetched")

    def test_a_fetch_that_brings_something_else_is_refused(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            [stored] = glob.glob(f"{instance.state}/artifacts/*/*")
            with open(stored, "r+b") as file:
                file.seek(0, os.SEEK_END)
                file.write(b"changed")
            with Replica(told(instance), self.cache, artifact="/elsewhere/libapp.so") as replica:
                state = replica.state()
                self.assertEqual(state["state"], "START_FAILED")
                self.assertIn("it is not used", state["message"])
                self.assertEqual(self.kept(), [])

    def test_an_artifact_that_the_controller_has_not_is_told(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            with Replica(told(instance), self.cache, artifact="/elsewhere/libapp.so", artifact_sha256="0" * 64) as replica:
                state = replica.state()
                self.assertEqual(state["state"], "START_FAILED")
                self.assertIn(f"has no artifact {'0' * 64}", state["message"])

    def test_the_controller_may_be_away_for_a_moment(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            environment = told(instance)
            os.kill(instance.pid_of("controller"), signal.SIGKILL)
            with Replica(environment, self.cache, artifact="/elsewhere/libapp.so") as replica:
                wait_until(replica.answers, "an answer of code that was fetched")

    def test_a_program_is_fetched_and_executed(self):
        with Instance().run(program=PROGRAM) as instance:
            environment = told(instance, application="greeter", name="Greeter")
            with Replica(environment, self.cache, artifact="/elsewhere/program", id="greeter#Greeter#other") as replica:
                wait_until(lambda: replica.answers("call", ["you"]), "an answer of the program")
                [path] = self.kept()
                self.assert_right(path)
                self.assertEqual(replica.executable(), path)

    def test_artifacts_are_for_processes_of_the_instance(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            [stored] = glob.glob(f"{instance.state}/artifacts/*/*")
            self.assertEqual(instance.admin("GET", f"/-/artifacts/{os.path.basename(os.path.dirname(stored))}")[0], 404)


class SystemdTest(unittest.TestCase):
    def units(self, *words):
        folder = tempfile.mkdtemp(prefix="manta-units-")
        self.addCleanup(shutil.rmtree, folder)
        subprocess.run([MANTA, "systemd", *words, "--output", folder], check=True, capture_output=True, timeout=30)
        return folder

    def test_systemd_understands_the_units(self):
        address = ["--address", "10.0.1.5:6379"]
        for words in ([], ["head", *address], ["head", *address, "--ray-store", "/var/lib/manta-ray"], ["worker", *address]):
            with self.subTest(words=words):
                # Verified with programs and users that are here.
                folder = self.units(*words, "--user", "root", "--ray", "/bin/true")
                files = sorted(glob.glob(f"{folder}/*.service"))
                done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *files],
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_mistake_in_a_unit_is_noticed(self):
        folder = self.units("--user", "root")
        with open(f"{folder}/manta.service", "a") as file:
            file.write("\n[Service]\nKillModes=mixed\n")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", f"{folder}/manta.service"], capture_output=True,
                              text=True, timeout=60)
        self.assertIn("KillModes", done.stderr)

    def test_printed_units_are_those_that_are_written(self):
        folder = self.units("head", "--address", "10.0.1.5:6379")
        printed = subprocess.run([MANTA, "systemd", "head", "--address", "10.0.1.5:6379"], check=True, text=True,
                                 capture_output=True, timeout=30).stdout
        for path in glob.glob(f"{folder}/*.service"):
            with open(path) as file:
                self.assertIn(file.read(), printed)
            unit = configparser.ConfigParser(strict=False, interpolation=None)
            unit.optionxform = str
            unit.read(path)
            self.assertEqual(unit.sections(), ["Unit", "Service", "Install"])

    def test_wrong_words_end_with_2(self):
        done = subprocess.run([MANTA, "systemd", "head"], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--address", done.stderr)


if __name__ == "__main__":
    unittest.main()
