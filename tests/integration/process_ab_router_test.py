"""builtin:ab_router: models of its own and deployments of other applications, chosen by weight."""
import collections
import json
import os
import tempfile
import unittest

from instance import BUILD, Instance


def llm(name):
    return {"import_path": "builtin:llm", "args": {"engine": "sim", "model": name, "id": name}}


def embedder(name):
    return {"import_path": "builtin:embed", "args": {"engine": "sim", "model": name, "id": name}}


def small(*names):
    return [{"name": name, "ray_actor_options": {"num_cpus": 0.05}} for name in names]


def application(name, args, *models):
    return {"name": name, "route_prefix": f"/{name}", "import_path": "builtin:ab_router", "args": args,
            "deployments": small("ABRouter", *models)}


CONFIG = {"applications": [
    {"name": "stable", "route_prefix": "/stable", **llm("one"), "deployments": small("Llm")},
    {"name": "experimental", "route_prefix": "/experimental", **llm("two"), "deployments": small("Llm")},
    application("nested", {"model_a": llm("first"), "model_b": llm("second"), "traffic_split": 0.5}, "Llm", "Llm_1"),
    application("named", {"targets": [
        {"deployment": "stable/OpenAi", "method": "handle", "weight": 3},
        {"deployment": "experimental/OpenAi", "method": "handle", "weight": 1},
        {**llm("third"), "weight": 1}]}, "Llm"),
    {"name": "texts", "route_prefix": "/texts", **embedder("e3"), "deployments": small("Embed")},
    application("valued", {"targets": [{"deployment": "texts/Embed", "values": True, "weight": 1},
                                       {"deployment": "stable/OpenAi", "method": "handle", "weight": 0}]}),
    application("typed", {"model_a": embedder("e1"), "model_b": embedder("e2"), "traffic_split": 0}, "Embed", "Embed_1"),
]}


class AbRouterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="manta-test-")
        cls.addClassCleanup(folder.cleanup)
        path = os.path.join(folder.name, "config.yaml")
        with open(path, "w") as file:
            json.dump(CONFIG, file)
        cls.instance = Instance().run(path)
        cls.instance.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.instance.__exit__(None, None, None)

    def ask(self, method, path, body=None, headers=None, status=200):
        found, _, text = self.instance.request(method, path, body, headers=headers)
        self.assertEqual(found, status, text)
        return json.loads(text)

    def model(self, prefix, session=None):
        headers = {"x-session-id": session} if session else {}
        return self.ask("GET", f"{prefix}/v1/models", headers=headers)["data"][0]["id"]

    def shares(self, prefix, count=400):
        return collections.Counter(self.model(prefix) for _ in range(count))

    def test_models_of_its_own_share_the_requests(self):
        shares = self.shares("/nested")
        self.assertEqual(set(shares), {"first", "second"})
        self.assertAlmostEqual(shares["first"] / 400, 0.5, delta=0.15)

    def test_deployments_of_other_applications_share_by_weight(self):
        shares = self.shares("/named")
        self.assertEqual(set(shares), {"one", "two", "third"})
        self.assertAlmostEqual(shares["one"] / 400, 0.6, delta=0.15)

    def test_a_session_stays_with_its_model(self):
        for session in ("u1", "u2", "u3", "u4"):
            self.assertEqual(len({self.model("/named", session) for _ in range(10)}), 1)

    def test_answers_and_streams_pass_through(self):
        question = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 4}
        whole = self.ask("POST", "/nested/v1/chat/completions", question, {"x-session-id": "s"})
        self.assertEqual(whole["object"], "chat.completion")
        status, headers, text = self.instance.request("POST", "/nested/v1/chat/completions", {**question, "stream": True})
        self.assertEqual(status, 200)
        self.assertTrue(headers["content-type"].startswith("text/event-stream"))
        self.assertTrue(text.rstrip().endswith("data: [DONE]"))

    def test_errors_keep_their_status(self):
        self.ask("GET", "/nested/v1/nothing", status=404)
        self.ask("GET", "/nested/v1/chat/completions", status=405)

    def test_models_that_take_values_are_called_with_them(self):
        self.assertEqual(self.ask("POST", "/typed", {"texts": ["a"]})["model"], "e2")

    def test_a_deployment_by_name_may_take_values(self):
        self.assertEqual(self.ask("POST", "/valued/any/path", {"texts": ["a"]})["model"], "e3")
        self.assertIn("texts", self.ask("POST", "/valued", {"texts": 7}, status=400)["error"]["message"])
        self.assertEqual(self.instance.request("POST", "/valued", headers={"content-type": "text/plain"})[0], 400)

    def test_its_models_are_deployments_like_others(self):
        deployments = self.instance.status()["applications"]["nested"]["deployments"]
        self.assertEqual(sorted(deployments), ["ABRouter", "Llm", "Llm_1", "OpenAi", "OpenAi_1"])


if __name__ == "__main__":
    unittest.main()
