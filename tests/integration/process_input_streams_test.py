"""Streams from HTTP clients into methods, line by line, between real processes."""
import json
import os
import signal
import socket
import subprocess
import unittest

from instance import wait_until
from programming import OneInstanceTest, post


class Lines:
    """A chunked request on a connection of its own, of which the answer is read while the body is sent."""

    def __init__(self, instance, path, headers=""):
        self.socket = socket.create_connection(("127.0.0.1", instance.http_port), timeout=20)
        self.socket.sendall(f"POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n{headers}\r\n".encode())
        self.received = b""

    def send(self, text):
        self.socket.sendall(b"%x\r\n%s\r\n" % (len(text), text.encode()))

    def end(self):
        self.socket.sendall(b"0\r\n\r\n")

    def read_until(self, part):
        """What came up to and with `part`; the end of the connection is an error."""
        while part not in self.received:
            more = self.socket.recv(65536)
            if not more:
                raise AssertionError(f"the answer ended: {self.received}")
            self.received += more
        at = self.received.index(part) + len(part)
        text, self.received = self.received[:at], self.received[at:]
        return text

    def read_rest(self):
        while more := self.socket.recv(65536):
            self.received += more
        return self.received

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class InputStreamsTest(OneInstanceTest):
    def ongoing(self, name="Worker"):
        text = self.instance.request("GET", "/-/metrics")[2]
        return sum(float(line.split()[-1]) for line in text.splitlines()
                   if line.startswith("ray_serve_replica_processing_queries{") and f'deployment="{name}"' in line)

    def test_a_line_is_answered_before_the_next_is_sent(self):
        with Lines(self.instance, "/tripled") as lines:
            for number in range(20):
                lines.send(f"{number}\n")
                lines.read_until(f"\r\n{3 * number}\n\r\n".encode())
            lines.end()
            lines.read_until(b"0\r\n\r\n")

    def test_http2_streams_both_ways_too(self):
        command = ["curl", "-sN", "--http2-prior-knowledge", "-T", ".", "-X", "POST",
                   f"http://127.0.0.1:{self.instance.http_port}/tripled"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as curl:
            for number in (5, 6, 7):
                curl.stdin.write(f"{number}\n".encode())
                curl.stdin.flush()
                self.assertEqual(curl.stdout.readline(), f"{3 * number}\n".encode())
            curl.stdin.close()
            self.assertEqual(curl.stdout.read(), b"")
            self.assertEqual(curl.wait(timeout=20), 0)

    def test_a_body_longer_than_the_limit_of_others_goes_through(self):
        count = 80_000  # lines of 1 KiB

        def body():
            for _ in range(count // 100):
                yield ("7" + " " * 1022 + "\n").encode() * 100
        answer = post(self.instance, "/sources", body(), timeout=120)
        self.assertEqual(json.loads(answer)[2], 70 * count)

    def test_a_client_that_does_not_read_its_answers_is_not_read_either(self):
        with Lines(self.instance, "/tripled") as lines:
            lines.socket.settimeout(3)
            text = "1234567\n" * 8192
            sent = 0
            with self.assertRaises(TimeoutError):
                while sent < 512 << 20:
                    lines.send(text)
                    sent += len(text)
            self.assertLess(sent, 128 << 20)

    def test_a_body_that_breaks_in_the_middle_is_the_clients_mistake(self):
        with Lines(self.instance, "/sources") as lines:
            lines.send("1\n")
            lines.socket.sendall(b"zz\r\n")
            answer = lines.read_rest()
            self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)
            self.assertIn(b"malformed", answer)

    def test_a_line_that_is_no_item_is_told_after_the_answers_before_it(self):
        with Lines(self.instance, "/tripled") as lines:
            lines.send("1\n")
            lines.read_until(b"3\n\r\n")
            lines.send('"x"\n')
            self.assertIn(b"an item of the stream", lines.read_until(b"0\r\n\r\n"))

    def test_a_client_that_goes_ends_the_methods(self):
        with Lines(self.instance, "/tripled") as lines:
            lines.send("1\n")
            lines.read_until(b"3\n\r\n")
            self.assertEqual(self.ongoing(), 1)
        wait_until(lambda: self.ongoing() + self.ongoing("Front") == 0, "both calls were cancelled")

    def test_the_deadline_holds_while_the_client_thinks(self):
        with Lines(self.instance, "/sources", "x-request-timeout-seconds: 1\r\n") as lines:
            lines.send("1\n")
            self.assertTrue(lines.read_rest().startswith(b"HTTP/1.1 408 "))

    def test_a_replica_that_dies_under_the_stream_fails_it_once(self):
        with Lines(self.instance, "/sources") as lines:
            lines.send("1\n")
            wait_until(lambda: self.ongoing("Front") == 1, "the method runs")
            os.kill(next(iter(self.instance.replicas(name="Front").values())), signal.SIGKILL)
            answer = lines.read_rest()
            self.assertTrue(answer.startswith(b"HTTP/1.1 503 "), answer)
            self.assertIn(b'"maybe_executed":true', answer)
        self.instance.wait_healthy(name="Front")


if __name__ == "__main__":
    unittest.main()
