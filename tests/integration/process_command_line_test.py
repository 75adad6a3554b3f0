"""The command line: help, and one clear line for each thing that is wrong, within a second."""
import os
import socket
import subprocess
import tempfile
import time
import unittest

from instance import APP_ONE, MANTA, Instance


class CommandLineTest(unittest.TestCase):
    def fails(self, *words, code=1, limit_s=1.0):
        begun = time.monotonic()
        result = subprocess.run([MANTA, *words], capture_output=True, text=True, timeout=20)
        self.assertLess(time.monotonic() - begun, limit_s)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stderr

    def file(self, text):
        handle = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
        self.addCleanup(os.unlink, handle.name)
        with handle:
            handle.write(text)
        return handle.name

    def test_help_has_examples_for_each_command(self):
        for words in ([], ["run"], ["start"], ["deploy"], ["status"], ["shutdown"], ["config", "check"], ["describe"]):
            text = subprocess.run([MANTA, *words, "--help"], capture_output=True, text=True, check=True).stdout
            self.assertIn("Example", text, words)
        text = subprocess.run([MANTA, "--help"], capture_output=True, text=True, check=True).stdout
        for role in ("controller", "proxy", "replica"):
            self.assertNotIn(f"\n  {role} ", text)

    def test_version(self):
        self.assertRegex(subprocess.run([MANTA, "--version"], capture_output=True, text=True, check=True).stdout, r"^manta \d+\.\d+\.\d+\n$")

    def test_an_unknown_option_is_a_wrong_command_line(self):
        self.assertIn("--no-such-option", self.fails("run", "app.yaml", "--no-such-option", code=2))

    def test_an_unknown_command_is_named_with_the_nearest(self):
        self.assertIn("there is no command 'statsu'; did you mean 'status'?", self.fails("statsu", code=2))

    def test_a_missing_file_is_named(self):
        self.assertEqual(self.fails("run", "/no/such/app.yaml"), "error: /no/such/app.yaml: no such file\n")
        self.assertIn("/no/such/lib.so", self.fails("run", "/no/such/lib.so:build"))

    def test_an_import_path_of_no_known_form_is_explained(self):
        self.assertIn("builtin:name", self.fails("run", "what"))

    def test_bad_yaml_has_line_and_column(self):
        path = self.file("applications:\n- import_path: builtin:embed\n  num_replica: 2\n")
        self.assertTrue(self.fails("config", "check", path).startswith(f"error: {path}:3:3: "))
        path = self.file("applications: [\n")
        self.assertRegex(self.fails("run", path), rf"^error: {path}:\d+:\d+: ")

    def test_a_good_file_is_valid(self):
        path = self.file(f"applications:\n- import_path: {APP_ONE}:build\n")
        result = subprocess.run([MANTA, "config", "check", path], capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stdout), (0, f"{path}: valid\n"))

    def test_a_check_compares_the_file_with_what_the_application_builds(self):
        good = f"applications:\n- name: h\n  import_path: {APP_ONE}:build\n  deployments:\n"
        path = self.file(good + "  - name: Ecko\n    num_replicas: 2\n")
        wanted = f"error: {path}:5:11: deployment 'Ecko' is overridden but application 'h' has no such deployment; did you mean 'Echo'?"
        self.assertTrue(self.fails("config", "check", path, limit_s=10).startswith(wanted))
        path = self.file(f"applications:\n- import_path: {APP_ONE}:build_throws\n")
        error = self.fails("config", "check", path, limit_s=10)
        self.assertTrue(error.startswith(f"error: {path}:2:16: application 'default': "), error)
        self.assertIn("the build refuses", error)

    def test_a_refused_deploy_has_line_and_column(self):
        path = self.file(f"applications:\n- import_path: {APP_ONE}:build\n  deployments:\n  - name: Ecko\n")
        with Instance().run(f"{APP_ONE}:build") as instance:
            error = self.fails("deploy", path, "--admin-port", str(instance.admin_port), limit_s=10)
            self.assertTrue(error.startswith(f"error: {path}:4:11: deployment 'Ecko'"), error)
            instance.stop()
            error = self.fails("run", path, "--http-port", "0", "--admin-port", "0", "--state-dir", instance.state, limit_s=20)
            self.assertIn(f"error: {path}:4:11: deployment 'Ecko'", error)

    def test_a_missing_library_has_line_and_column(self):
        path = self.file("applications:\n- import_path: /no/such/lib.so:build\n")
        wanted = f"error: {path}:2:16: application 'default': import_path '/no/such/lib.so:build': there is no file /no/such/lib.so"
        self.assertEqual(self.fails("config", "check", path).strip(), wanted)

    def test_a_taken_port_is_named_with_its_option(self):
        for option, flag in (("--http-port", "--http-port"), ("--admin-port", "--admin-port")):
            with socket.socket() as taken, Instance() as instance:
                taken.bind(("127.0.0.1", 0))
                taken.listen()
                port = taken.getsockname()[1]
                ports = {"--http-port": str(instance.http_port), "--admin-port": str(instance.admin_port), option: str(port)}
                words = [word for pair in ports.items() for word in pair]
                error = self.fails("run", f"{APP_ONE}:build", "--state-dir", instance.state, *words)
                self.assertIn(str(port), error)
                self.assertIn(flag, error)

    def test_a_second_instance_in_the_same_folder_is_told_who_has_it(self):
        with Instance().run(f"{APP_ONE}:build") as first:
            error = self.fails("run", f"{APP_ONE}:build", "--state-dir", first.state, "--http-port", "0", "--admin-port", "0")
            self.assertIn(str(first.process.pid), error)

    def test_no_instance_to_talk_to(self):
        with Instance() as instance:
            admin = ("--admin-port", str(instance.admin_port))
            self.assertIn(str(instance.admin_port), self.fails("status", *admin))
            stopped = subprocess.run([MANTA, "shutdown", "-y", *admin], capture_output=True, text=True)
            self.assertEqual(stopped.returncode, 0, "nothing has to be stopped")
            self.assertIn("no instance answers", stopped.stderr)

    def test_a_file_that_is_no_library_is_refused(self):
        path = self.file("this is no shared object")
        with Instance() as instance:
            error = self.fails("run", f"{path}:build", "--state-dir", instance.state, "--http-port", "0", "--admin-port", "0", limit_s=3)
            self.assertIn(os.path.basename(path), error)


if __name__ == "__main__":
    unittest.main()
