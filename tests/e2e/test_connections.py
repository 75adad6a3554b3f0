"""Connections at the public port: HTTP/1.1 in all its forms, limits, slow and broken clients."""
import json
import socket
import time

import pytest

from wire import Wire, ask, curl, request

ECHO = request("POST", "/echo", '{"text": "a"}', ["content-type: application/json"])


def echoed(reply):
    return reply.status == 200 and reply.json()["text"] == "a"


def is_serving(http):
    return echoed(ask(http, "POST", "/echo", '{"text": "a"}', ["content-type: application/json"]))


def test_a_connection_is_kept_for_the_next_request(http):
    with Wire(http) as wire:
        for _ in range(3):
            wire.send(ECHO)
            assert echoed(wire.reply())


def test_connection_close_is_honoured(http):
    with Wire(http) as wire:
        wire.send(request("GET", "/healthz", headers=["connection: close"]))
        assert wire.reply().headers["connection"] == "close"
        assert wire.is_closed()


def test_http_1_0_is_answered_and_closed(http):
    with Wire(http) as wire:
        wire.send("GET /healthz HTTP/1.0\r\n\r\n")
        assert wire.reply().status == 200
        assert wire.is_closed()


def test_pipelined_requests_are_answered_in_order(http):
    with Wire(http) as wire:
        slow = request("POST", "/wait", '{"seconds": 0.2}', ["content-type: application/json"])
        wire.send(slow + ECHO + request("GET", "/items/7") + ECHO)
        assert wire.reply().json() == {"seconds": 0.2}
        assert echoed(wire.reply())
        assert wire.reply().body == b"item 7"
        assert echoed(wire.reply())


def test_a_request_may_arrive_byte_by_byte(http):
    with Wire(http) as wire:
        for byte in ECHO:
            wire.send(bytes([byte]))
        assert echoed(wire.reply())


def test_a_chunked_body_is_put_together(http):
    with Wire(http) as wire:
        wire.send("POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        wire.send('8;name=value\r\n{"text":\r\n')
        wire.send('5\r\n "a"}\r\n0\r\nx-trailer: 1\r\n\r\n')
        assert echoed(wire.reply())


def test_expect_100_continue_is_answered_before_the_body(http):
    with Wire(http) as wire:
        body = b'{"text": "a"}'
        wire.send(f"POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {len(body)}\r\n\r\n")
        wire.socket.settimeout(5)
        assert wire._until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue"
        wire.send(body)
        assert echoed(wire.reply())


def test_expect_100_continue_for_a_body_that_is_too_large_is_refused_at_once(http):
    with Wire(http) as wire:
        wire.send("POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 999999999999\r\n\r\n")
        reply = wire.reply()
        assert (reply.status, reply.interim) == (413, [])


@pytest.mark.parametrize("status, head", [
    (400, "GET /echo\r\n\r\n"),
    (400, "GET  / HTTP/1.1\r\nhost: x\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nhost x\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\nhost: x\r\nbad name: 1\r\n\r\n"),
    (400, "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"),
    (400, "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n"),
    (400, "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n"),
    (400, "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
    (413, "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n"),
    (414, "GET /" + "a" * 70000 + " HTTP/1.1\r\nhost: x\r\n\r\n"),
    (431, "GET / HTTP/1.1\r\nhost: x\r\nx: " + "a" * 70000 + "\r\n\r\n"),
    (501, "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n"),
    (505, "GET / HTTP/3.0\r\nhost: x\r\n\r\n"),
])
def test_a_bad_request_gets_its_status_as_json_and_the_connection_ends(http, status, head):
    with Wire(http) as wire:
        wire.send(head)
        reply = wire.reply()
        assert reply.status in ((414, 431) if status in (414, 431) else (status,))
        assert reply.error()["message"]
        assert wire.is_closed()
    assert is_serving(http)


def test_noise_harms_nobody(http):
    for noise in (b"\x00" * 4096, b"\xff" * 4096, b"\x16\x03\x01\x02\x00\x01\x00", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + b"\x00" * 64):
        with Wire(http) as wire:
            try:
                wire.send(noise)
            except ConnectionError:
                pass
            assert wire.is_closed(15)
    assert is_serving(http)


def test_slow_headers_time_out_with_408(http):
    with Wire(http) as wire:
        wire.send("GET / HTTP/1.1\r\n")
        started, reply = time.monotonic(), None
        wire.socket.settimeout(0.5)
        while reply is None and time.monotonic() - started < 20:
            try:
                wire.send("x: 1\r\n")
                reply = wire.reply()
            except TimeoutError:
                pass
        assert reply is not None and reply.status == 408
        assert 8 < time.monotonic() - started < 15
    assert is_serving(http)


def test_a_client_that_vanishes_inside_its_body_harms_nobody(http):
    for _ in range(20):
        with Wire(http) as wire:
            wire.send("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{")
    assert is_serving(http)


def test_a_half_closed_client_still_gets_its_answer(http):
    with Wire(http) as wire:
        wire.send(request("POST", "/wait", '{"seconds": 0.5}'))
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.reply().json() == {"seconds": 0.5}


def test_many_connections_at_once(http):
    wires = [Wire(http) for _ in range(300)]
    for wire in wires:
        wire.send(ECHO)
    assert all(echoed(wire.reply()) for wire in wires)
    for wire in wires:
        wire.socket.close()


def test_a_large_body_is_carried_both_ways(http):
    text = "x" * (8 << 20)
    reply = ask(http, "POST", "/echo", json.dumps({"text": text}))
    assert reply.status == 200 and reply.json()["text"] == text


def test_http_2_with_prior_knowledge(http):
    out = curl("--http2-prior-knowledge", "-w", " %{http_version} %{http_code}", "-d", '{"text": "a"}', f"{http.url}/echo")
    assert out == '{"text":"a","times":1} 2 200'
    assert curl("--http2-prior-knowledge", "-N", "-H", "accept: text/event-stream", "-d", '{"to": 2}',
                f"{http.url}/count").count("data: ") == 2
    assert "404" in curl("--http2-prior-knowledge", "-i", f"{http.url}/nowhere").splitlines()[0]
