"""`manta bench` against a running instance."""
import json
import os
import subprocess
import tempfile
import unittest

from instance import MANTA, Instance, APP_ONE


class BenchTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.instance = Instance()
        cls.instance.run(f"{APP_ONE}:build")
        cls.url = f"http://localhost:{cls.instance.http_port}"

    @classmethod
    def tearDownClass(cls):
        cls.instance.stop()
        cls.instance.__exit__(None, None, None)

    def bench(self, *words, code=0):
        done = subprocess.run([MANTA, "bench", *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def numbers(self, *words):
        return json.loads(self.bench(*words, "--json", "-"))

    def test_so_many_requests_are_answered(self):
        for more in ([], ["--http2"]):
            result = self.numbers(self.url + "/echo", "-d", "{}", "-n", "200", "-c", "8", *more)
            self.assertEqual((result["completed"], result["failed"]), (200, 0), result)
            self.assertGreater(result["p99_e2el_ms"], 0)

    def test_an_open_loop_keeps_its_rate(self):
        result = self.numbers(self.url + "/echo", "-d", "{}", "--rate", "50", "--burstiness", "0", "-t", "2", "--warm-up", "0")
        self.assertEqual(result["completed"], 100)

    def test_failures_are_told_by_reason(self):
        text = self.bench(self.url + "/no-such-path", "-d", "{}", "-n", "5", code=1)
        self.assertIn("5 failed: 404", text)

    def test_two_runs_are_compared(self):
        with tempfile.TemporaryDirectory() as folder:
            before = os.path.join(folder, "before.json")
            self.bench(self.url + "/echo", "-d", "{}", "-n", "20", "--json", before)
            text = self.bench(self.url + "/echo", "-d", "{}", "-n", "20", "--compare", before)
            self.assertIn("request_throughput", text)
            after = os.path.join(folder, "after.json")
            self.bench(self.url + "/echo", "-d", "{}", "-n", "40", "--json", after)
            text = self.bench("--compare", before, "--after", after)
            self.assertRegex(text, r"completed +20.000 +40.000 +\+100.0 %")
            self.assertNotIn("requests open", text, "nothing was run")
            self.assertIn("--after: no.json: no such file", self.bench("--compare", before, "--after", "no.json", code=1))

    def test_a_server_that_is_not_there_is_said(self):
        text = self.bench("http://localhost:1/", "-t", "0.3", "--warm-up", "0", code=1)
        self.assertIn("nobody answers there", text)


if __name__ == "__main__":
    unittest.main()
