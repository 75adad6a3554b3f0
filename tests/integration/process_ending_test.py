"""No process is left behind, however an instance ends."""
import os
import signal
import threading
import time
import unittest

from instance import APP_ONE, Instance, processes, wait_until

ARGS = '{"num_replicas": 2, "child_process": true, "daemon_process": true}'


class EndingTest(unittest.TestCase):
    def begun(self):
        instance = Instance().run(f"{APP_ONE}:build", "--args", ARGS)
        self.assertGreaterEqual(len(instance.children()), 8, "controller, proxy, two replicas with two children each")
        return instance

    def assert_nothing_left(self, instance, limit_s=1.0):
        wait_until(lambda: not instance.children() and not processes(instance.state), f"nothing left of {instance.state}", limit_s)

    def test_sigterm(self):
        with self.begun() as instance:
            self.assertEqual(instance.stop(signal.SIGTERM), 0)
            self.assert_nothing_left(instance)

    def test_sigint_prints_that_it_stops(self):
        with self.begun() as instance:
            self.assertEqual(instance.stop(signal.SIGINT), 0)
            self.assertIn("stopping", instance.output())
            self.assert_nothing_left(instance)

    def test_kill_of_the_agent(self):
        with self.begun() as instance:
            instance.stop(signal.SIGKILL)
            self.assert_nothing_left(instance)
            instance.run(f"{APP_ONE}:build", "--args", ARGS)
            self.assertEqual(instance.call(text="again")["text"], "again")
            instance.stop(signal.SIGTERM)
            self.assert_nothing_left(instance)

    def test_kill_of_the_agent_while_everything_starts(self):
        for delay_s in (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08):
            with Instance().begin(f"{APP_ONE}:build", "--args", ARGS) as instance:
                time.sleep(delay_s)
                instance.stop(signal.SIGKILL)
                self.assert_nothing_left(instance)

    def test_kill_of_a_replica_takes_its_children(self):
        with self.begun() as instance:
            (replica, pid), *_ = instance.replicas().items()
            children = []
            for thread in os.listdir(f"/proc/{pid}/task"):   # the one that called fork is the parent
                with open(f"/proc/{pid}/task/{thread}/children") as f:
                    children += [int(word) for word in f.read().split()]
            self.assertEqual(len(children), 2)
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not any(child in instance.children() for child in children), "the children are gone", 2)

    def test_a_second_signal_ends_at_once(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            thread = threading.Thread(target=lambda: self.assertRaises(Exception, instance.call, text="x", sleep_ms=20000))
            thread.start()
            time.sleep(0.2)
            instance.process.send_signal(signal.SIGINT)
            wait_until(lambda: "stopping" in instance.output(), "the first signal")
            begun = time.monotonic()
            instance.stop(signal.SIGINT)
            self.assertLess(time.monotonic() - begun, 1.0)
            thread.join()
            self.assert_nothing_left(instance)

    def test_a_replica_in_its_constructor_does_not_hold_the_end_up(self):
        with Instance().begin(f"{APP_ONE}:build", "--args", '{"construct_s": 60, "child_process": true}') as instance:
            wait_until(lambda: "loading one" in instance.output(), "the constructor")
            begun = time.monotonic()
            self.assertEqual(instance.stop(signal.SIGTERM), 0)
            self.assertLess(time.monotonic() - begun, 5.0)
            self.assert_nothing_left(instance)

    def test_a_signal_ends_a_replica_in_its_constructor(self):
        with Instance().begin(f"{APP_ONE}:build", "--args", '{"construct_s": 60}') as instance:
            wait_until(lambda: "loading one" in instance.output(), "the constructor")
            pid, = (pid for pid, command in instance.children().items() if " replica " in command)
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: pid not in instance.children(), "the replica is gone", 5)

    def test_open_requests_finish_before_the_end(self):
        with Instance().run(f"{APP_ONE}:build") as instance:
            answers = []
            thread = threading.Thread(target=lambda: answers.append(instance.call("once", text="x", sleep_ms=1000)))
            thread.start()
            time.sleep(0.3)
            self.assertEqual(instance.stop(signal.SIGTERM), 0)
            thread.join()
            self.assertEqual(len(answers), 1)
            self.assert_nothing_left(instance)


if __name__ == "__main__":
    unittest.main()
