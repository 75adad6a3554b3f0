"""Why nothing fits: what each node lacks."""

import pytest
from manta_ray.protocol import Node, Resources
from manta_ray.shortage import matches, reasons


def node(name, cpus=4.0, free=None, gpus=0.0, free_gpus=None, draining=False, **labels):
    available = Resources(num_cpus=cpus if free is None else free, num_gpus=gpus if free_gpus is None else free_gpus)
    return Node(name, f"10.0.0.{name}", False, Resources(num_cpus=cpus, num_gpus=gpus), available, labels, draining)


def test_each_node_says_what_it_lacks():
    nodes = [node("1", gpus=2, free_gpus=0.5), node("2", free=0.25)]
    assert reasons(nodes, {"CPU": 1, "GPU": 1}, {}) == [
        "node 10.0.0.1: needs GPU 1, free 0.5 of 2",
        "node 10.0.0.2: needs CPU 1, free 0.25 of 4, needs GPU 1, free 0 of 0",
    ]


def test_nothing_is_lacking_where_one_node_can_take_it():
    assert reasons([node("1", free=0), node("2")], {"CPU": 4}, {}) == []


def test_labels_and_drain_are_reasons():
    assert reasons([node("1", zone="a"), node("2", draining=True, zone="b")], {"CPU": 1}, {"zone": "b"}) == [
        "node 10.0.0.1: label zone is a, wanted b",
        "node 10.0.0.2: is being drained",
    ]


def test_another_kind_of_accelerator_is_a_reason():
    first, second = node("1"), node("2")
    first.total.accelerator_type = "T4"
    assert reasons([first, second], {"CPU": 1}, {}, accelerator="A100") == [
        "node 10.0.0.1: accelerator is T4, wanted A100",
        "node 10.0.0.2: accelerator is not known, wanted A100",
    ]


def test_a_node_that_is_gone_is_named_alone():
    assert reasons([node("1")], {"CPU": 1}, {}, node_id="9") == ["node 9 is gone"]


def test_only_the_node_that_is_allowed_counts():
    assert reasons([node("1"), node("2", free=0)], {"CPU": 1}, {}, node_id="2") == [
        "node 10.0.0.2: needs CPU 1, free 0 of 4"
    ]


def test_sums_of_fractions_fit_in_spite_of_rounding():
    assert reasons([node("1", free=0.1 + 0.2 - 1e-12)], {"CPU": 0.3}, {}) == []


@pytest.mark.parametrize(
    "value, condition, true",
    [
        ("a", "a", True),
        ("a", "b", False),
        (None, "a", False),
        ("a", "!a", False),
        (None, "!a", True),
        ("b", "in(a, b)", True),
        ("c", "in(a,b)", False),
        ("c", "!in(a,b)", True),
        ("b", "!in(a,b)", False),
    ],
)
def test_conditions_of_selectors(value, condition, true):
    assert matches(value, condition) is true
