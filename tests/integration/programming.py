"""Starts the application of the tests of the programming model."""
import http.client
import json
import os
import tempfile
import unittest

from instance import BUILD, Instance

APP = os.path.join(BUILD, "tests", "apps", "libprogramming_app.so")


def config(deployments=(), **args):
    return {"applications": [{"name": "test", "import_path": f"{APP}:build", "args": args,
                              "deployments": list(deployments)}]}


def start(clean_up, deployments=(), **args):
    """A running instance; `deployments` are settings by name, `args` those of build(). `clean_up`: test.addCleanup."""
    folder = tempfile.TemporaryDirectory(prefix="manta-test-")
    clean_up(folder.cleanup)
    path = os.path.join(folder.name, "config.yaml")
    with open(path, "w") as file:
        json.dump(config(deployments, **args), file)
    return Instance().run(path)


class OneInstanceTest(unittest.TestCase):
    """Its tests share an instance, and leave it as it was."""

    @classmethod
    def setUpClass(cls):
        cls.instance = start(cls.addClassCleanup)
        cls.instance.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.instance.__exit__(None, None, None)


def post(instance, path, body="", headers=None, status=200, timeout=20.0):
    """The answer's text; `body` is sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", instance.http_port, timeout=timeout)
    try:
        connection.request("POST", path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != status:
            raise AssertionError(f"{answer.status}: {text}")
        return text
    finally:
        connection.close()
