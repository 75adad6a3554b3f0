"""Where replicas go. On several nodes it is shown by `manta place`, which runs the controller's own placement; what happens when
nodes come and go is in tests/unit/control/scenarios_test.cc, gangs and engines in tests/integration/process_placement_test.py."""
import re

import pytest

from scenarios import SEEDS, app, command, deploy, eventually, replicas, serving, status_of


def place(file, nodes, *more):
    """{deployment: (replicas, placed, pending)}, and all that was printed."""
    done = command("place", file, "--nodes", nodes, *more)
    rows = re.findall(r"^(\S+#\S+) +(\d+) +(\d+) +(\d+)$", done.stdout, re.M)
    assert rows, done.stdout + done.stderr
    counts = {name: tuple(map(int, numbers)) for name, *numbers in rows}
    assert done.returncode == (1 if any(pending for _, _, pending in counts.values()) else 0), done.stdout
    return counts, done.stdout


def only(folder, file, *deployments):
    """The file with these deployments alone."""
    head, *entries = (SEEDS / file).read_text().split("  - name: ")
    kept = [entry for entry in entries if entry.split("\n")[0] in deployments]
    assert len(kept) == len(deployments)
    path = folder / file
    path.write_text("  - name: ".join([head, *kept]))
    return path


def test_four_replicas_for_two_gpus_are_two_placed_and_two_pending(manta_binary):
    counts, text = place(SEEDS / "queue_depth.yaml", "2xcpu=4,gpu=1", "--max-replicas")
    assert counts["llm-api#VLLMDeployment"] == (4, 2, 2)
    assert "llm-api#VLLMDeployment: pending: needs 1 GPU, 1 CPU; node node-1: GPU 0 free < 1; node node-2: GPU 0 free < 1" in text
    assert place(SEEDS / "queue_depth.yaml", "4xcpu=4,gpu=1", "--max-replicas")[0]["llm-api#VLLMDeployment"] == (4, 4, 0)


def test_each_of_two_nodes_with_a_gpu_gets_a_replica(manta_binary):
    counts, text = place(SEEDS / "multi_node.yaml", "2xcpu=4,gpu=1")
    assert counts["llm-api#VLLMDeployment"] == (2, 2, 0)
    assert len(re.findall(r"^node-\d .* 0 of 1 ", text, re.M)) == 2


@pytest.mark.parametrize("nodes, placed", [(2, 2), (3, 3), (4, 4), (5, 4)])
def test_one_replica_for_each_node_waits_for_as_many_nodes(manta_binary, tmp_path, nodes, placed):
    counts, text = place(only(tmp_path, "placed.yaml", "EmbedDeployment"), f"{nodes}xcpu=4,gpu=2")
    assert counts["placed#EmbedDeployment"] == (4, placed, 4 - placed)
    assert ("max_replicas_per_node 1 reached" in text) == (placed < 4)


def test_bundles_are_spread_over_the_nodes_there_are(manta_binary, tmp_path):
    file = only(tmp_path, "placed.yaml", "Spread")
    text = place(file, "4xcpu=4,gpu=1")[1]
    assert len(re.findall(r"^node-\d .* 0 of 1 ", text, re.M)) == 4
    counts, text = place(file, "3xcpu=4,gpu=1")
    assert counts["placed#Spread"] == (1, 0, 1) and len(re.findall(r"^node-\d .* 1 of 1 ", text, re.M)) == 3, "all or nothing"


def test_a_model_over_four_gpus_stays_on_one_node(manta_binary, tmp_path):
    file = only(tmp_path, "decorated.yaml", "LargeModel")
    assert place(file, "2xcpu=4,gpu=2")[0]["models#LargeModel"] == (1, 0, 1)
    assert place(file, "cpu=4,gpu=2;cpu=4,gpu=4")[0]["models#LargeModel"] == (1, 1, 0)


def test_a_replica_that_belongs_to_a_node_goes_there_or_nowhere(manta_binary, tmp_path):
    file = only(tmp_path, "placed.yaml", "Pinned")
    assert re.search(r"^node-1 .*placed#Pinned", place(file, "3xcpu=4")[1], re.M)
    counts, text = place(file, "cpu=0.5;cpu=4")
    assert counts["placed#Pinned"] == (1, 0, 1) and "node node-1: CPU 0.5 free < 1" in text, text


def test_halves_of_a_gpu_share_one(manta_binary, tmp_path):
    counts, text = place(SEEDS / "fractions.yaml", "cpu=8,gpu=2")
    assert {name: pending for name, (_, _, pending) in counts.items()} == dict.fromkeys(counts, 0), text
    shares = dict(re.findall(r"rag#(Embedder|Reranker|LLM) \((?:0.5 of )?GPU (\d)\)", text))
    assert shares["Embedder"] == shares["Reranker"] != shares["LLM"], text


def test_a_fixed_number_beyond_the_gpus_serves_with_those_that_run(manta_binary, tmp_path):
    with serving(None, tmp_path, "--num-gpus", "2", "--num-cpus", "8") as instance:
        model = {"name": "BatchedModel", "num_replicas": 4}
        deploy(instance, {"name": "batched", "import_path": app("batched"), "args": {"hold": "/nowhere"}, "deployments": [model]})
        eventually(lambda: status_of(instance, "batched", "BatchedModel")["replica_states"] == {"RUNNING": 2, "PENDING": 2}, "2 and 2")
        assert sorted(replica["gpus"] for replica in replicas(instance, "batched", "BatchedModel")) == [[0], [1]]
        text = command("status", "--admin-port", instance.admin_port).stdout
        assert "message: 'pending: needs 1 GPU, the largest free is 0'" in text, text
