"""What replicas hold, groups and gangs of them, with real processes on devices that need not exist."""
import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import unittest

from instance import BUILD, MANTA, Instance, processes, wait_until

APP = os.path.join(BUILD, "tests", "apps", "libtest_placement_app.so")
ENGINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "apps", "stand_in_engine.py")
SLEEPS = "time.sleep(1000)"


def config(engine="", **fields):
    """An application with the deployment Worker; `fields` override its configuration."""
    options = {"num_cpus": 0.1, "num_gpus": fields.pop("num_gpus", 0)}
    worker = {"name": "Worker", "ray_actor_options": options, **fields}
    return {"applications": [{"name": "place", "import_path": f"{APP}:build", "args": {"engine": engine},
                              "deployments": [worker]}]}


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("agent")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def engine(mode):
    return " ".join(shlex.quote(word) for word in (sys.executable, ENGINE, mode, MANTA))


class Deploying(unittest.TestCase):
    def deploy(self, instance, **fields):
        status, _, body = instance.admin("PUT", "/api/serve/applications/", config(**fields))
        self.assertEqual(status, 200, body)

    def replicas(self, instance, state="RUNNING"):
        found = instance.details()["applications"]["place"]["deployments"]["Worker"]["replicas"]
        return [r for r in found if state in (None, r["state"])]

    def wait_replicas(self, instance, count, what, without):
        """The RUNNING ones, when there are so many and none has a process of `without`."""
        def found():
            running = self.replicas(instance)
            return len(running) == count and not without & {r["pid"] for r in running} and running
        return wait_until(found, what)

    def deployment(self, instance):
        known = instance.status()["applications"].get("place", {"deployments": {}})
        return known["deployments"].get("Worker", {"status": "", "replica_states": {}, "message": ""})

    def wait_states(self, instance, **states):
        wait_until(lambda: self.deployment(instance)["replica_states"] == states, str(states))

    def wait_healthy(self, instance):
        instance.wait_healthy(application="place", name="Worker")

    def who(self, instance):
        status, _, body = instance.request("POST", "/who", {})
        self.assertEqual(status, 200, body)
        return json.loads(body)


class PlacementTest(Deploying):
    def test_replicas_beyond_the_gpus_are_pending_with_the_reason(self):
        with Instance().run("--num-gpus", "2", verb="start") as instance:
            self.deploy(instance, num_replicas=4, num_gpus=1)
            self.wait_states(instance, RUNNING=2, PENDING=2)
            self.assertEqual(self.deployment(instance)["message"], "pending: needs 1 GPU, the largest free is 0")
            self.assertEqual(sorted(r["gpus"] for r in self.replicas(instance)), [[0], [1]])
            self.deploy(instance, num_replicas=2, num_gpus=1)
            self.wait_healthy(instance)
            self.wait_states(instance, RUNNING=2)

    def test_a_device_is_given_again_only_when_its_process_is_gone(self):
        with Instance().run("--num-gpus", "1", verb="start") as instance:
            self.deploy(instance, num_gpus=1)
            self.wait_healthy(instance)
            pid = self.replicas(instance)[0]["pid"]
            os.kill(pid, signal.SIGSTOP)
            self.deploy(instance, num_gpus=1, env_vars={"V": "2"}, graceful_shutdown_timeout_s=2)
            wait_until(lambda: self.replicas(instance, "STOPPING"), "the old replica stopping")
            self.assertIn("the largest free is 0", self.deployment(instance)["message"])
            wait_until(lambda: self.replicas(instance), "the new replica")
            self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_an_engine_claims_the_bundles_of_its_replica_and_books_nothing_twice(self):
        with Instance().run("--num-gpus", "4", verb="start") as instance:
            self.deploy(instance, engine=engine("claims"), placement_group_bundles=[{"GPU": 1}] * 4,
                        placement_group_strategy="STRICT_PACK")
            self.wait_healthy(instance)
            who = self.who(instance)
            self.assertEqual(who["gpus"], "0,1,2,3")
            self.assertEqual(json.loads(who["engine"].removeprefix("ready ")), ["0", "1", "2", "3"])
            self.assertEqual([b["gpus"] for b in self.replicas(instance)[0]["placement_group"]], [[0], [1], [2], [3]])
            os.kill(who["pid"], signal.SIGKILL)
            self.wait_replicas(instance, 1, "a new one", without={who["pid"]})
            workers = [p for p, command in processes(f"MANTA_INSTANCE={instance.state}:").items() if SLEEPS in command]
            self.assertEqual(len(workers), 4, "those of the dead replica are gone, the new engine has its own")

    def test_an_engine_that_books_outside_fails_with_the_reason(self):
        with Instance().run("--num-gpus", "4", verb="start") as instance:
            self.deploy(instance, engine=engine("outside"), placement_group_bundles=[{"GPU": 1}] * 2)
            wait_until(lambda: self.deployment(instance)["status"] == "DEPLOY_FAILED", "DEPLOY_FAILED")
            message = self.deployment(instance)["message"]
            self.assertIn("2 GPU cannot be reserved by a process of a replica", message)
            self.assertIn("MANTA_PLACEMENT_GROUP", message)
            self.assertIn("GPU 1", message)

    def test_an_engine_that_claims_a_bundle_twice_fails_with_the_reason(self):
        with Instance().run("--num-gpus", "4", verb="start") as instance:
            self.deploy(instance, engine=engine("twice"), placement_group_bundles=[{"GPU": 1}] * 2)
            wait_until(lambda: self.deployment(instance)["status"] == "DEPLOY_FAILED", "DEPLOY_FAILED")
            self.assertRegex(self.deployment(instance)["message"], "bundle 0 of place#Worker#.* is claimed by process")

    def test_a_group_that_does_not_fit_takes_nothing(self):
        with Instance().run("--num-gpus", "3", verb="start") as instance:
            self.deploy(instance, placement_group_bundles=[{"GPU": 1}] * 4)
            wait_until(lambda: "GPU 3 free < 4" in self.deployment(instance)["message"], "the reason")
            self.assertEqual(self.deployment(instance)["replica_states"], {"PENDING": 1})
            self.deploy(instance, num_gpus=3)
            self.wait_healthy(instance)

    def test_ranks_are_stable_and_a_replacement_takes_the_one_of_the_dead(self):
        with Instance().run(verb="start") as instance:
            self.deploy(instance, num_replicas=3)
            self.wait_healthy(instance)
            before = {r["rank"]: r["pid"] for r in self.replicas(instance)}
            self.assertEqual(sorted(before), [0, 1, 2])
            self.assertEqual({(r["node_rank"], r["local_rank"] - r["rank"]) for r in self.replicas(instance)}, {(0, 0)})
            os.kill(before[1], signal.SIGKILL)
            after = {r["rank"]: r["pid"] for r in self.wait_replicas(instance, 3, "a new rank 1", without={before[1]})}
            self.assertEqual(sorted(after), [0, 1, 2])
            self.assertEqual((after[0], after[2]), (before[0], before[2]))

    def test_a_controller_of_the_past_starts_nothing(self):
        with Instance().run(verb="start") as instance:
            self.deploy(instance)
            self.wait_healthy(instance)
            with open(f"/proc/{self.replicas(instance)[0]['pid']}/environ", "rb") as f:
                variables = dict(entry.split(b"=", 1) for entry in f.read().split(b"\0") if entry)
            agent = UnixConnection(json.loads(variables[b"MANTA_PLACEMENT_GROUP"])["agent_socket"])
            agent.request("POST", "/start", json.dumps({"id": "place#Worker#late", "epoch": 0}))
            answer = agent.getresponse()
            self.assertEqual(answer.status, 503)
            self.assertIn("not of 0", answer.read().decode())
            agent.close()

    def test_labels_and_kind_of_gpu_of_the_node_are_met_or_the_reason_told(self):
        with Instance().run("--labels", '{"zone": "a"}', "--accelerator-type", "A100", "--num-gpus", "1", verb="start") as instance:
            options = {"num_cpus": 0.1, "num_gpus": 1, "accelerator_type": "A100", "label_selector": {"zone": "in(a,b)"}}
            self.deploy(instance, ray_actor_options=options)
            self.wait_healthy(instance)
            self.deploy(instance, ray_actor_options={**options, "label_selector": {"zone": "!a"}})
            wait_until(lambda: "label zone is a, needs !a" in self.deployment(instance)["message"], "the reason")


    def test_a_fallback_is_used_where_the_labels_find_no_node_and_told(self):
        with Instance().run("--labels", '{"zone": "a"}', verb="start") as instance:
            options = {"num_cpus": 0.1, "label_selector": {"zone": "b"}}
            self.deploy(instance, ray_actor_options={**options, "fallback_strategy": [{"label_selector": {"zone": "c"}}]})
            wait_until(lambda: "fallback_strategy[0]: the node cannot take it: label zone is a, needs c"
                       in self.deployment(instance)["message"], "the reason of each")
            others = [{"label_selector": {"zone": "c"}}, {"label_selector": {"zone": "!c"}}]
            self.deploy(instance, ray_actor_options={**options, "fallback_strategy": others})
            self.wait_healthy(instance)
            self.assertEqual([r["fallback"] for r in self.replicas(instance)], ["fallback_strategy[1]"])
            done = subprocess.run([MANTA, "explain", "place/Worker", "--admin-port", str(instance.admin_port)],
                                  capture_output=True, text=True, timeout=30)
            self.assertIn("1 by fallback_strategy[1]", done.stdout, done.stderr)

    def test_limits_are_enforced_when_asked_for_and_said_plainly_where_not(self):
        with Instance().run("--enforce-limits", verb="start") as instance:
            self.deploy(instance, num_replicas=2, ray_actor_options={"num_cpus": 1, "memory": 1 << 30})
            self.wait_healthy(instance)
            cpus = []
            for replica in self.replicas(instance):
                with open(f"/proc/{replica['pid']}/status") as f:
                    cpus.append(next(line.split()[1] for line in f if line.startswith("Cpus_allowed_list")))
                with open(f"/proc/{replica['pid']}/environ", "rb") as f:
                    environment = f.read().split(b"\0")
                self.assertIn(b"OMP_NUM_THREADS=1", environment)
                self.assertIn(b"GLIBC_TUNABLES=glibc.malloc.tcache_count=512", environment)
            if len(os.sched_getaffinity(0)) == 2:
                self.assertEqual(len(set(cpus)), 2, cpus)
                self.assertTrue(all(one.isdigit() for one in cpus), cpus)
            if "memory of replicas is accounted but not limited" in instance.output():
                self.assertIn("no memory controller of cgroup version 2", instance.output())
            else:
                with open(f"/proc/{self.replicas(instance)[0]['pid']}/cgroup") as f:
                    self.assertIn("place#Worker#", f.read())


class PipelineTest(unittest.TestCase):
    def test_four_models_with_fractions_share_6_gpus_where_whole_ones_would_need_12(self):
        with Instance().run(f"{APP}:build_pipeline", "--num-gpus", "6") as instance:
            deployments = instance.details()["applications"]["pipeline"]["deployments"]
            used = {name: [r["gpus"] for r in d["replicas"]] for name, d in deployments.items()}
            self.assertEqual([len(used[name]) for name in ("OCR", "NER", "LLM", "Classifier")], [1, 4, 1, 4])
            whole = [gpu for gpus in used["LLM"] for gpu in gpus]
            shares = [gpu for name in ("NER", "Classifier") for gpus in used[name] for gpu in gpus]
            self.assertEqual(len(whole), 4)
            self.assertEqual(sorted(set(whole) | set(shares)), [0, 1, 2, 3, 4, 5])
            self.assertEqual(sorted(shares.count(gpu) for gpu in set(shares)), [4, 4], "full, and not more")
            self.assertEqual(len(whole) + len(shares), 12, "devices, if each had its own")
            status, _, body = instance.request("POST", "/process", {})
            self.assertEqual(status, 200, body)
            self.assertEqual(len(json.loads(body)["llm"]["gpus"].split(",")), 4)


class GangTest(Deploying):
    GANG = {"gang_size": 3, "gang_placement_strategy": "STRICT_PACK"}

    def watch(self, instance, stop, faults):
        """Two lives of one gang must never be there together, in any state."""
        while not stop.is_set():
            lives = {}
            for replica in self.replicas(instance, None):
                lives.setdefault(replica["gang_id"], set()).add(replica["gang_epoch"])
            faults += [f"{gang}: {epochs}" for gang, epochs in lives.items() if len(epochs) > 1]

    def test_the_death_of_one_member_restarts_the_whole_gang_and_no_other(self):
        with Instance().run("--num-gpus", "9", verb="start") as instance:
            self.deploy(instance, num_replicas=6, num_gpus=1, gang_scheduling_config=self.GANG)
            self.wait_healthy(instance)
            before = self.replicas(instance)
            self.assertEqual(sorted((r["gang_id"], r["rank"]) for r in before),
                             [(f"place#Worker#gang-{g}", rank) for g in (0, 1) for rank in (0, 1, 2)])
            self.assertEqual(len({tuple(r["gpus"]) for r in before}), 6, "a device each")
            stop, faults = threading.Event(), []
            watcher = threading.Thread(target=self.watch, args=(instance, stop, faults))
            watcher.start()
            try:
                first = [r for r in before if r["gang_id"].endswith("-0")]
                os.kill(first[1]["pid"], signal.SIGKILL)
                after = self.wait_replicas(instance, 6, "a new gang", without={r["pid"] for r in first})
            finally:
                stop.set()
                watcher.join()
            self.assertEqual(faults, [])
            others = lambda found: sorted((r["rank"], r["pid"]) for r in found if r["gang_id"].endswith("-1"))
            self.assertEqual(others(after), others(before), "the other gang is left alone")
            epochs = {r["gang_epoch"] for r in after if r["gang_id"].endswith("-0")}
            self.assertEqual(len(epochs), 1)
            self.assertGreater(epochs.pop(), first[0]["gang_epoch"])
            for replica in first:
                self.assertFalse(os.path.exists(f"/proc/{replica['pid']}"), "no process of the earlier life is left")

    def test_members_know_their_rank_and_their_gang(self):
        with Instance().run(verb="start") as instance:
            self.deploy(instance, num_replicas=3, gang_scheduling_config=self.GANG)
            self.wait_healthy(instance)
            seen = {}
            wait_until(lambda: seen.update({w["rank"]: w for w in [self.who(instance)]}) or len(seen) == 3, "all ranks")
            for rank, who in seen.items():
                self.assertEqual((who["rank"], who["world_size"], who["gang_id"]), (rank, 3, "place#Worker#gang-0"))
                self.assertEqual((who["node_rank"], who["local_rank"]), (0, rank), "all are on one node")
                with open(f"/proc/{who['pid']}/environ", "rb") as f:
                    environment = f.read().split(b"\0")
                self.assertIn(f"MANTA_RANK={rank}".encode(), environment)
                self.assertIn(f"MANTA_GANG_EPOCH={who['gang_epoch']}".encode(), environment)

    def test_a_gang_that_does_not_fit_is_pending_as_a_whole(self):
        with Instance().run("--num-gpus", "5", verb="start") as instance:
            self.deploy(instance, num_replicas=6, num_gpus=1, gang_scheduling_config=self.GANG)
            self.wait_states(instance, RUNNING=3, PENDING=3)
            self.assertIn("gang of 3 (STRICT_PACK): needs 3 GPUs, the largest free is 2", self.deployment(instance)["message"])

    def test_gangs_outlive_the_controller_and_one_that_lost_a_member_meanwhile_restarts(self):
        with Instance().run(verb="start") as instance:
            self.deploy(instance, num_replicas=6, gang_scheduling_config=self.GANG)
            self.wait_healthy(instance)
            before = {r["pid"]: r for r in self.replicas(instance)}
            victim = next(r for r in before.values() if r["gang_id"].endswith("-0"))
            controller = instance.pid_of("controller")
            os.kill(controller, signal.SIGSTOP)
            os.kill(victim["pid"], signal.SIGKILL)
            os.kill(controller, signal.SIGKILL)
            def restarted():
                try:
                    now = self.replicas(instance)
                except (OSError, ValueError, KeyError):
                    return False
                old = [r for r in now if r["pid"] in before]
                return len(now) == 6 and len(old) == 3 and all(r["gang_id"].endswith("-1") for r in old)
            wait_until(restarted, "gang 0 restarted, gang 1 adopted")
            epochs = {r["gang_id"]: r["gang_epoch"] for r in self.replicas(instance)}
            self.assertGreater(epochs["place#Worker#gang-0"], victim["gang_epoch"])


class PlaceCommandTest(unittest.TestCase):
    def place(self, *words, **fields):
        with Instance() as instance:
            path = os.path.join(instance.state, "app.yaml")
            with open(path, "w") as f:
                json.dump({"applications": [{"name": "place", "import_path": f"{APP}:build", "args": {},
                                             "deployments": [{"name": "Worker", **fields}]}]}, f)
            return subprocess.run([MANTA, "place", path, *words], capture_output=True, text=True, timeout=60)

    def test_a_placement_is_shown_without_being_done(self):
        done = self.place("--nodes", "2xcpu=4,gpu=2", num_replicas=3, ray_actor_options={"num_cpus": 1, "num_gpus": 1})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"node-1 +\d of 4 +\d of 2")
        self.assertRegex(done.stdout, r"place#Worker +3 +3 +0")

    def test_what_stays_pending_is_told_and_the_exit_code_is_1(self):
        done = self.place("--nodes", "cpu=4,gpu=2", num_replicas=4, ray_actor_options={"num_cpus": 1, "num_gpus": 1})
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stdout, r"place#Worker +4 +2 +2")
        self.assertIn("place#Worker: pending: needs 1 GPU, the largest free is 0", done.stdout)

    def test_an_application_whose_code_is_not_here_is_shown_as_its_file_says(self):
        with Instance() as instance:
            path = os.path.join(instance.state, "app.yaml")
            with open(path, "w") as f:
                f.write("""
applications:
- name: llm-api
  import_path: vllm_deployment:entrypoint
  deployments:
  - name: VLLMDeployment
    ray_actor_options: {num_cpus: 2, num_gpus: 1, memory: 4294967296}
    autoscaling_config: {min_replicas: 1, max_replicas: 4}
""")
            done = subprocess.run([MANTA, "place", path, "--nodes", "cpu=8,gpu=2,memory=64GiB", "--max-replicas"],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stdout, r"llm-api#VLLMDeployment +4 +2 +2")
            self.assertIn("shown is what the file says of 'llm-api'", done.stderr)

    def test_wrong_nodes_are_refused(self):
        done = self.place("--nodes", "cpu=many")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("'many' is no amount", done.stderr)

    def test_a_claim_outside_a_replica_is_refused(self):
        done = subprocess.run([MANTA, "claim", "--", "/bin/true"], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn("MANTA_PLACEMENT_GROUP is not set", done.stderr)


if __name__ == "__main__":
    unittest.main()
