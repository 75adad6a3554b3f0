"""Batches of a running instance: how they close, and that their parameters change while it serves."""
import concurrent.futures
import http.client
import json
import os
import re
import time
import unittest

from instance import BUILD, Instance, wait_until
from load import Load

APP = os.path.join(BUILD, "tests", "apps", "libbatching_app.so")


def config(**settings):
    return {"applications": [{"name": "test", "import_path": f"{APP}:build",
                              "deployments": [{"name": "Batched", **settings}]}]}


class BatchingTest(unittest.TestCase):
    def start(self, **settings):
        return Instance().run_config(config(**settings))

    def deploy(self, instance, **settings):
        return instance.admin("PUT", "/api/serve/applications/", config(**settings))

    def at_once(self, instance, texts):
        with concurrent.futures.ThreadPoolExecutor(len(texts)) as pool:
            return list(pool.map(lambda text: instance.call(text=text), texts))

    def closed(self, instance):
        """{reason: batches of the batcher `echo` that closed for it}"""
        text = instance.request("GET", "/-/metrics")[2]
        lines = re.findall(r'manta_batches_closed\S*\{(.*)\} (\S+)', text)
        return {re.search(r'reason="(\w+)"', labels)[1]: float(value) for labels, value in lines
                if 'function_name="echo"' in labels}

    def test_a_batch_has_up_to_32_items_or_waits_a_tenth_of_a_second(self):
        batching = {"echo": {"max_batch_size": 32, "batch_wait_timeout_s": 0.1}}
        with self.start(batching=batching) as instance:
            before = time.monotonic()
            self.assertEqual(instance.call(text="alone")["batch"], 1)
            self.assertGreaterEqual(time.monotonic() - before, 0.1)
            self.assertEqual(self.closed(instance), {"timeout": 1})
            self.assertEqual(self.deploy(instance, batching={"echo": {"max_batch_size": 32, "batch_wait_timeout_s": 20}})[0], 200)
            instance.wait_healthy(name="Batched")
            answers = self.at_once(instance, [str(i) for i in range(64)])
            self.assertEqual([a["text"] for a in answers], [str(i) for i in range(64)])
            self.assertEqual({a["batch"] for a in answers}, {32}, "max_ongoing_requests, which nobody gave, has followed")
            self.assertEqual(self.closed(instance), {"timeout": 1, "full": 2})
            told = lambda: instance.details()["applications"]["test"]["deployments"]["Batched"]["batches_closed"]
            wait_until(lambda: told() == {"timeout": 1, "full": 2}, "the controller has been told")

    def test_parameters_change_under_load_without_a_failed_request_or_a_restart(self):
        with self.start(num_replicas=2) as instance:
            pids = instance.replicas(name="Batched")
            with Load(instance, threads=12) as load:
                for size in (1, 12, 3, 8):
                    begun = len(load.done)
                    settings = {"max_batch_size": size, "batch_wait_timeout_s": 0.02, "buckets": [2, 4]}
                    status, _, body = self.deploy(instance, num_replicas=2, batching={"echo": settings})
                    self.assertEqual(status, 200, body)
                    instance.wait_healthy(name="Batched")
                    done = len(load.done)
                    wait_until(lambda: len(load.done) > done + 200 or load.failed, "requests")
                    self.assertLessEqual(max(a["batch"] for a in load.done[done + 24:]), size)
                    self.assertGreater(len(load.done), begun)
            self.assertEqual(load.failed, [])
            self.assertGreater(max(a["batch"] for a in load.done), 4, "more than the code's limit ran together")
            self.assertEqual(instance.replicas(name="Batched"), pids)

    def test_items_of_a_length_share_batches_and_none_is_starved(self):
        buckets = {"echo": {"max_batch_size": 8, "batch_wait_timeout_s": 2, "buckets": [3, 10]}}
        with self.start(batching=buckets, max_ongoing_requests=64) as instance:
            texts = ["a" * 2] * 8 + ["b" * 7] * 3 + ["c" * 40]
            sizes = {a["text"]: a["batch"] for a in self.at_once(instance, texts)}
            self.assertEqual(sizes, {"a" * 2: 8, "b" * 7: 3, "c" * 40: 1})
            closed = self.closed(instance)
            self.assertEqual(closed["full"], 1)
            self.assertEqual(closed.get("bucket", 0) + closed.get("timeout", 0), 2)

    def test_a_batcher_that_there_is_not_is_refused_at_start(self):
        with Instance().begin(verb="start") as instance:
            wait_until(lambda: "ready: " in instance.output(), "ready")
            self.assertEqual(self.deploy(instance, batching={"ecko": {"max_batch_size": 8}})[0], 200)
            wait_until(lambda: instance.deployment(name="Batched")["status"] == "DEPLOY_FAILED", "DEPLOY_FAILED")
            self.assertIn("did you mean 'echo'?; it has: echo, letters", instance.deployment(name="Batched")["message"])

    def test_a_batcher_that_there_is_not_is_rolled_back_while_it_serves(self):
        with self.start(batching={"echo": {"max_batch_size": 2, "batch_wait_timeout_s": 5}}) as instance:
            pids = instance.replicas(name="Batched")
            self.assertEqual(self.deploy(instance, batching={"nobody": {"max_batch_size": 8}})[0], 200)
            wait_until(lambda: instance.deployment(name="Batched")["status"] == "DEPLOY_FAILED", "DEPLOY_FAILED")
            self.assertIn("it has: echo, letters", instance.deployment(name="Batched")["message"])
            self.assertEqual({a["batch"] for a in self.at_once(instance, ["a", "b"])}, {2}, "it serves on as it was")
            self.assertEqual(instance.replicas(name="Batched"), pids)

    def test_batches_that_cannot_fill_are_refused_with_both_values(self):
        with self.start() as instance:
            status, _, body = self.deploy(instance, batching={"echo": {"max_batch_size": 32, "max_concurrent_batches": 2}},
                                          max_ongoing_requests=10)
            self.assertEqual(status, 400, body)
            self.assertIn("max_ongoing_requests is 10, but batching asks for batches of 64", body)
            self.assertIn("raise max_ongoing_requests to 64 or more, leave it out, or lower max_batch_size", body)
            self.assertEqual(instance.call(text="x")["text"], "x")

    def test_streams_of_a_batch_end_one_by_one_and_a_client_that_leaves_harms_nobody(self):
        with self.start(max_ongoing_requests=10) as instance:
            def stream(text):
                connection = http.client.HTTPConnection("127.0.0.1", instance.http_port, timeout=20)
                connection.request("POST", "/letters", json.dumps({"text": text, "sleep_ms": 10}),
                                   {"content-type": "application/json"})
                return connection, connection.getresponse()

            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                (left, leaving), (stayed, staying) = pool.map(stream, ["x" * 5000, "a" * 200])
                json.loads(leaving.readline())
                leaving.close()
                left.close()
                told = [json.loads(line) for line in staying.read().decode().splitlines()]
                stayed.close()
            self.assertEqual("".join(t["text"] for t in told), "a" * 200)
            self.assertEqual((told[0]["batch"], told[-1]["batch"]), (2, 1), "its neighbour was given up on the way")
            self.assertEqual(instance.call(text="x")["text"], "x", "the compute thread is free again")


if __name__ == "__main__":
    unittest.main()
