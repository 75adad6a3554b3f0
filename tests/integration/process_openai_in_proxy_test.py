"""builtin:openai with in_proxy: the endpoints run in the proxy's own process, in front of replicas of the model."""
import http.client
import json
import os
import signal
import unittest

from instance import APP_ONE, Instance, processes, wait_until
from load import Load

LLM = {"engine": "sim", "id": "tiny", "context": 100000, "slots": 8, "engine_options": {"ttft_ms": "1", "itl_ms": "0"}}
HELLO = [{"role": "user", "content": "Say hello"}]


def application(model="tiny", in_proxy=True, itl_ms="0", slots=8, replicas=2, scaling=None, deployments=()):
    llm = {**LLM, "id": model, "slots": slots, "engine_options": {"ttft_ms": "1", "itl_ms": itl_ms}}
    return {"name": "openai", "import_path": "builtin:openai", "args": {"llms": [llm], "in_proxy": in_proxy},
            "deployments": [{"name": "Llm", "ray_actor_options": {"num_cpus": 0.1},
                             **({"autoscaling_config": scaling} if scaling else {"num_replicas": replicas})}, *deployments]}


def config(*args, threads=2, **kwargs):
    return {"http_options": {"threads": threads}, "applications": [application(*args, **kwargs)]}


class OpenAi(Instance):
    def chat(self, timeout=20.0, headers=None, **fields):
        """(status, headers, body)"""
        return self.request("POST", "/v1/chat/completions", {"messages": HELLO, "max_tokens": 3, **fields}, timeout=timeout,
                            headers=headers)

    def put(self, wanted):
        return self.admin("PUT", "/api/serve/applications/", wanted)

    def wait_running(self):
        wait_until(lambda: self.status()["applications"]["openai"]["status"] == "RUNNING", "RUNNING")

    def begin_stream(self, tokens):
        """A connection on which a stream has begun."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=20)
        body = {"messages": HELLO, "max_tokens": tokens, "stream": True, "ignore_eos": True}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200 or not answer.read1(1):
            raise AssertionError(f"{answer.status}: {answer.read()}")
        return connection, answer


class Chats(Load):
    """Clients that ask one question after the other; `done` has which model answered."""

    def __init__(self, instance, threads=4, stream=False):
        super().__init__(instance, threads)
        self.stream = stream

    def ask(self):
        status, _, body = self.instance.chat(stream=self.stream)
        if status != 200 or self.stream and not body.endswith("data: [DONE]\n\n"):
            raise AssertionError(f"{status}: {body}")
        return None if self.stream else json.loads(body)["model"]


class InProxyTest(unittest.TestCase):
    def setUp(self):
        self.instance = OpenAi()
        self.instance.__enter__()
        self.addCleanup(self.instance.__exit__, None, None, None)

    def serve(self, *args, **kwargs):
        self.instance.run_config(config(*args, **kwargs), "--num-cpus", "16")
        return self.instance

    def test_the_endpoints_answer_without_a_replica_of_their_own(self):
        instance = self.serve()
        found = instance.deployment("openai", "OpenAi")
        self.assertEqual((found["status"], found["replica_states"]), ("HEALTHY", {}))
        self.assertIn("runs in the HTTP proxies", found["message"])
        self.assertEqual(instance.status()["applications"]["openai"]["status"], "RUNNING")
        self.assertEqual(len(instance.replicas(application="openai", name="Llm")), 2)
        self.assertFalse(processes("openai#OpenAi#").keys() & instance.children().keys())
        status, headers, body = instance.chat(headers={"x-request-id": "mine"})
        self.assertEqual(status, 200, body)
        self.assertEqual(json.loads(body)["model"], "tiny")
        self.assertEqual(headers["content-length"], str(len(body)))
        self.assertEqual(headers["x-request-id"], "mine")
        self.assertNotIn("x-manta", str(headers))
        events = instance.chat(stream=True)[2].split("\n\n")
        self.assertEqual(events[-2:], ["data: [DONE]", ""])
        self.assertTrue(all(event.startswith("data: ") for event in events[:-1]))
        models = json.loads(instance.request("GET", "/v1/models")[2])
        self.assertEqual([model["id"] for model in models["data"]], ["tiny"])
        self.assertEqual(instance.chat(model="other")[0], 404)
        self.assertEqual(instance.request("GET", "/v1/nothing")[0], 404)

    def test_every_thread_serves_and_the_figures_are_on_the_proxys_page(self):
        instance = self.serve()
        idle = [http.client.HTTPConnection("127.0.0.1", instance.http_port, timeout=20) for _ in range(4)]
        for connection in idle:
            connection.connect()
        for connection in idle:
            connection.request("POST", "/v1/chat/completions", json.dumps({"messages": HELLO, "max_tokens": 2}))
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()
        page = instance.request("GET", "/-/metrics")[2]
        for thread in (0, 1):
            self.assertRegex(page, r'deployment_request_counter{application="openai",deployment="OpenAi",'
                                   rf'replica="openai#OpenAi#proxy{thread}",route="/v1/\*"}} [1-9]')
        self.assertRegex(page, r'handle_request_counter{application="openai",deployment="Llm",handle="OpenAi"} [4-9]')
        self.assertRegex(page, r'num_http_requests{application="openai",method="POST",route="/v1/\*",status_code="200"} [4-9]')

    def test_a_deadline_reaches_the_model_and_the_client(self):
        instance = self.serve(itl_ms="20")
        status, _, body = instance.chat(max_tokens=5000, headers={"x-request-timeout-seconds": "0.3"})
        self.assertEqual((status, json.loads(body)["error"]["code"]), (408, "deadline_exceeded"))
        text = instance.chat(max_tokens=5000, stream=True, headers={"x-request-timeout-seconds": "0.3"})[2]
        self.assertIn("DeadlineExceeded", text)

    def test_a_client_that_goes_frees_its_place_in_the_model(self):
        instance = self.serve(itl_ms="20", slots=1, replicas=1)
        connection, answer = instance.begin_stream(50000)
        answer.close()
        connection.close()
        self.assertEqual(instance.chat()[0], 200)  # would be 1000 s away

    def test_requests_that_wait_wake_the_model(self):
        instance = self.serve(scaling={"min_replicas": 0, "max_replicas": 1, "upscale_delay_s": 0, "metrics_interval_s": 0.1})
        self.assertEqual(instance.replicas(application="openai", name="Llm"), {})
        self.assertEqual(instance.chat()[0], 200)
        self.assertEqual(len(instance.replicas(application="openai", name="Llm")), 1)

    def test_a_killed_replica_of_the_model_fails_nobody_for_good(self):
        instance = self.serve()
        connection, answer = instance.begin_stream(100000)
        with Chats(instance) as chats:
            wait_until(lambda: len(chats.done) > 50, "chats")
            for pid in instance.replicas(application="openai", name="Llm").values():
                os.kill(pid, signal.SIGKILL)
            rest = answer.read().decode()  # ends, and says why
            wait_until(lambda: len(instance.replicas(application="openai", name="Llm")) == 2, "two replicas again", 30)
            before = len(chats.done)
            wait_until(lambda: len(chats.done) > before + 50, "chats after the loss")
        connection.close()
        self.assertTrue("error" in rest or rest.endswith("[DONE]\n\n"), rest[-300:])
        for failed in chats.failed:
            self.assertRegex(failed, r"50[03]: ")

    def test_another_model_is_deployed_under_load(self):
        instance = self.serve()
        with Chats(instance) as chats, Chats(instance, stream=True) as streams:
            wait_until(lambda: len(chats.done) > 20, "chats")
            self.assertEqual(instance.put(config(model="other"))[0], 200)
            wait_until(lambda: "other" in chats.done, "the new model")
            instance.wait_running()
            before = len(streams.done)
            wait_until(lambda: len(streams.done) > before + 20, "streams of the new model")
        self.assertEqual(chats.failed + streams.failed, [])
        self.assertEqual(chats.done[-1], "other")

    def test_it_moves_to_replicas_and_back_under_load(self):
        instance = self.serve()
        with Chats(instance) as chats:
            self.assertEqual(instance.put(config(in_proxy=False))[0], 200)
            wait_until(lambda: len(instance.replicas(application="openai", name="OpenAi")) == 1, "a replica")
            instance.wait_running()
            before = len(chats.done)
            wait_until(lambda: len(chats.done) > before + 20, "chats of the replica")
        self.assertEqual(chats.failed, [])
        self.assertEqual(instance.put(config(in_proxy=True))[0], 200)
        wait_until(lambda: "in_proxy" in instance.deployment("openai", "OpenAi")["message"], "in the proxy")
        wait_until(lambda: not instance.replicas(application="openai", name="OpenAi"), "no replica")
        self.assertEqual(instance.chat()[0], 200)

    def test_a_proxy_that_dies_is_followed_by_one_that_serves(self):
        instance = self.serve(threads=1)
        os.kill(instance.pid_of("proxy"), signal.SIGKILL)
        self.assertEqual(instance.chat()[0], 200)

    def test_the_end_of_the_instance_waits_for_requests(self):
        instance = self.serve(itl_ms="5")
        connection, answer = instance.begin_stream(100)
        instance.process.send_signal(signal.SIGTERM)
        rest = answer.read().decode()
        connection.close()
        self.assertTrue(rest.endswith("data: [DONE]\n\n"), rest[-300:])
        self.assertEqual(instance.process.wait(30), 0)

    def test_what_a_proxy_cannot_run_is_refused(self):
        instance = self.serve()
        cases = [(config(in_proxy=False, deployments=[{"name": "OpenAi", "in_proxy": True, "num_replicas": 2}]), "num_replicas"),
                 ({"applications": [{"name": "test", "import_path": f"{APP_ONE}:build",
                                     "deployments": [{"name": "Echo", "in_proxy": True}]}]}, "run no code of applications"),
                 ({"applications": [{**application(replicas=1), "placement": "together"}]}, "placement: together")]
        for wanted, why in cases:
            status, _, body = instance.put(wanted)
            self.assertEqual(status, 400, body)
            self.assertIn(why, body)
        accepted = config(in_proxy=False, deployments=[{"name": "OpenAi", "in_proxy": True}])
        self.assertEqual(instance.put(accepted)[0], 200)
        self.assertEqual(instance.chat()[0], 200)


if __name__ == "__main__":
    unittest.main()
