"""placement: together: deployments of an application in one process, with the semantics of processes of their own."""
import json
import os
import signal
import threading
import time
import unittest

from instance import BUILD, Instance, manta, wait_until

APP = os.path.join(BUILD, "tests", "apps", "libtogether_app.so")
NAMES = ("Back", "Front", "Middle")


def config(placement, args=None, deployments=(), **more):
    return {"applications": [{"import_path": f"{APP}:build", "name": "chain", "args": args or {},
                              "deployments": list(deployments), "placement": placement, **more}]}


def each(**fields):
    return [{"name": name, **fields} for name in NAMES]


class Chain(Instance):
    def ask(self, method, *arguments, status=200, timeout=20.0, headers=None):
        found, _, body = self.request("POST", "/" + method, list(arguments), timeout=timeout, headers=headers)
        if found != status:
            raise AssertionError(f"{method}: {found}: {body}")
        return json.loads(body)

    def pids(self):
        """{deployment: pids of its running replicas}"""
        return {name: sorted(self.replicas(application="chain", name=name).values()) for name in NAMES}

    def whole(self, replicas):
        """One pid for each replica, the same for all deployments; else None."""
        found = self.pids()
        same = len({tuple(pids) for pids in found.values()}) == 1
        return found["Front"] if same and len(set(found["Front"])) == replicas else None

    def healthy(self):
        for name in NAMES:
            self.wait_healthy(application="chain", name=name)

    def deploy_config(self, wanted):
        status, _, body = self.admin("PUT", "/api/serve/applications/", wanted)
        if status != 200:
            raise AssertionError(f"{status}: {body}")


class BothWays:
    """What holds whichever way they are placed."""
    placement = None

    @classmethod
    def setUpClass(cls):
        cls.instance = Chain().run_config(config(cls.placement))
        cls.instance.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.instance.__exit__(None, None, None)

    def seen(self):
        return self.instance.ask("seen")

    def test_calls_answer(self):
        self.assertEqual(self.instance.ask("echo", "a"), "one:a/middle")
        self.assertEqual(self.instance.ask("stream", 1000), 499500)

    def test_a_deadline_ends_the_chain(self):
        before = self.seen()
        self.assertEqual(self.instance.ask("hold_briefly", 30), "DeadlineExceeded")
        wait_until(lambda: self.seen()["left"] > before["left"], "the end of the call in Back")

    def test_a_client_that_goes_ends_the_chain(self):
        before = self.seen()
        with self.assertRaises(TimeoutError):
            self.instance.ask("hold", 30, timeout=0.5)
        wait_until(lambda: self.seen()["left"] > before["left"], "the end of the call in Back")

    def test_calls_that_come_together_are_one_batch(self):
        self.assertEqual(self.instance.ask("batch", 8), 28)
        self.assertEqual(self.seen()["batches"][-2:], [4, 4])

    def test_every_deployment_has_its_figures(self):
        self.instance.ask("echo", "a")
        page = self.instance.request("GET", "/-/metrics")[2]
        for line in ('handle_request_counter{application="chain",deployment="Middle",handle="Front"}',
                     'handle_request_counter{application="chain",deployment="Back",handle="Middle"}'):
            self.assertIn(line, page)
        for name in NAMES:
            self.assertRegex(page, f'deployment_request_counter{{application="chain",deployment="{name}",replica=')

    def test_every_deployment_has_its_status(self):
        deployments = self.instance.status()["applications"]["chain"]["deployments"]
        self.assertEqual({name: entry["status"] for name, entry in deployments.items()},
                         {name: "HEALTHY" for name in NAMES})
        for name in NAMES:
            for replica in self.instance.replicas(application="chain", name=name):
                self.assertTrue(replica.startswith(f"chain#{name}#"), replica)
                self.assertIn(replica, manta(self.instance, "logs", f"chain/{name}"))


class SeparateTest(BothWays, unittest.TestCase):
    placement = "separate"

    def test_processes_are_their_own(self):
        self.assertEqual(len(set(self.instance.ask("pids"))), 3)


class TogetherTest(BothWays, unittest.TestCase):
    placement = "together"

    def test_processes_are_shared(self):
        self.assertEqual(len(set(self.instance.ask("pids"))), 1)
        self.assertEqual(self.instance.whole(1), self.instance.ask("pids")[:1])

    def test_a_member_is_reached_from_outside(self):
        member, = self.instance.replicas(application="chain", name="Back")
        found = self.instance.details()["applications"]["chain"]["deployments"]
        self.assertTrue(found["Back"]["replicas"][0]["process"].startswith("chain#Front#"), member)
        self.assertEqual(found["Front"]["replicas"][0]["process"], "")
        self.assertAlmostEqual(found["Front"]["required_resources"]["num_cpus"], 0.3)


class LifeTest(unittest.TestCase):
    def test_all_deployments_come_back_when_the_process_is_killed(self):
        with Chain().run_config(config("together")) as instance:
            first, = instance.whole(1)
            os.kill(first, signal.SIGKILL)
            wait_until(lambda: instance.whole(1) not in (None, [first]), "a new process")
            instance.healthy()
            self.assertEqual(set(instance.ask("pids")), set(instance.whole(1)))

    def test_replicas_of_a_process_are_scaled_and_rolled_out_as_one(self):
        with Chain().run_config(config("together", deployments=each(num_replicas=2))) as instance:
            before = instance.whole(2)
            self.assertTrue(before)
            failed, stop = [], threading.Event()

            def load():
                while not stop.is_set():
                    found, _, body = instance.request("POST", "/echo", ["x"])
                    if found != 200:
                        failed.append(body)
            threads = [threading.Thread(target=load) for _ in range(3)]
            for thread in threads:
                thread.start()
            try:
                instance.deploy_config(config("together", {"version": "two"}, each(num_replicas=2)))
                wait_until(lambda: not set(instance.whole(2) or before) & set(before), "two new processes", 60)
                instance.healthy()
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            self.assertEqual(failed, [])
            self.assertEqual(instance.ask("echo", "a"), "two:a/middle")

    def test_settings_of_one_member_change_without_a_restart(self):
        with Chain().run_config(config("together")) as instance:
            before = instance.whole(1)
            instance.deploy_config(config("together", deployments=[{"name": "Back", "max_ongoing_requests": 1}]))
            instance.healthy()
            self.assertEqual(instance.whole(1), before)
            begun = time.monotonic()
            threads = [threading.Thread(target=instance.ask, args=("hold", 0.3)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertGreater(time.monotonic() - begun, 0.85, "one after the other")

    def test_a_constructor_that_fails_fails_the_process_and_says_whose(self):
        with Chain().begin(f"{APP}:build") as instance:
            instance.wait_ready()
            fails = config("together", {"broken": "Back"}, each(max_constructor_retry_count=1))
            instance.deploy_config(fails)
            told = lambda: instance.status()["applications"]["chain"]
            wait_until(lambda: told()["status"] == "DEPLOY_FAILED", "DEPLOY_FAILED", 60)
            self.assertIn("Back: the constructor failed: no model at /m", told()["message"])
            self.assertEqual(instance.ask("echo", "a"), "one:a/middle", "what served before serves on")

    def test_placement_changes_while_it_serves(self):
        with Chain().run_config(config("separate")) as instance:
            self.assertEqual(len(set(instance.ask("pids"))), 3)
            for placement, processes in (("together", 1), ("separate", 3)):
                instance.deploy_config(config(placement))
                wait_until(lambda: len({pid for pids in instance.pids().values() for pid in pids}) == processes
                           and all(len(pids) == 1 for pids in instance.pids().values()), placement, 60)
                instance.healthy()
                self.assertEqual(len(set(instance.ask("pids"))), processes)

    def test_a_restarted_controller_takes_the_process_over(self):
        with Chain().run_config(config("together")) as instance:
            before = instance.whole(1)
            os.kill(instance.pid_of("controller"), signal.SIGKILL)

            def known():
                try:
                    return instance.whole(1)
                except (OSError, KeyError, ValueError):
                    return None
            wait_until(known, "the replicas known again")
            self.assertEqual(known(), before)
            self.assertEqual(instance.ask("echo", "a"), "one:a/middle")
            instance.healthy()

    def test_some_of_the_deployments(self):
        with Chain().run_config(config("together", together=["Front", "Middle"])) as instance:
            front, back, middle = instance.ask("pids")
            self.assertEqual(front, middle)
            self.assertNotEqual(front, back)


class RefusalTest(unittest.TestCase):
    def test_what_cannot_be_together_is_refused_with_the_way_out(self):
        cases = [
            (config("near"), "applications[0].placement", "expected separate or together"),
            (config("separate", together=["Front", "Back"]), "applications[0].together", "set `placement: together`"),
            (config("together", together=["Front", "Bock"]), "applications[0].together[1]", "did you mean 'Back'?"),
            (config("together", together=["Front", "Back"]), "applications[0].together", "'Middle' calls deployments"),
            (config("together", deployments=[{"name": "Back", "num_replicas": 2}]), "applications[0].placement",
             "do not agree on num_replicas"),
            (config("together", deployments=[{"name": "Back", "autoscaling_config": {"max_replicas": 2}}]),
             "applications[0].placement", "give it num_replicas"),
        ]
        with Chain().run_config(config("together")) as instance:
            before = instance.whole(1)
            for wanted, path, why in cases:
                with self.subTest(why):
                    status, _, body = instance.admin("PUT", "/api/serve/applications/", wanted)
                    self.assertEqual(status, 400, body)
                    self.assertIn(path, body)
                    self.assertIn(why, json.loads(body)["error"]["message"])
            self.assertEqual(instance.whole(1), before)


if __name__ == "__main__":
    unittest.main()
