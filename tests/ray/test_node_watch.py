"""Two looks at a cluster, and what lies between them."""

from manta_ray.node_watch import group_events, node_events
from manta_ray.protocol import Group, Node, Resources


def node(name, cpus=4.0, free=4.0, draining=False, **labels):
    return Node(name, "10.0.0." + name, False, Resources(num_cpus=cpus), Resources(num_cpus=free), labels, draining)


def group(name, state="CREATED"):
    return Group(name, "manta/x/" + name, state, "PACK", [{"CPU": 1}], ["1"])


def told(before, after):
    return [(event, change.node_id) for event, change in node_events(before, after)]


def test_nodes_that_come_and_go():
    assert told([node("1"), node("2")], [node("2"), node("3")]) == [("node_lost", "1"), ("node_joined", "3")]


def test_what_lasts_is_a_change_and_what_is_free_is_none():
    assert told([node("1")], [node("1", free=1)]) == []
    assert told([node("1")], [node("1", cpus=8)]) == [("node_changed", "1")]
    assert told([node("1")], [node("1", zone="a")]) == [("node_changed", "1")]
    assert told([node("1")], [node("1", draining=True)]) == [("node_changed", "1")]


def test_a_group_is_lost_once_when_it_was_reserved():
    lost = group_events([group("a")], [group("a", "RESCHEDULING")], set())
    assert [(event.name, event.state) for event in lost] == [("a", "RESCHEDULING")]
    assert group_events([group("a", "RESCHEDULING")], [group("a", "RESCHEDULING")], set()) == []
    assert group_events([group("a", "PENDING")], [], set()) == []


def test_a_group_that_was_asked_to_go_is_not_lost():
    assert group_events([group("a")], [], {"a"}) == []
    assert [event.state for event in group_events([group("a")], [], set())] == ["REMOVED"]
