"""Deployments found by their names: from a replica, and from a client program."""
import json
import os
import subprocess
import unittest

from instance import APP_ONE, BUILD, Instance, wait_until

CLIENT = os.path.join(BUILD, "tests", "apps", "test_client")


def application(name, function="build"):
    return {"name": name, "route_prefix": f"/{name}", "import_path": f"{APP_ONE}:{function}"}


class HandlesTest(unittest.TestCase):
    def setUp(self):
        self.instance = Instance()
        self.addCleanup(self.instance.__exit__, None)
        path = os.path.join(self.instance.state, "app.yaml")
        with open(path, "w") as f:
            json.dump({"applications": [application("a"), application("finder", "build_finder")]}, f)
        self.instance.run(path)

    def from_replica(self, **names):
        status, _, body = self.instance.request("POST", "/finder/find", names)
        return json.loads(body) if status == 200 else (status, body)

    def from_program(self, *names):
        result = subprocess.run([CLIENT, str(self.instance.admin_port), *names], capture_output=True, text=True, timeout=30)
        return result.stdout.strip()

    def test_a_name_that_is_unique_needs_no_application(self):
        self.assertEqual(self.from_replica(deployment="Echo"), "a")
        self.assertEqual(self.from_program("Echo"), "a")
        self.assertEqual(self.from_replica(deployment="Echo", application="a"), "a")
        self.assertEqual(self.from_program("Echo", "a"), "a")

    def test_an_unknown_name_is_told_with_the_nearest(self):
        status, body = self.from_replica(deployment="Ecko")
        self.assertEqual(status, 404)
        message = "no application has a deployment 'Ecko'; did you mean 'Echo'?"
        self.assertEqual(json.loads(body)["error"]["message"], message)
        self.assertEqual(self.from_program("Ecko"), message)
        self.assertIn("there is no application 'findr'; did you mean 'finder'?", self.from_program("Echo", "findr"))

    def test_an_ambiguous_name_lists_the_applications(self):
        own = application("finder", "build_finder")
        config = {"applications": [application("a"), application("b"), own]}
        self.assertEqual(self.instance.admin("PUT", "/api/serve/applications/", config)[0], 200)
        self.instance.wait_healthy(application="b")
        message = "several applications have a deployment 'Echo': a, b; name one"
        wait_until(lambda: self.from_program("Echo") == message, message)
        status, body = self.from_replica(deployment="Echo")
        self.assertEqual((status, json.loads(body)["error"]["message"]), (400, message))
        self.assertEqual(self.from_replica(deployment="Echo", application="b"), "b")
        self.assertEqual(self.from_program("Echo", "b"), "b")

    def test_the_own_application_comes_first(self):
        config = {"applications": [application("a"), application("c", "build_pair"), application("d", "build_pair")]}
        self.assertEqual(self.instance.admin("PUT", "/api/serve/applications/", config)[0], 200)
        for name in ("c", "d"):
            self.instance.wait_healthy(application=name, name="Finder")
            status, _, body = self.instance.request("POST", f"/{name}/find", {"deployment": "Partner"})
            self.assertEqual((status, json.loads(body)), (200, name))


if __name__ == "__main__":
    unittest.main()
