"""`manta simulate`: what it prints, that it is the same each time, and one clear line for what is wrong."""
import json
import os
import subprocess
import tempfile
import unittest

from instance import APP_ONE, MANTA

FILE = """
applications:
- name: app
  import_path: libnot_here.so:build
  deployments:
  - name: Embed
    max_ongoing_requests: 4
    autoscaling_config: {min_replicas: 1, max_replicas: 6, target_ongoing_requests: 1, upscale_delay_s: 5, downscale_delay_s: 30}
"""


class SimulateTest(unittest.TestCase):
    def file(self, text, suffix=".yaml"):
        handle = tempfile.NamedTemporaryFile("w", suffix=suffix, delete=False)
        self.addCleanup(os.unlink, handle.name)
        with handle:
            handle.write(text)
        return handle.name

    def simulate(self, *words, code=0):
        result = subprocess.run([MANTA, "simulate", *words], capture_output=True, text=True, timeout=100)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stdout if code == 0 else result.stderr

    def test_replicas_follow_a_load_that_rises(self):
        report = json.loads(self.simulate(self.file(FILE), "--trace", "steps:2@0,30@100", "--duration", "5m", "--json",
                                          "--service", "Embed=100ms", "--start-time", "4s"))
        wanted = {row["time_s"]: row["wanted"] for row in report["timeline"]}
        self.assertEqual(wanted[min(wanted)], 1)
        self.assertGreaterEqual(wanted[max(wanted)], 3)
        self.assertEqual(report["summary"]["failed"], 0)
        self.assertEqual(report["summary"]["findings"], [])
        self.assertEqual(report["summary"]["requests"], report["summary"]["answered"])

    def test_the_price_of_a_million_requests(self):
        trace = self.file("time_s,requests\n0,12000\n3600,0\n", ".csv")
        application = self.file(FILE.replace("max_replicas: 6", "max_replicas: 1"))
        text = self.simulate(application, "--trace", trace, "--duration", "1h", "--price", "2.01/node", "--service", "50ms")
        found = [line for line in text.splitlines() if line.startswith("cost")]
        self.assertEqual(len(found), 1, text)
        self.assertAlmostEqual(float(found[0].split()[2]), 168, delta=5)

    def test_code_that_is_here_is_described(self):
        text = self.simulate(APP_ONE + ":build", "--trace", "poisson:10", "--duration", "60s")
        self.assertRegex(text, r"#\w+ +1 +1 ")

    def test_the_same_seed_prints_the_same(self):
        words = (self.file(FILE), "--trace", "poisson:20", "--duration", "2m", "--faults", "crash=20s,restart=40s,late=2%", "--idempotent", "1")
        first = self.simulate(*words, "--seed", "7")
        self.assertEqual(first, self.simulate(*words, "--seed", "7"))
        self.assertNotEqual(first, self.simulate(*words, "--seed", "8"))

    def test_what_is_wrong_is_named(self):
        for words, expected in (
                (["--trace", "burst:3"], "expected constant:50"),
                (["--trace", "no-such-file.csv"], "there is no file"),
                (["--trace", "poisson:5", "--service", "Embde=1s"], "did you mean 'Embed'"),
                (["--trace", "poisson:5", "--service", "Embed=soon"], "--service: 'soon' is no time"),
                (["--trace", "poisson:5", "--price", "2/hour"], "--price"),
                (["--trace", "poisson:5", "--faults", "crahs=1s"], "did you mean 'crash'"),
                (["--trace", "poisson:5", "--nodes", "cpu=0.5"], "pending")):
            self.assertIn(expected, self.simulate(self.file(FILE), *words, code=1), words)


if __name__ == "__main__":
    unittest.main()
