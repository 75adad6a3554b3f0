"""The response cache and single-flight of a running instance, seen through its public port."""
import concurrent.futures
import http.client
import json
import os
import re
import time
import unittest

from instance import BUILD, Instance, wait_until

APP = os.path.join(BUILD, "tests", "apps", "libbatching_app.so")


def config(**settings):
    return {"applications": [{"name": "test", "import_path": f"{APP}:build_model",
                              "deployments": [{"name": "Model", **settings}]}]}


class ResponseCacheTest(unittest.TestCase):
    def start(self, **settings):
        return Instance().run_config(config(**settings))

    def deploy(self, instance, **settings):
        return instance.admin("PUT", "/api/serve/applications/", config(**settings))

    def ask(self, instance, text, method="answer", sleep_ms=0, **headers):
        """(what x-manta-cache says, the answer)"""
        status, told, body = instance.request("POST", "/" + method, {"text": text, "sleep_ms": sleep_ms},
                                              headers={k.replace("_", "-"): v for k, v in headers.items()})
        self.assertEqual(status, 200, body)
        return told.get("x-manta-cache"), json.loads(body)

    def figures(self, instance):
        text = instance.request("GET", "/-/metrics")[2]
        lines = re.findall(r'manta_response_cache_requests\S*\{(.*)\} (\S+)', text)
        return {re.search(r'result="(\w+)"', labels)[1]: float(value) for labels, value in lines}

    def test_an_answer_is_given_again_until_its_time(self):
        with self.start(response_cache={"ttl_s": 1.5}) as instance:
            self.assertEqual([self.ask(instance, "a")[0] for _ in range(3)], ["miss", "hit", "hit"])
            self.assertEqual(self.ask(instance, "a", x_tenant_id="other")[0], "miss")
            self.assertEqual(self.ask(instance, "a", cache_control="no-cache")[0], "miss")
            self.assertEqual(self.ask(instance, "a", cache_control="no-store")[0], None)
            self.assertEqual(self.ask(instance, "a", method="change")[0], None, "not idempotent")
            self.assertEqual(self.figures(instance), {"hit": 2, "miss": 3, "joined": 0})
            time.sleep(1.6)
            self.assertEqual(self.ask(instance, "a")[0], "miss")

    def test_a_hundred_equal_requests_run_once(self):
        with self.start(response_cache={}) as instance:
            with concurrent.futures.ThreadPoolExecutor(100) as pool:
                answers = list(pool.map(lambda _: self.ask(instance, "same", sleep_ms=700), range(100)))
            self.assertEqual({answer["run"] for _, answer in answers}, {1})
            told = [cache for cache, _ in answers]
            self.assertEqual(told.count("miss"), 1)
            self.assertGreaterEqual(told.count("joined"), 1)
            self.assertEqual(set(told), {"miss", "joined", "hit"} & set(told))
            self.assertEqual(sum(self.figures(instance).values()), 100)

    def test_a_run_goes_on_while_anybody_waits_and_is_cancelled_when_nobody_does(self):
        def begin(instance, text, sleep_ms):
            connection = http.client.HTTPConnection("127.0.0.1", instance.http_port, timeout=20)
            connection.request("POST", "/answer", json.dumps({"text": text, "sleep_ms": sleep_ms}),
                               {"content-type": "application/json"})
            return connection

        with self.start(response_cache={}) as instance:
            first = begin(instance, "a", 1500)
            wait_until(lambda: self.figures(instance).get("miss") == 1, "the run")
            second = begin(instance, "a", 1500)
            wait_until(lambda: self.figures(instance).get("joined") == 1, "the second")
            first.close()
            answer = second.getresponse()
            self.assertEqual((answer.status, answer.getheader("x-manta-cache")), (200, "joined"))
            self.assertEqual(json.loads(answer.read())["cancelled"], 0)
            second.close()

            third, fourth = begin(instance, "b", 60_000), begin(instance, "b", 60_000)
            wait_until(lambda: self.figures(instance).get("joined") == 2, "the fourth")
            third.close()
            fourth.close()
            wait_until(lambda: self.ask(instance, "x", method="change")[1]["cancelled"] == 1, "cancelled")

    def test_a_waiter_has_its_own_deadline(self):
        with self.start(response_cache={}) as instance:
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                patient = pool.submit(self.ask, instance, "a", sleep_ms=1500)
                wait_until(lambda: self.figures(instance).get("miss") == 1, "the run")
                status, _, _ = instance.request("POST", "/answer", {"text": "a", "sleep_ms": 1500},
                                                headers={"x-request-timeout-seconds": "0.3"})
                self.assertEqual(status, 408)
                self.assertEqual(patient.result()[1]["run"], 1)

    def test_errors_are_not_kept(self):
        with self.start(response_cache={}) as instance:
            for _ in range(2):
                self.assertEqual(instance.request("POST", "/answer", {"text": "fail"})[0], 500)
            self.assertEqual(self.figures(instance), {"hit": 0, "miss": 2, "joined": 0})

    def test_a_new_user_config_empties_it_and_restarts_nothing(self):
        with self.start(response_cache={}, user_config="one") as instance:
            pids = instance.replicas(name="Model")
            self.assertEqual(self.ask(instance, "a")[1]["level"], "one")
            self.assertEqual(self.deploy(instance, response_cache={}, user_config="two")[0], 200)
            instance.wait_healthy(name="Model")
            self.assertEqual([self.ask(instance, "a")[1]["level"] for _ in range(2)], ["two", "two"])
            self.assertEqual(self.deploy(instance, user_config="two")[0], 200)
            instance.wait_healthy(name="Model")
            self.assertEqual(self.ask(instance, "a")[0], None, "it is turned off")
            self.assertEqual(instance.replicas(name="Model"), pids)

    def test_a_method_that_is_not_idempotent_is_refused_at_deploy(self):
        with self.start() as instance:
            status, _, body = self.deploy(instance, response_cache={"methods": ["answer", "change"]})
            self.assertEqual(status, 400, body)
            self.assertIn("answers of 'change' cannot be kept: it is not marked manta::idempotent", body)


if __name__ == "__main__":
    unittest.main()
