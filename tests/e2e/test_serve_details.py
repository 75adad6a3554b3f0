"""GET /api/serve/applications/ as clients of Ray Serve read it: their own model's schema, which refuses keys that it does not know
(tests/data/rest/make_schema.py)."""
import json

import jsonschema
import pytest

from instance import ROOT, Instance
from scenarios import admin, app

SCHEMA = json.loads((ROOT / "tests" / "data" / "rest" / "serve_details_schema.json").read_text())
AUTO = {"num_replicas": "auto", "max_queued_requests": 9, "backpressure_config": {"status_code": 429, "retry_after_s": 2},
        "user_config": None, "request_router_config": {"request_router_class": "least_loaded"}, "rolling_update_percentage": 0.5,
        "logging_config": {"encoding": "JSON"}, "ray_actor_options": {"num_cpus": 0.1, "label_selector": {"a": "!b"}}}
GROUP = {"num_replicas": 2, "placement_group_bundles": [{"CPU": 0.1}, {"CPU": 0.1}], "placement_group_strategy": "SPREAD", "max_surge_percent": 50,
         "request_router_config": {"request_router_class": "consistent_hash"}, "compute_threads": 2,
         "ray_actor_options": {"num_cpus": 0.1}}
GANG = {"num_replicas": 2, "gang_scheduling_config": {"gang_size": 2}, "ray_actor_options": {"num_cpus": 0.1, "runtime_env": {"env_vars": {"A": "b"}}}}
DEPLOYMENT = "RAGPipeline"


@pytest.fixture(scope="module")
def served(manta_binary, tmp_path_factory):
    """Three applications, each with other options; `traffic` and the like are there to be left out."""
    folder = tmp_path_factory.mktemp("details")
    applications = [{"name": name, "route_prefix": f"/{name}", "import_path": app("app"), "external_scaler_enabled": name == "group",
                     "deployments": [{"name": DEPLOYMENT, **fields}]} for name, fields in (("auto", AUTO), ("group", GROUP), ("gang", GANG))]
    (folder / "app.yaml").write_text(json.dumps({"applications": applications}))
    instance = Instance(folder / "app.yaml", folder)
    yield instance
    assert instance.stop() == 0, "".join(instance.lines)


@pytest.fixture(scope="module")
def details(served):
    status, text = admin(served, "GET", "/api/serve/applications/")
    assert status == 200
    return json.loads(text)


def test_clients_of_ray_serve_can_read_it(details):
    mistakes = [f"{mistake.json_path}: {mistake.message}" for mistake in jsonschema.Draft202012Validator(SCHEMA).iter_errors(details)]
    assert not mistakes, "\n".join(mistakes)


@pytest.mark.parametrize("change", [
    lambda answer: answer.update(more=1),
    lambda answer: answer["applications"]["auto"].update(traffic=[]),
    lambda answer: answer["applications"]["auto"]["deployments"][DEPLOYMENT].update(version="a"),
    lambda answer: answer["applications"]["auto"]["deployments"][DEPLOYMENT].update(status="FINE"),
    lambda answer: answer["controller_health_metrics"].update(event_loop_delay_s={}),
])
def test_a_mistake_is_noticed(details, change):
    wrong = json.loads(json.dumps(details))
    change(wrong)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(wrong)


def test_deployments_have_their_options_in_ray_serves_words(details):
    config = {name: application["deployments"][DEPLOYMENT]["deployment_config"] for name, application in details["applications"].items()}
    auto = config["auto"]
    assert "num_replicas" not in auto
    assert auto["backpressure_config"] == {"status_code": 429, "retry_after_s": 2}
    assert auto["autoscaling_config"]["policy"]["policy_function"] == "ray.serve.autoscaling_policy:default_autoscaling_policy"
    assert "request_router_class" not in auto["request_router_config"]  # Ray Serve has none of that name
    assert config["group"]["num_replicas"] == 2
    assert config["group"]["request_router_config"]["request_router_class"].endswith(":ConsistentHashRouter")
    assert config["group"]["placement_group_strategy"] == "SPREAD"
    assert config["gang"]["gang_scheduling_config"]["gang_size"] == 2
    assert config["gang"]["ray_actor_options"]["runtime_env"] == {"env_vars": {"A": "b"}}


def test_auto_is_1_to_100_replicas_for_two_requests_each(details):
    deployment = details["applications"]["auto"]["deployments"][DEPLOYMENT]
    scaling = deployment["deployment_config"]["autoscaling_config"]
    assert (scaling["min_replicas"], scaling["max_replicas"], scaling["target_ongoing_requests"]) == (1, 100, 2)
    assert scaling["initial_replicas"] is None
    assert deployment["target_num_replicas"] == 1
    assert deployment["autoscaling_detail"]["scaling_status"] == "STABLE"


def test_the_effective_configuration_tells_where_auto_comes_from(served):
    status, text = admin(served, "GET", "/api/serve/applications/auto/effective")
    assert status == 200
    [deployment] = [each for each in json.loads(text)["deployments"] if each["name"] == DEPLOYMENT]
    values = {each["key"]: each for each in deployment["values"]}
    assert values["autoscaling_config"]["origin"] == "file"
    scaling = values["autoscaling_config"]["value"]
    assert (scaling["min_replicas"], scaling["max_replicas"], scaling["target_ongoing_requests"]) == (1, 100, 2)
    assert (values["max_ongoing_requests"]["value"], values["max_ongoing_requests"]["origin"]) == (5, "default")


def test_who_calls_whom_and_where_to_send_requests(served, details):
    topology = details["applications"]["auto"]["deployment_topology"]
    assert topology["app_name"] == "auto"
    assert topology["ingress_deployment"] == DEPLOYMENT
    assert topology["nodes"][DEPLOYMENT]["is_ingress"]
    assert {callee["name"] for callee in topology["nodes"][DEPLOYMENT]["outbound_deployments"]} == {"Retriever", "Generator"}
    [group] = details["target_groups"]
    assert (group["protocol"], group["route_prefix"]) == ("HTTP", "/")
    assert [(target["ip"], target["port"]) for target in group["targets"]] == [("127.0.0.1", served.port)]


def test_what_was_deployed_can_be_deployed_again(served, details):
    """From Ray Serve's details where its names are enough, from Manta's own where not: `auto` has a router that Ray Serve has not."""
    everything = json.loads(admin(served, "GET", "/api/serve/details")[1])
    answers = {"auto": everything, "group": details, "gang": details}
    applications = [answer["applications"][name]["deployed_app_config"] for name, answer in answers.items()]
    status, text = admin(served, "POST", "/api/serve/plan", {"applications": applications})
    assert status == 200
    changes = {application["name"]: application["change"] for application in json.loads(text)["applications"]}
    assert changes == dict.fromkeys(answers, "unchanged")


def test_what_only_manta_has_is_in_its_own_details(served):
    status, text = admin(served, "GET", "/api/serve/details")
    assert status == 200
    everything = json.loads(text)
    assert {"nodes"} <= everything.keys()
    assert {"version", "batches_closed"} <= everything["applications"]["auto"]["deployments"][DEPLOYMENT].keys()
