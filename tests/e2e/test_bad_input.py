"""What is wrong stops early and says where, and harms nobody else: starts that are refused, and requests beside a busy neighbour."""
import concurrent.futures
import json
import os
import shutil
import socket
import struct
import subprocess
import threading
import time

import onnx
import pytest
from onnx import TensorProto, helper

from configurations import models_folder, openai_application, sim_llm, write
from instance import Instance, binary
from wire import Wire, ask, post_json, request

START_LIMIT_S = 5  # a second is meant; the rest is for a machine that is busy with other things


def onnx_model(path, name="pixels", kind=TensorProto.FLOAT, shape=(None, 4)):
    """A model of one input, which it returns."""
    given = helper.make_tensor_value_info(name, kind, shape)
    returned = helper.make_tensor_value_info("same", kind, shape)
    graph = helper.make_graph([helper.make_node("Identity", [name], ["same"])], "same", [given], [returned])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Models that cannot be served, and one that can."""
    folder = tmp_path_factory.mktemp("bad-models")
    shutil.copy(models_folder() / "minilm-l6" / "tokenizer.json", folder)
    (folder / "corrupt.onnx").write_bytes(b"this is no model")
    (folder / "corrupt.gguf").write_bytes(b"this is no model")
    onnx_model(folder / "pixels.onnx")
    onnx_model(folder / "ids.onnx", "input_ids", TensorProto.INT64, (None, None))
    return folder


def refused(folder, target, *arguments, env=None):
    """Runs `manta run` to its end, which has to come soon and with 1. Returns the message."""
    ports = [] if "--http-port" in arguments else ["--http-port", "0"]
    command = [str(binary()), "run", str(target), *ports, "--admin-port", "0", "--state-dir", str(folder / "state"), *arguments]
    started = time.monotonic()
    result = subprocess.run(command, cwd=folder, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=60)
    elapsed = time.monotonic() - started
    print(f"ended with {result.returncode} after {elapsed:.2f} s")
    assert result.returncode == 1, result.stdout + result.stderr
    assert elapsed < START_LIMIT_S, f"took {elapsed:.2f} s"
    messages = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(messages) == 1, result.stderr
    message = result.stderr[result.stderr.index("error: "):].split("\n[")[0]
    assert "failed to start" not in message or "failed to start 1 time in a row" in message  # trying again could not help
    return message


# Target, arguments, what the message names. {files} is the folder of the fixture.
REFUSALS = {
    "unknown built-in": ("builtin:nope", {}, ["builtin:nope", "embed, llm, openai, rerank"]),
    "missing embedding model": ("builtin:embed", {"model": "/nowhere/m.onnx"}, ["/nowhere/m.onnx", "model file not found"]),
    "missing rerank model": ("builtin:rerank", {"model": "/nowhere/m.onnx"}, ["/nowhere/m.onnx", "model file not found"]),
    "missing language model": ("builtin:llm", {"model": "/nowhere/m.gguf"}, ["/nowhere/m.gguf", "model file not found"]),
    "no model": ("builtin:embed", {}, ["'model' is missing"]),
    "corrupt embedding model": ("builtin:embed", {"model": "{files}/corrupt.onnx"}, ["{files}/corrupt.onnx", "cannot be loaded as an ONNX model"]),
    "corrupt rerank model": ("builtin:rerank", {"model": "{files}/corrupt.onnx"}, ["{files}/corrupt.onnx", "cannot be loaded as an ONNX model"]),
    "corrupt language model": ("builtin:llm", {"model": "{files}/corrupt.gguf"}, ["{files}/corrupt.gguf", "cannot be loaded as a GGUF model"]),
    "a model of pictures": ("builtin:embed", {"model": "{files}/pixels.onnx"},
                            ["{files}/pixels.onnx", "found pixels float32[?,4]", "needed input_ids int64[?,?]"]),
    "an input too few": ("builtin:rerank", {"model": "{files}/ids.onnx"}, ["{files}/ids.onnx", "found input_ids int64[?,?];", "attention_mask"]),
    "unknown option of the sim engine": ("builtin:llm", {"engine": "sim", "engine_options": {"ttft": "1"}}, ["'ttft'", "did you mean 'ttft_ms'"]),
    "unknown option of the onnx engine": ("builtin:embed", {"model": "{files}/pixels.onnx", "engine_options": {"poling": "cls"}},
                                          ["'poling'", "did you mean 'pooling'"]),
    "option out of range": ("builtin:llm", {"engine": "sim", "slots": 0}, ["'slots'", "from 1 to"]),
    "unknown engine": ("builtin:llm", {"engine": "vulkan", "model": "x"}, ["'vulkan'", "llama"]),
    "unknown argument": ("builtin:embed", {"modle": "x"}, ["modle", "did you mean 'model'"]),
    "argument of a wrong type": ("builtin:llm", {"engine": "sim", "slots": "many"}, ["slots"]),
    "no models at all": ("builtin:openai", {}, ["llms, embedders or rerankers"]),
    "two models of one name": ("builtin:openai", {"llms": [{"engine": "sim", "id": "a"}, {"engine": "sim", "id": "a"}]},
                               ["llms[0]", "llms[1]", "'a'"]),
    "an unknown default": ("builtin:openai", {"llms": [{"engine": "sim", "id": "a"}], "default_model": "b"}, ["default_model", "'b'", "it has: a"]),
}


@pytest.mark.parametrize("case", REFUSALS, ids=lambda name: name.replace(" ", "-"))
def test_a_wrong_start_ends_at_once_and_names_the_place(manta_binary, tmp_path, files, case):
    target, args, words = REFUSALS[case]
    message = refused(tmp_path, target, "--args", json.dumps(args).replace("{files}", str(files)))
    for word in words:
        assert word.replace("{files}", str(files)) in message


def test_an_override_of_an_unknown_deployment_is_named(manta_binary, tmp_path):
    config = write(tmp_path, openai_application("main", "/", {"llms": [sim_llm("a")]}, [{"name": "Lm", "num_replicas": 2}]))
    message = refused(tmp_path, config)
    assert "Lm" in message and "main" in message and "Llm, OpenAi" in message


def test_an_unknown_key_of_the_file_is_named_with_its_line(manta_binary, tmp_path):
    config = tmp_path / "app.yaml"
    config.write_text("applications:\n- name: main\n  import_path: builtin:llm\n  rout_prefix: /\n")
    message = refused(tmp_path, config)
    assert "rout_prefix" in message and "app.yaml:4" in message and "route_prefix" in message


def test_a_thread_count_that_is_no_number_is_named_by_its_variable(manta_binary, tmp_path):
    args = json.dumps({"model": str(models_folder() / "minilm-l6")})
    message = refused(tmp_path, "builtin:embed", "--args", args, env={"ORT_INTRA_THREADS": "two"})
    assert "ORT_INTRA_THREADS" in message and "'two'" in message


def test_a_port_that_is_taken_is_named_with_the_option_for_another(manta_binary, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        message = refused(tmp_path, "builtin:llm", "--args", '{"engine": "sim"}', "--http-port", port)
    assert port in message and "--http-port" in message and message.count("another port") == 1


# Below: application A beside application B, which gets what is wrong.

MAX_BODY = 64 * 1024
CHAT = "/b/v1/chat/completions"
HELLO = [{"role": "user", "content": "Say hello"}]


@pytest.fixture(scope="module")
def served(manta_binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("neighbours")
    config = folder / "app.yaml"
    config.write_text(json.dumps({"http_options": {"max_body_bytes": MAX_BODY}, "applications": [
        openai_application("a", "/a", {"llms": [sim_llm("a")]}),
        openai_application("b", "/b", {"llms": [sim_llm("b")], "embedders": [{"engine": "sim", "id": "e"}]}),
        openai_application("long", "/long", {"llms": [sim_llm("long", slots=2, context=1000000, itl_ms=1)]})]}))
    instance = Instance(config, folder, ["--num-cpus", "16"])
    yield instance
    assert instance.stop() == 0, "".join(instance.lines)


class Neighbour:
    """A client of application A that asks without a pause. Its answers must be right before, while and after something happens."""

    def __init__(self, instance):
        self.instance, self.answers, self.over = instance, [], threading.Event()
        self.thread = threading.Thread(target=self._ask, daemon=True)

    def _ask(self):
        while not self.over.is_set():
            try:
                self.answers.append(post_json(self.instance, "/a/v1/chat/completions", {"messages": HELLO, "max_tokens": 2}).status)
            except (OSError, EOFError) as problem:
                self.answers.append(repr(problem))

    def has_answers(self, more):
        wanted, deadline = len(self.answers) + more, time.monotonic() + 30
        while len(self.answers) < wanted and time.monotonic() < deadline:
            time.sleep(0.002)
        return len(self.answers) >= wanted

    def __enter__(self):
        self.thread.start()
        assert self.has_answers(2)
        return self

    def __exit__(self, *failure):
        assert self.has_answers(2) or failure[0]
        self.over.set()
        self.thread.join()
        assert failure[0] or set(self.answers) == {200}, self.answers


def completion(instance, prefix, **fields):
    return post_json(instance, f"{prefix}/v1/completions", {"prompt": "x", "max_tokens": 2, **fields})


def chunked(path, chunks):
    head = f"POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def posted(path, body):
    return request("POST", path, body if isinstance(body, (str, bytes)) else json.dumps(body), ["content-type: application/json"])


BAD_REQUESTS = {
    "no JSON": (posted(CHAT, "{"), 400),
    "no body": (posted(CHAT, ""), 400),
    "deep JSON": (posted(CHAT, "[" * 50000), 400),
    "a wrong type": (posted(CHAT, {"messages": "hi"}), 400),
    "a value out of range": (posted(CHAT, {"messages": HELLO, "temperature": 9}), 400),
    "an unknown field of a typed method": (posted("/b/completions", {"prompt": "x", "promt": "y"}), 400),
    "invalid UTF-8": (posted(CHAT, b'{"messages": [{"role": "user", "content": "\xff\xfe"}]}'), 400),
    "a prompt longer than the context": (posted(CHAT, {"messages": [{"role": "user", "content": "word " * 300}]}), 400),
    "a body over the limit": (posted(CHAT, b" " * (MAX_BODY + 1)), 413),
    "a chunked body over the limit": (chunked(CHAT, [b" " * 16384] * 5), 413),
    "a chunked body over the limit for a typed method": (chunked("/b/completions", [b" " * 16384] * 5), 413),
    "a chunk size that is none": (b"POST " + CHAT.encode() + b" HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
    "an unknown model": (posted(CHAT, {"model": "gpt-5", "messages": HELLO}), 404),
    "an unknown method": (posted("/b/nothing", {}), 404),
    "an unknown path": (posted("/b/v1/nothing", {}), 404),
    "another verb": (request("DELETE", CHAT), 405),
    "no HTTP": (b"\x16\x03\x01\x02\x00 hello\r\n\r\n", 400),
}


@pytest.mark.parametrize("case", BAD_REQUESTS, ids=lambda name: name.replace(" ", "-"))
def test_a_bad_request_is_refused_and_harms_nobody(served, case):
    data, status = BAD_REQUESTS[case]
    with Neighbour(served):
        for _ in range(3):
            with Wire(served) as wire:
                try:
                    wire.send(data)
                except ConnectionError:
                    pass  # refused before all of it was sent
                reply = wire.reply()
            assert reply.status == status
            assert reply.error()["message"]
        assert completion(served, "/b").status == 200


def stream_of(instance, wire):
    wire.send(posted("/long/v1/chat/completions", {"messages": HELLO, "max_tokens": 900000, "stream": True}))
    assert wire.head().status == 200
    assert wire.chunk()


def both_sequences_are_free(instance):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return {reply.status for reply in pool.map(lambda _: completion(instance, "/long", max_tokens=20), range(2))} == {200}


def test_a_client_that_stops_reading_a_stream_holds_up_nobody_and_frees_its_sequence_when_it_goes(served):
    with Neighbour(served) as neighbour, Wire(served) as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream_of(served, wire)
        assert neighbour.has_answers(20)  # meanwhile nothing is read
        assert completion(served, "/long").status == 200  # by the second sequence
        assert completion(served, "/b").status == 200
        wire.socket.close()
        assert both_sequences_are_free(served)


@pytest.mark.parametrize("after_bytes", [20, None], ids=["inside-its-request", "inside-its-stream"])
def test_a_client_that_vanishes_harms_nobody(served, after_bytes):
    with Neighbour(served):
        for _ in range(3):
            with Wire(served) as wire:
                if after_bytes:
                    wire.send(posted(CHAT, {"messages": HELLO})[:after_bytes])
                else:
                    stream_of(served, wire)
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert both_sequences_are_free(served)
        assert completion(served, "/b").status == 200
