"""Multiplexed models: requests go where their model is, also for callers that never sent one for it."""
import concurrent.futures
import json
import os
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


if __name__ == "__main__":
    unittest.main()
