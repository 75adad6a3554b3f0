"""What a million requests cost, from the price of an hour and the requests that are being answered. That $2.01 an hour and 12,000
requests an hour come to $167.50, about $168, is in tests/unit/cli/cost_test.cc: here nothing may depend on how fast a machine is."""
import json
import re

import pytest

from configurations import openai_application, sim_llm, write
from scenarios import Load, command, serving

PROMPT = {"model": "llama", "prompt": "hi", "max_tokens": 2}
PRICE = 2.01


@pytest.fixture(scope="module")
def instance(manta_binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cost")
    with serving(write(folder, openai_application("llm-api", "/", {"llms": [sim_llm("llama")]})), folder) as instance:
        yield instance


def cost(instance, *more):
    done = command("cost", "--price", PRICE, "--window", 1, "--admin-port", instance.admin_port, *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_cost_of_a_million_is_the_price_by_the_rate(instance):
    with Load(instance, 2, "/v1/completions", PROMPT):
        report = json.loads(cost(instance, "--json"))
    assert report["dollars_per_hour"] == PRICE
    rows = {(row["application"], row["deployment"]): row for row in report["rows"]}
    assert {("llm-api", "OpenAi"), ("llm-api", "Llm")} <= set(rows), rows
    for row in rows.values():
        assert row["requests_per_hour"] > 0, row
        assert row["dollars_per_million"] == pytest.approx(PRICE / row["requests_per_hour"] * 1e6)


def test_what_gets_no_requests_has_no_cost(instance):
    text = cost(instance)
    assert f"At ${PRICE:.2f} an hour" in text
    assert re.search(r"^llm-api/Llm +0 +-$", text, re.M), text
