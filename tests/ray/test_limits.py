"""Waits that the environment sets."""

import pytest
from manta_ray.limits import seconds


@pytest.mark.parametrize("text, expected", [("2.5", 2.5), ("", 5), ("0", 5), ("-1", 5), ("soon", 5), ("nan", 5)])
def test_only_a_number_above_zero_takes_the_place_of_the_usual_wait(monkeypatch, text, expected):
    monkeypatch.setenv("MANTA_RAY_TEST_S", text)
    assert seconds("MANTA_RAY_TEST_S", 5) == expected


def test_without_the_variable_it_is_the_usual_wait(monkeypatch):
    monkeypatch.delenv("MANTA_RAY_TEST_S", raising=False)
    assert seconds("MANTA_RAY_TEST_S", 5) == 5
