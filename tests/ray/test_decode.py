"""JSON into messages: what is wrong is named by its path."""

import pytest
from manta_ray.decode import decode
from manta_ray.errors import BridgeError
from manta_ray.protocol import CreateGroup, Start


def refusal(kind, value):
    with pytest.raises(BridgeError) as caught:
        decode(kind, value, "args")
    assert caught.value.code == "InvalidArgument"
    return caught.value.message


def test_defaults_fill_what_is_left_out():
    start = decode(Start, {"id": "a", "argv": ["x"], "resources": {"num_gpus": 1}}, "args")
    assert (start.resources.num_cpus, start.resources.num_gpus, start.affinity, start.listen) == (1.0, 1.0, None, False)


def test_nested_objects_and_null_are_taken():
    start = decode(Start, {"id": "a", "argv": [], "affinity": {"node_id": "n", "soft": True}, "group": None}, "args")
    assert start.affinity.soft and start.group is None


@pytest.mark.parametrize(
    "value, path",
    [
        ({"argv": []}, "args.id: is missing"),
        ({"id": 7, "argv": []}, "args.id: str is expected, not int"),
        ({"id": "a", "argv": "ls"}, "args.argv: an array is expected, not str"),
        ({"id": "a", "argv": ["ls", 1]}, "args.argv[1]: str is expected, not int"),
        ({"id": "a", "argv": [], "colour": 1}, "args.colour: there is no such key, but: id, argv"),
        (
            {"id": "a", "argv": [], "resources": {"num_cpus": "1"}},
            "args.resources.num_cpus: float is expected, not str",
        ),
        (
            {"id": "a", "argv": [], "resources": {"num_cpus": True}},
            "args.resources.num_cpus: float is expected, not bool",
        ),
        ({"id": "a", "argv": [], "affinity": {}}, "args.affinity.node_id: is missing"),
        ([], "args: an object is expected, not list"),
    ],
)
def test_the_path_of_what_is_wrong_is_told(value, path):
    assert refusal(Start, value).startswith(path)


def test_a_list_of_objects_is_checked_item_by_item():
    assert refusal(CreateGroup, {"name": "g", "bundles": [{"CPU": 1}, {"CPU": "x"}]}).startswith(
        "args.bundles[1].CPU: float"
    )
