"""The applications of bench_app.cc for Ray Serve, and a Ray head that serves them: ray_apps.py PORT FOLDER MODELS
Prints "noop" when the no-op application has answered for the first time, "ready" when all have. Lives until SIGINT; a subreaper, so that
everything Ray starts stays below it."""
import asyncio
import ctypes
import json
import os
import subprocess
import sys
import time
import urllib.request

PR_SET_CHILD_SUBREAPER = 36
TEXT = "How do I terminate a commercial lease early without paying a penalty fee?"


def applications(models):
    from ray import serve
    from starlette.responses import JSONResponse, Response, StreamingResponse
    deployment = serve.deployment(max_ongoing_requests=256, ray_actor_options={"num_cpus": 0.1})

    @deployment
    class Noop:
        async def __call__(self, request):
            return {"ok": True, "fields": len(await request.json())}

    @deployment
    class Echo:
        async def echo(self, data):
            return data

        async def events(self, count, pause_ms):
            for index in range(count):
                if index and pause_ms:
                    await asyncio.sleep(pause_ms / 1000)
                yield b'data: {"index":%d,"delta":" word","finish_reason":""}\n\n' % index

    @deployment
    class Composition:
        def __init__(self, echo):
            self.echo = echo

        async def __call__(self, request):
            return Response(await self.echo.echo.remote(await request.body()), media_type="application/json")

    @deployment
    class Events:
        def __init__(self, echo):
            self.echo = echo.options(stream=True)

        async def __call__(self, request):
            asked = await request.json()
            return StreamingResponse(self.echo.events.remote(asked["count"], asked.get("pause_ms", 0)), media_type="text/event-stream")

    @deployment
    class Batch:
        @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.01)
        async def run(self, questions):
            time.sleep(0.005)   # blocks, as a model does
            return [{"ok": True, "fields": len(question)} for question in questions]

        async def __call__(self, request):
            return await self.run(await request.json())

    @deployment
    class Embed:
        def __init__(self, folder):
            import onnxruntime
            from tokenizers import Tokenizer
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            self.session = onnxruntime.InferenceSession(f"{folder}/model.onnx", options, providers=["CPUExecutionProvider"])
            self.tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
            self.tokenizer.enable_padding()
            self.tokenizer.enable_truncation(256)

        @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.005)
        async def run(self, texts):
            import numpy
            encoded = self.tokenizer.encode_batch(texts)
            columns = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
            inputs = {name: numpy.array([getattr(one, field) for one in encoded], dtype=numpy.int64) for name, field in columns.items()}
            hidden = self.session.run(["last_hidden_state"], inputs)[0]
            mask = inputs["attention_mask"][..., None].astype(numpy.float32)
            pooled = (hidden * mask).sum(1) / mask.sum(1)
            return list(pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True))

        async def __call__(self, request):
            texts = (await request.json())["texts"]
            vectors = [(await self.run(text)).tolist() for text in texts]
            return JSONResponse({"embeddings": vectors, "model": "minilm-l6", "tokens": 0})

    return {"noop": Noop.bind(), "composition": Composition.bind(Echo.bind()), "events": Events.bind(Echo.bind()), "batch": Batch.bind(),
            "embed": Embed.bind(f"{models}/minilm-l6")}


FIRST = {"events": {"count": 2}, "composition": {"data": "x"}, "embed": {"texts": [TEXT]}}


def wait_for_answer(url, body):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            question = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
            with urllib.request.urlopen(question, timeout=5) as answer:
                answer.read()
                return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"no answer from {url}")


def main():
    port, folder, models = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    subprocess.run(["ray", "start", "--head", "--node-ip-address=127.0.0.1", "--num-cpus=8", "--object-store-memory=200000000",
                    "--disable-usage-stats", "--include-dashboard=false", f"--temp-dir={folder}/r"], stdout=sys.stderr, check=True)
    import ray
    from ray import serve
    ray.init(address="127.0.0.1:6379", log_to_driver=False, logging_level="ERROR", _node_ip_address="127.0.0.1")
    serve.start(http_options={"host": "127.0.0.1", "port": int(port)})
    for name, application in applications(models).items():
        serve.run(application, name=name, route_prefix=f"/{name}")
        wait_for_answer(f"http://127.0.0.1:{port}/{name}", FIRST.get(name, {"id": "1"}))
        if name == "noop":
            print("noop", flush=True)
    print("ready", flush=True)
    sys.stdin.read()   # until bench/run ends or stops us


if __name__ == "__main__":
    main()
