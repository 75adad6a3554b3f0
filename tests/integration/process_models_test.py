"""Multiplexed models: requests go where their model is, also for callers that never sent one for it."""
import concurrent.futures
import json
import os
import re
import signal
import unittest

from instance import wait_until
from programming import post, start


class ModelsTest(unittest.TestCase):
    def predict(self, instance, model):
        return json.loads(post(instance, "/predict", "", {"serve_multiplexed_model_id": model}))

    def test_requests_for_a_model_go_to_the_replica_that_has_it(self):
        with start(self.addCleanup, workers=3) as instance:
            homes = {}
            for _ in range(5):
                for model in ("a", "b"):
                    answer = self.predict(instance, model)
                    self.assertEqual(answer["model"], model)
                    self.assertEqual(homes.setdefault(model, answer["pid"]), answer["pid"])

    def test_a_caller_that_starts_anew_learns_where_the_models_are(self):
        with start(self.addCleanup, workers=3) as instance:
            homes = {model: self.predict(instance, model)["pid"] for model in "abcdef"}
            front = instance.replicas(name="Front")
            os.kill(next(iter(front.values())), signal.SIGKILL)
            wait_until(lambda: instance.replicas(name="Front") not in (front, {}), "another caller")
            workers = set(instance.replicas(name="Worker").values())
            reached = set()
            wait_until(lambda: reached.add(json.loads(post(instance, "/worker_pid"))) or reached == workers, "connected")
            held = {}
            for model, pid in homes.items():
                held.setdefault(pid, []).append(model)
            loaded = {model for models in held.values() for model in models[-2:]}  # each replica keeps two
            for model in loaded:
                self.assertEqual(self.predict(instance, model)["pid"], homes[model], model)

    def test_a_hot_model_spreads_over_several_replicas(self):
        with start(self.addCleanup, workers=3) as instance:
            with concurrent.futures.ThreadPoolExecutor(40) as pool:
                answers = list(pool.map(lambda _: self.predict(instance, "hot"), range(200)))
            self.assertEqual({answer["model"] for answer in answers}, {"hot"})
            self.assertGreater(len({answer["pid"] for answer in answers}), 1)

    def test_metrics_tell_which_models_a_replica_has(self):
        with start(self.addCleanup, workers=1) as instance:
            for model in "abc":  # it keeps two
                self.predict(instance, model)
            text = instance.request("GET", "/-/metrics")[2]
            (replica,) = instance.replicas(name="Worker")
            samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if f'replica="{replica}"' in line)
            found = {(key.split("{")[0].removeprefix("ray_serve_"), *re.findall('model_id="(.)"', key)): float(value)
                     for key, value in samples.items()}
            for name, value in ((("num_multiplexed_models",), 2), (("multiplexed_get_model_requests_counter",), 3),
                                (("multiplexed_models_load_counter",), 3), (("multiplexed_models_unload_counter",), 1),
                                (("multiplexed_model_load_latency_ms_count",), 3), (("multiplexed_model_unload_latency_ms_count",), 1),
                                (("registered_multiplexed_model_id", "a"), 0), (("registered_multiplexed_model_id", "c"), 1)):
                self.assertEqual(found.get(name), value, f"{name}\n{text}")


if __name__ == "__main__":
    unittest.main()
