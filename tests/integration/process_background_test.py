"""Instances that leave the terminal: `run --non-blocking` and `start --detach`."""
import os
import signal
import subprocess
import unittest

from instance import APP_ONE, MANTA, Instance, manta, wait_until


def begin(instance, verb, *words):
    return subprocess.Popen(instance.command(verb, *words, "--http-port", str(instance.http_port), "--state-dir",
                                             instance.state), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class BackgroundTest(unittest.TestCase):
    def setUp(self):
        self.instance = Instance().__enter__()
        self.addCleanup(self.end)

    def end(self):
        """Whatever a test has left."""
        for pid in self.instance.children():
            os.kill(pid, signal.SIGKILL)
        agent = self.agent()
        if agent:
            os.kill(agent, signal.SIGKILL)
        self.instance.__exit__(None, None, None)

    def agent(self):
        try:
            return self.instance.details()["controller_info"]["agent_pid"]
        except OSError:
            return None

    def test_run_returns_when_the_instance_is_ready_and_shutdown_ends_it(self):
        run = begin(self.instance, "run", f"{APP_ONE}:build", "--non-blocking")
        output, _ = run.communicate(timeout=30)  # ends only when nobody holds its output any more
        self.assertEqual(run.returncode, 0, output)
        self.assertIn(f"ready: http://127.0.0.1:{self.instance.http_port}\n", output)
        self.assertEqual(self.instance.call(text="a")["text"], "a")
        agent = self.agent()
        self.assertNotEqual(agent, run.pid)
        self.assertEqual(os.getsid(agent), agent, "no terminal's end reaches it")
        manta(self.instance, "shutdown", "-y")
        self.assertFalse(self.instance.children())
        with open(os.path.join(self.instance.state, "logs", "agent.log")) as log:
            self.assertNotIn("error", log.read())

    def test_an_application_that_cannot_start_is_told_as_ever(self):
        run = begin(self.instance, "run", f"{APP_ONE}:build", "fail_constructor=no model", "--non-blocking")
        output, _ = run.communicate(timeout=30)
        self.assertEqual(run.returncode, 1, output)
        self.assertIn("no model", output)
        self.assertFalse(self.instance.children())

    def test_an_interrupt_before_it_is_ready_ends_both(self):
        run = begin(self.instance, "run", f"{APP_ONE}:build", "construct_s=60", "--non-blocking")
        wait_until(lambda: self.instance.pid_of("replica"), "a replica that starts")
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=30)
        self.assertEqual(run.returncode, 1, "it is not there in the background")
        wait_until(lambda: not self.instance.children(), "the end")

    def test_start_detaches_too(self):
        start = begin(self.instance, "start", "--detach")
        output, _ = start.communicate(timeout=30)
        self.assertEqual(start.returncode, 0, output)
        self.assertEqual(self.instance.deploy()[0], 200)
        self.instance.wait_healthy()
        manta(self.instance, "shutdown", "-y")

    def test_a_reload_stays_at_the_terminal(self):
        result = subprocess.run([MANTA, "run", f"{APP_ONE}:build", "--non-blocking", "--reload"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 2)
        self.assertIn("--reload", result.stderr)


if __name__ == "__main__":
    unittest.main()
