"""Streams into methods and raw requests as arguments, between real processes and from HTTP clients."""
import http.client
import json
import os
import signal
import unittest

from instance import wait_until
from programming import OneInstanceTest, post


class StreamsTest(OneInstanceTest):
    def call(self, path, body=""):
        return json.loads(post(self.instance, path, body))

    def test_a_generator_is_read_by_a_method_of_another_process(self):
        summed = self.call("/sum_to", "[20000]")
        self.assertEqual((summed["total"], summed["count"]), (200010000, 20000))
        self.assertIn(summed["pid"], self.instance.replicas(name="Worker").values())

    def test_a_chunked_body_of_json_lines_goes_through_two_deployments_and_back(self):
        def lines():
            for number in range(3000):
                yield f"{number}\n".encode()
        answer = post(self.instance, "/tripled", lines())
        self.assertEqual([int(line) for line in answer.split()], [3 * n for n in range(3000)])

    def test_every_kind_of_source_reaches_the_method(self):
        self.assertEqual(self.call("/sources", "1\n2\n"), [3, 6, 30, 4])

    def test_a_line_that_is_no_item_is_the_clients_mistake(self):
        self.assertIn("an item of the stream", post(self.instance, "/tripled", '"x"\n', status=400))

    def test_a_slow_reader_holds_the_source_back_and_its_end_ends_the_source(self):
        ended = self.call("/endless", "[300]")
        self.assertEqual(ended["message"], "xxxxxxxxxx")
        self.assertGreater(ended["produced"], 1)
        self.assertLess(ended["produced"], 1000, "items of 1 KiB that were made though nobody read them")

    def test_a_call_that_is_given_up_lets_its_source_go(self):
        self.assertTrue(self.call("/given_up", "[100]"))
        wait_until(lambda: self.ongoing() == 0, "the method was cancelled too")

    def ongoing(self):
        text = self.instance.request("GET", "/-/metrics")[2]
        return sum(float(line.split()[-1]) for line in text.splitlines()
                   if line.startswith("ray_serve_replica_processing_queries{") and 'deployment="Worker"' in line)

    def test_what_the_source_throws_is_thrown_in_the_method_and_comes_back(self):
        failure = self.call("/failing")
        self.assertEqual(failure["message"], "the third was the last")
        self.assertEqual(failure["code"], "AppError")

    def test_a_replica_that_dies_under_a_stream_fails_the_call(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.instance.http_port, timeout=20)
        connection.request("POST", "/endless", "[60000]")
        wait_until(lambda: self.ongoing() == 1, "the method runs")
        os.kill(next(iter(self.instance.replicas(name="Worker").values())), signal.SIGKILL)
        answer = connection.getresponse()
        self.assertEqual(answer.status, 503)
        self.assertTrue(json.loads(answer.read())["error"]["maybe_executed"])
        connection.close()
        self.instance.wait_healthy(name="Worker")
        self.assertEqual(self.call("/sum_to", "[3]")["total"], 6)

    def test_a_composer_passes_a_raw_request_on(self):
        status, headers, body = self.instance.request("PUT", "/pass/a%20b?x=1", {"k": "ü"})
        self.assertEqual(status, 201)
        self.assertEqual(headers["x-path"], "/pass/a b")
        self.assertEqual(body, 'PUT x=1 {"k": "\\u00fc"}')

    def test_the_streamed_answer_of_a_raw_method_is_passed_on_with_its_head(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.instance.http_port, timeout=20)
        connection.request("POST", "/page", "ab")
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.getheader("content-type")), (202, "text/x-page"))
        self.assertEqual(answer.read(), b"ab0ab1ab2")
        connection.close()


if __name__ == "__main__":
    unittest.main()
