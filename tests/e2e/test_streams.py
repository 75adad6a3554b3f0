"""Streamed answers at the public port."""
import json
import subprocess
import time

from wire import Wire, ask, request

EVENTS = ["accept: text/event-stream", "content-type: application/json"]


def open_stream(wire, body, headers=EVENTS):
    wire.send(request("POST", "/count", json.dumps(body), headers))
    return wire.head()


def events_of(text):
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


def test_events_arrive_one_by_one_the_first_at_once(http):
    with Wire(http) as wire:
        started = time.monotonic()
        reply = open_stream(wire, {"to": 3, "pause_s": 0.3})
        assert reply.headers["content-type"].startswith("text/event-stream")
        arrivals = []
        for chunk in iter(wire.chunk, b""):
            arrivals += [time.monotonic() - started] * chunk.count(b"data: ")
        assert len(arrivals) == 3
        assert arrivals[0] < 0.25 and arrivals[1] - arrivals[0] > 0.15 and arrivals[2] - arrivals[1] > 0.15


def test_curl_n_shows_events(http):
    with subprocess.Popen(["curl", "-sN", "-H", EVENTS[0], "-d", '{"to": 3}', f"{http.url}/count"], stdout=subprocess.PIPE,
                          text=True) as process:
        assert [event["number"] for event in events_of(process.stdout.read())] == [1, 2, 3]


def test_without_accept_a_stream_is_lines_of_json(http):
    reply = ask(http, "POST", "/count", '{"to": 3}')
    assert [json.loads(line)["number"] for line in reply.body.splitlines()] == [1, 2, 3]


def test_bad_input_to_a_stream_is_a_plain_error(http):
    reply = ask(http, "POST", "/count", '{"to": "x"}', EVENTS)
    assert reply.status == 400 and reply.error()["detail"] == "$.to"


def test_a_client_that_stops_reading_holds_nobody_else_up(http):
    with Wire(http) as wire:
        open_stream(wire, {"to": 100000, "padding": 10000})
        time.sleep(0.5)
        started = time.monotonic()
        for _ in range(20):
            assert ask(http, "POST", "/echo", '{"text": "a"}').status == 200
        assert time.monotonic() - started < 5


def test_a_client_that_leaves_a_stream_frees_its_place(http):
    for _ in range(120):  # more than the replica takes at once
        with Wire(http) as wire:
            open_stream(wire, {"to": 100000, "pause_s": 0.01})
            wire.chunk()
    assert ask(http, "POST", "/echo", '{"text": "a"}').status == 200


def test_a_thousand_events_are_complete_and_in_order(http):
    reply = ask(http, "POST", "/count", '{"to": 1000}', EVENTS)
    assert [event["number"] for event in events_of(reply.body.decode())] == list(range(1, 1001))
