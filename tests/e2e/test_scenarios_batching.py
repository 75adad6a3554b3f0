"""Concurrent requests share a batch of a model: up to 32 of them, or those that came within 0.1 s."""
import threading

import pytest

from scenarios import LIMIT_S, app, eventually, serving
from wire import curl, post_json


@pytest.fixture
def model(manta_binary, tmp_path):
    """The instance, and the file that stops its model while it is there."""
    hold = tmp_path / "hold"
    target = tmp_path / "app.yaml"
    target.write_text(f"applications:\n- name: batched\n  import_path: {app('batched')}\n  args: {{hold: {hold}}}\n")
    with serving(target, tmp_path, "--num-gpus", "1") as instance:
        yield instance, hold


def figure(instance, name, label=""):
    lines = curl(f"{instance.url}/-/metrics").splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(f"{name}{{") and label in line)


class Requests:
    """So many at once, each on a thread of its own."""

    def __init__(self, instance, count):
        self.replies = []
        self.threads = [threading.Thread(target=lambda n=n: self.replies.append(post_json(instance, "/", {"text": f"text {n}"})))
                        for n in range(count)]
        for thread in self.threads:
            thread.start()

    def labels(self):
        for thread in self.threads:
            thread.join(LIMIT_S)
        assert [reply.status for reply in self.replies] == [200] * len(self.threads)
        return [reply.json() for reply in self.replies]


def test_forty_requests_are_a_batch_of_32_and_one_of_8(model):
    instance, hold = model
    hold.touch()
    first = Requests(instance, 1)
    eventually(lambda: figure(instance, "ray_serve_replica_processing_queries") == 1 and figure(instance, "ray_serve_batch_queue_length") == 0,
               "the model works on the first")
    others = Requests(instance, 40)
    eventually(lambda: figure(instance, "ray_serve_batch_queue_length") == 40, "the others wait")
    hold.unlink()
    assert first.labels() == [{"label": "text 0", "batch": 0, "batch_size": 1}]
    labels = others.labels()
    assert sorted(label["batch_size"] for label in labels) == [8] * 8 + [32] * 32
    assert {label["batch"]: label["batch_size"] for label in labels} == {1: 32, 2: 8}, "the full one first"
    assert sorted(label["label"] for label in labels) == sorted(f"text {n}" for n in range(40)), "each gets its own answer"
    assert figure(instance, "ray_serve_batches_processed") == 3
    assert [figure(instance, "manta_batches_closed", f'reason="{reason}"') for reason in ("full", "timeout")] == [1, 2]


def test_a_request_without_company_is_answered_all_the_same(model):
    instance, _ = model
    assert post_json(instance, "/", {"text": "alone"}).json() == {"label": "alone", "batch": 0, "batch_size": 1}
