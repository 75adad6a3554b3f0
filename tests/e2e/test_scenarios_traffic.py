"""Two versions of a model share the traffic by weight; how shares are moved is in the tests of traffic themselves."""
import http.client
import json
import math
from collections import Counter

import pytest

from configurations import write
from scenarios import app, deploy, serving

REQUESTS = 2000


def config(**rule):
    split = [{"deployment": "StableModel", "weight": 95}, {"deployment": "ExperimentalModel", "weight": 5}]
    return {"name": "ab", "import_path": app("ab"), "traffic": [{"route": "/", "split": split, **rule}]}


@pytest.fixture(scope="module")
def instance(manta_binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("traffic")
    with serving(write(folder, config()), folder) as instance:
        yield instance


def answers(instance, count, headers=lambda number: {}):
    """Which model answered each of so many requests."""
    connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=60)
    found = []
    for number in range(count):
        connection.request("POST", "/", '{"text": "x"}', {"content-type": "application/json", **headers(number)})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        found.append(json.loads(body)["model"])
    connection.close()
    return found


def expect_5_percent(models):
    """Five standard deviations: chance fails it once in two million runs."""
    counted, of = Counter(models), len(models)
    assert abs(counted["experimental"] - of * 0.05) < 5 * math.sqrt(of * 0.05 * 0.95), counted
    assert counted["stable"] + counted["experimental"] == of


def test_95_to_5_is_measured_within_the_error_of_chance(instance):
    deploy(instance, config())
    expect_5_percent(answers(instance, REQUESTS))


def test_a_router_between_two_models_splits_95_to_5(manta_binary, tmp_path):
    with serving(app("ab_routed"), tmp_path) as instance:
        expect_5_percent(answers(instance, REQUESTS))


def test_a_session_stays_with_its_version_and_sessions_are_shared_by_weight(instance):
    deploy(instance, config(sticky="session"))
    def by_session(number):
        return {"x-session-id": f"user-{number % 400}"}
    first, again = (answers(instance, 400, by_session) for _ in range(2))
    assert first == again
    expect_5_percent(first)
