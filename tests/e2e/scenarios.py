"""What the tests of scenarios share: their applications, the admin API, steady load, waiting for a state.

A scenario is something that operators are promised. Each is shown by test_scenarios_<topic>.py, by tests/unit/control/scenarios_test.cc
where it takes several nodes, or by a test that was there before:
  a model that is missing, optional, or slow to load      test_stack.py
  handles with patience, cancelling, retries              test_stack.py, examples/stack/client.cc
  questions over documents with real models               test_rag.py
  gangs, and engines inside a reservation                 tests/integration/process_placement_test.py
  scaling to zero, and over the death of the controller   tests/integration/process_autoscaling_test.py
"""
import contextlib
import http.client
import json
import subprocess
import threading
import time

from instance import ROOT, Instance, binary
from wire import curl, post_json

LIMIT_S = 60.0  # for a state to come; generous, as nothing here measures time
SEEDS = ROOT / "tests" / "data" / "seeds"


def app(function):
    """import_path of a function of app/*.cc, built beside the binary."""
    return f"{binary().parent.parent / 'tests' / 'e2e' / 'scenario_apps.so'}:{function}"


@contextlib.contextmanager
def serving(target, folder, *arguments, **options):
    """An instance that runs `target`, or waits for deployments where that is None."""
    instance = Instance(target, folder, arguments, **options)
    try:
        yield instance
    finally:
        assert instance.stop() == 0, "".join(instance.lines)


def eventually(condition, what, seconds=LIMIT_S):
    """The first true value of condition()."""
    deadline = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def admin(instance, verb, path, body=None):
    """(status, text) of the admin API."""
    connection = http.client.HTTPConnection("127.0.0.1", instance.admin_port, timeout=LIMIT_S)
    try:
        connection.request(verb, path, None if body is None else json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def deploy(instance, *applications):
    status, text = admin(instance, "PUT", "/api/serve/applications/", {"applications": applications})
    assert status == 200, text


def details(instance, application, deployment):
    status, text = admin(instance, "GET", "/api/serve/details")
    assert status == 200, text
    return json.loads(text)["applications"][application]["deployments"][deployment]


def status_of(instance, application, deployment):
    return json.loads(admin(instance, "GET", "/api/serve/status")[1])["applications"][application]["deployments"][deployment]


def replicas(instance, application, deployment, state="RUNNING"):
    return [replica for replica in details(instance, application, deployment)["replicas"] if replica["state"] == state]


def command(*words, timeout_s=LIMIT_S):
    """`manta WORDS`: the finished process."""
    return subprocess.run([str(binary()), *map(str, words)], capture_output=True, text=True, timeout=timeout_s)


def metrics_after_traffic(instance):
    """/-/metrics after four requests to a language model "llama", one of them in error."""
    for _ in range(3):
        assert post_json(instance, "/v1/completions", {"model": "llama", "prompt": "hi", "max_tokens": 2}).status == 200
    assert post_json(instance, "/completions", {"model": 3}).status == 400
    return curl(f"{instance.url}/-/metrics")


class Load:
    """The same request from several clients, each again as soon as it is answered, while the block runs."""

    def __init__(self, instance, clients, path, body):
        self.instance, self.path, self.body = instance, path, body
        self.statuses, self.stopping = [], False
        self.threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def _ask(self):
        while not self.stopping:
            self.statuses.append(post_json(self.instance, self.path, self.body).status)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()
        assert set(self.statuses) <= {200}, self.statuses
