"""Requests to deployments through the public port: routes, headers, errors, time limits, cancellation."""
import concurrent.futures
import json
import time

import pytest

from wire import Wire, ask, curl, post_json, request


def seen(http, *headers):
    return ask(http, "GET", "/seen", headers=headers).json()


def test_curl_needs_no_content_type(http):
    assert json.loads(curl("-d", '{"text": "a"}', f"{http.url}/echo")) == {"text": "a", "times": 1}


def test_call_answers_at_the_prefix(http):
    assert post_json(http, "/", {"text": "a"}).json() == {"text": "a", "times": 1}
    assert ask(http, "GET", "/").json() == {"text": "", "times": 1}  # no body: every field keeps its default


def test_a_query_string_gives_the_arguments_of_a_typed_method(http):
    assert json.loads(curl(f"{http.url}/?text=a%20b&times=2")) == {"text": "a b", "times": 2}
    assert json.loads(curl(f"{http.url}/echo?text=a&times=2")) == {"text": "aa", "times": 2}
    assert json.loads(curl("-X", "POST", f"{http.url}/echo?text=7")) == {"text": "7", "times": 1}
    assert json.loads(curl("-d", '{"text": "body"}', f"{http.url}/echo?text=query")) == {"text": "body", "times": 1}
    reply = ask(http, "GET", "/echo?txt=a")
    assert reply.status == 400 and "txt" in reply.body.decode()


def test_a_raw_method_sees_the_request_as_it_came(http):
    reply = ask(http, "PUT", "/raw/x/y?a=1&b=%20", b"12345", ["x-own: 1", "x-manta-priority: 9", "te: trailers"])
    assert reply.status == 201
    assert reply.headers["x-from-app"] == "yes"
    lines = reply.body.decode().splitlines()
    assert lines[0] == "PUT /raw/x/y?a=1&b=%20"
    assert "x-own: 1" in lines and "body: 5" in lines
    assert not [line for line in lines if line.startswith(("x-manta-priority", "te:", "connection:"))]


def test_a_path_parameter_reaches_the_method(http):
    assert ask(http, "GET", "/items/a-7").body == b"item a-7"


def test_head_has_the_head_of_get_and_no_body(http):
    with Wire(http) as wire:
        wire.send(request("HEAD", "/-/healthz") + request("GET", "/-/healthz"))
        head = wire.reply(to_head=True)
        get = wire.reply()
    assert head.status == get.status == 200
    assert head.headers["content-length"] == get.headers["content-length"] == str(len("success"))


def test_internal_headers_never_leave(http):
    for reply in (post_json(http, "/echo", {"text": "a"}), post_json(http, "/fail", {"text": "a"}), ask(http, "GET", "/x")):
        assert not [name for name in reply.headers if name.startswith("x-manta")]


def test_a_request_id_is_kept_or_made_and_travels(http):
    reply = ask(http, "GET", "/seen", headers=["x-request-id: mine-1"])
    assert reply.headers["x-request-id"] == reply.json()["request_id"] == "mine-1"
    made = [ask(http, "GET", "/seen") for _ in range(2)]
    assert all(reply.headers["x-request-id"] == reply.json()["request_id"] for reply in made)
    assert made[0].headers["x-request-id"] != made[1].headers["x-request-id"]
    assert ask(http, "GET", "/seen", headers=["x-request-id: a b"]).headers["x-request-id"] != "a b"


@pytest.mark.parametrize("name", ["x-session-id", "X-Session-ID", "x_session_id"])
def test_the_session_id_is_taken_in_any_spelling(http, name):
    assert seen(http, f"{name}: s1")["session_id"] == "s1"


@pytest.mark.parametrize("path, body, status, kind, detail", [
    ("/echo", b"{", 400, "InvalidArgument", None),
    ("/echo", b'{"text": 5}', 400, "InvalidArgument", "$.text"),
    ("/echo", b'{"text": "a", "tmes": 2}', 400, "InvalidArgument", "$.tmes"),
    ("/echo", b'{"text": "\xff"}', 400, "InvalidArgument", None),
    ("/echo", b"[" * 100000, 400, "InvalidArgument", None),
    ("/nowhere", b"{}", 404, "NotFound", None),
    ("/busy/nowhere", b"{}", 404, "NotFound", None),
])
def test_bad_input_names_what_is_wrong(http, path, body, status, kind, detail):
    reply = ask(http, "POST", path, body, ["content-type: application/json", "x-request-id: r1"])
    assert reply.status == status
    error = reply.error()
    assert (error["type"], error["request_id"]) == (kind, "r1")
    assert error["message"]
    if detail:
        assert error["detail"] == detail


def test_an_unknown_field_names_the_nearest_known_one(http):
    assert "times" in post_json(http, "/echo", {"text": "a", "tmes": 2}).error()["message"]


def test_an_unknown_path_is_text_for_those_who_do_not_speak_json(http):
    reply = ask(http, "GET", "/nowhere", headers=["accept: text/html"])
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.body == b"Path '/nowhere' not found. Ping http://.../-/routes for available routes."


def test_a_known_path_with_another_verb_is_405(http):
    reply = ask(http, "DELETE", "/wait")
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


def test_a_failing_method_is_500_and_its_message_goes_to_clients_that_speak_json_only(http):
    text = ask(http, "POST", "/fail", b'{"text": "a"}', ["accept: text/plain"])
    assert (text.status, text.body) == (500, b"Internal Server Error")
    reply = post_json(http, "/fail", {"text": "a"})
    assert reply.status == 500
    assert reply.error()["type"] == "AppError"
    assert ".cc:" not in reply.body.decode()


def test_an_http_error_keeps_its_status(http):
    reply = post_json(http, "/fail", {"text": "teapot"})
    assert (reply.status, reply.error()["message"]) == (418, "short and stout")


def test_the_timeout_header_ends_a_request_with_408_and_cancels_it(http):
    before = seen(http)["waits_cancelled"]
    started = time.monotonic()
    reply = post_json(http, "/wait", {"seconds": 30}, ["x-request-timeout-seconds: 0.3"])
    assert reply.status == 408 and reply.error()["type"] == "DeadlineExceeded"
    assert time.monotonic() - started < 5
    wait_until(lambda: seen(http)["waits_cancelled"] == before + 1)


def test_a_timeout_of_zero_means_none(http):
    assert post_json(http, "/wait", {"seconds": 0.2}, ["x-request-timeout-seconds: 0"]).status == 200
    assert post_json(http, "/wait", {"seconds": 0.2}, ["x-request-timeout-seconds: soon"]).status == 400


def test_a_client_that_goes_away_cancels_its_request(http):
    before = seen(http)["waits_cancelled"]
    with Wire(http) as wire:
        wire.send(request("POST", "/wait", '{"seconds": 30}'))
        time.sleep(0.3)
    wait_until(lambda: seen(http)["waits_cancelled"] == before + 1)


def test_a_client_may_ask_that_its_request_goes_on_without_it(http):
    before = seen(http)["waits_cancelled"]
    with Wire(http) as wire:
        wire.send(request("POST", "/wait", '{"seconds": 1}', ["x-request-disconnect-disabled: ?1"]))
        time.sleep(0.3)
    time.sleep(1.5)
    assert seen(http)["waits_cancelled"] == before


def test_a_full_deployment_refuses_with_retry_after(http):
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        replies = list(pool.map(lambda _: post_json(http, "/busy", {"seconds": 0.5}), range(5)))
    refused = [reply for reply in replies if reply.status == 429]
    assert sorted(reply.status for reply in replies).count(200) >= 2
    assert refused and all(int(reply.headers["retry-after"]) >= 1 for reply in refused)
    assert {reply.error()["type"] for reply in refused} == {"Overloaded"}


def wait_until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(0.05)
