"""What clients see when the only replica is killed under them, each with an instance of its own."""
import json
import os
import signal
import time

import pytest

from instance import Instance, http_app
from wire import Wire, ask, post_json, request


@pytest.fixture
def doomed(manta_binary, tmp_path):
    instance = Instance(http_app(), tmp_path)
    yield instance
    instance.stop()


def kill_replica(instance):
    os.kill(post_json(instance, "/where_am_i", {}).json()["pid"], signal.SIGKILL)


def test_a_stream_between_two_events_ends_with_an_error_event(doomed):
    with Wire(doomed) as wire:
        wire.send(request("POST", "/count", json.dumps({"to": 100, "pause_s": 0.5}), ["accept: text/event-stream"]))
        wire.head()
        assert b"data: " in wire.chunk()
        kill_replica(doomed)
        rest = b"".join(iter(wire.chunk, b"")).decode()  # ends with the final chunk
    event = rest[rest.index("event: error"):].splitlines()
    assert json.loads(event[1].removeprefix("data: "))["error"]["type"] == "ReplicaDied"
    assert rest.endswith("\n\n")


def test_lines_of_json_end_visibly_truncated(doomed):
    with Wire(doomed) as wire:
        wire.send(request("POST", "/count", json.dumps({"to": 100, "pause_s": 0.5})))
        wire.head()
        wire.chunk()
        kill_replica(doomed)
        with pytest.raises((EOFError, ConnectionError)):
            while wire.chunk():
                pass


def test_a_request_that_may_have_run_is_503_and_says_so_and_service_returns(doomed):
    with Wire(doomed) as wire:
        wire.send(request("POST", "/wait", '{"seconds": 30}', ["content-type: application/json"]))
        time.sleep(0.3)
        kill_replica(doomed)
        reply = wire.reply()
    assert reply.status == 503
    assert (reply.error()["type"], reply.error()["maybe_executed"]) == ("ReplicaDied", True)
    assert ask(doomed, "POST", "/echo", '{"text": "a"}').status == 200  # waits for the next replica


def test_a_request_with_an_idempotency_key_is_sent_again(doomed):
    with Wire(doomed) as wire:
        wire.send(request("POST", "/wait", '{"seconds": 1}', ["idempotency-key: k1"]))
        time.sleep(0.3)
        kill_replica(doomed)
        assert wire.reply().status == 200
