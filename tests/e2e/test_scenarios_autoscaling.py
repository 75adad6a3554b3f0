"""The number of replicas of a language model follows the requests that it has, as far as there are GPUs."""
from configurations import sim_llm, write
from scenarios import Load, command, details, eventually, replicas, serving, status_of

CHAT = {"model": "llama", "messages": [{"role": "user", "content": "What is 2+2?"}], "max_tokens": 50}


def config(folder, max_replicas):
    """A model that a request keeps busy for half a second, autoscaled by the rules of the operator's file, but sooner."""
    scaling = {"min_replicas": 1, "max_replicas": max_replicas, "initial_replicas": 1, "target_ongoing_requests": 5,
               "upscale_delay_s": 1, "downscale_delay_s": 1, "look_back_period_s": 1, "metrics_interval_s": 0.5}
    model = {"name": "Llm", "max_ongoing_requests": 100, "ray_actor_options": {"num_cpus": 0.1, "num_gpus": 1},
             "autoscaling_config": scaling}
    return write(folder, {"name": "llm-api", "import_path": "builtin:openai", "deployments": [model],
                          "args": {"llms": [sim_llm("llama", slots=100, ttft_ms=20, itl_ms=10)]}})


def decisions(instance):
    return [(one["prev_num_replicas"], one["curr_num_replicas"]) for one in details(instance, "llm-api", "Llm")["autoscaling_detail"]["decisions"]]


def running(instance, count):
    return len(replicas(instance, "llm-api", "Llm")) == count == len(details(instance, "llm-api", "Llm")["replicas"])


def test_ten_requests_on_one_replica_with_target_five_bring_a_second_that_goes_with_the_traffic(manta_binary, tmp_path):
    with serving(config(tmp_path, 2), tmp_path, "--num-gpus", "2") as instance:
        assert running(instance, 1)
        with Load(instance, 10, "/v1/chat/completions", CHAT):
            eventually(lambda: running(instance, 2), "a second replica")
            assert sorted(replica["gpus"] for replica in replicas(instance, "llm-api", "Llm")) == [[0], [1]]
        with Load(instance, 2, "/v1/chat/completions", CHAT):
            eventually(lambda: running(instance, 1), "one replica again")
        assert decisions(instance) == [(1, 2), (2, 1)]
        explained = command("explain", "Llm", "--admin-port", instance.admin_port)
        assert explained.returncode == 0, explained.stderr
        assert "1 -> 2" in explained.stdout and "2 -> 1" in explained.stdout, explained.stdout


def test_four_replicas_wanted_and_two_gpus_are_two_running_and_two_pending_with_the_reason(manta_binary, tmp_path):
    with serving(config(tmp_path, 4), tmp_path, "--num-gpus", "2") as instance:
        with Load(instance, 40, "/v1/chat/completions", CHAT) as load:
            status = eventually(lambda: (found := status_of(instance, "llm-api", "Llm"))["replica_states"] == {"RUNNING": 2, "PENDING": 2}
                                and found, "two running, two pending")
            assert status["message"] == "pending: needs 1 GPU, the largest free is 0"
            answered = len(load.statuses)
            eventually(lambda: len(load.statuses) >= answered + 40, "two replicas serve all")
            explained = command("explain", "Llm", "--admin-port", instance.admin_port)
            assert "the largest free is 0" in explained.stdout, explained.stdout + explained.stderr
        eventually(lambda: running(instance, 1), "those that never ran are given up, and one that ran")
        assert status_of(instance, "llm-api", "Llm")["replica_states"] == {"RUNNING": 1}
