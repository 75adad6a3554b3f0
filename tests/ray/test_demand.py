"""The wish of several instances: their sum, also when they tell at the same time."""

from manta_ray.demand import Wish
from test_registry import DictStore


class Cluster:
    """Ray's one wish, and the instances that live."""

    def __init__(self, *namespaces):
        self.wishes, self.lives, self.requested = DictStore(), set(namespaces), []

    def request(self, bundles):
        self.requested.append(bundles)

    def instance(self, namespace, request=None):
        return Wish(namespace, self.wishes, lambda: self.lives, request or self.request)


def test_all_instances_together_are_asked_for():
    cluster = Cluster("a", "b")
    a, b = cluster.instance("a"), cluster.instance("b")
    a.tell([{"CPU": 1}])
    b.tell([{"GPU": 2}, {"CPU": 4}])
    a.tell([{"CPU": 3}])
    assert cluster.requested[-1] == [{"CPU": 3}, {"GPU": 2}, {"CPU": 4}]
    b.tell([])
    assert cluster.requested[-1] == [{"CPU": 3}]
    a.tell([])
    assert cluster.requested[-1] == []


def test_one_that_tells_while_another_does_is_not_forgotten():
    cluster = Cluster("a", "b")
    others = [cluster.instance("b")]

    def late_request(bundles):
        """Between the look of `a` and its request `b` has told and asked."""
        if others:
            others.pop().tell([{"GPU": 1}])
        cluster.request(bundles)

    cluster.instance("a", late_request).tell([{"CPU": 1}])
    assert cluster.requested == [[{"CPU": 1}, {"GPU": 1}], [{"CPU": 1}], [{"CPU": 1}, {"GPU": 1}]]


def test_one_of_which_nothing_lives_counts_no_more():
    cluster = Cluster("a", "b")
    cluster.instance("b").tell([{"GPU": 8}])
    cluster.lives = {"a"}
    cluster.instance("a").tell([{"CPU": 1}])
    assert cluster.requested[-1] == [{"CPU": 1}]


def test_an_instance_counts_itself_before_its_first_actor_is_seen():
    cluster = Cluster()
    cluster.instance("a").tell([{"CPU": 1}])
    assert cluster.requested == [[{"CPU": 1}]]
