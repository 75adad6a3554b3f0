#!/usr/bin/env python3
"""Greedy generation of one stream against llama-server: same file, threads and batch sizes, no prefix reuse.

The texts of 64 tokens on 20 prompts must be equal byte for byte. A llama-server that is missing is a failure, or, for those who do
without it (MANTA_WITHOUT_LLAMA_SERVER=1), a skipped test: exit code 77.
"""
import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

TOKENS = 64
BATCH = 512
CONTEXT = 2048
START_LIMIT_S = 60
PROMPTS = [
    "The capital of France is", "Once upon a time", "def fibonacci(n):", "The lease may be terminated by",
    "Explain what a contract is.", "Write a short story about a fox.", "What is gravity?", "List reasons to learn C++.",
    "Describe the city of Paris.", "How does a bicycle work?", "What is machine learning?", "Tell me about the ocean.",
    "In 1969, the first", "import numpy as np", "Dear Sir or Madam,", "The three primary colors are",
    "Water boils at a temperature of", "Die Hauptstadt von Deutschland ist", "Roses are red,",
    # Longer than one batch, so that chunked prefill is compared too.
    " ".join(f"Item {i} of the list is a {['red', 'green', 'blue'][i % 3]} box." for i in range(70)) + " The next item is",
]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def post(port, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    reply = connection.getresponse()
    text = reply.read()
    if reply.status != 200:
        sys.exit(f"llama-server {path}: {reply.status} {text[:300]}")
    return json.loads(text)


def wait_until_healthy(process, port):
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit:
        if process.poll() is not None:
            sys.exit(f"llama-server ended with {process.returncode}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("llama-server did not become healthy")


def server_texts(args, prompts):
    port = free_port()
    command = [args.server, "-m", args.model, "--host", "127.0.0.1", "--port", str(port), "-t", "1", "-tb", "1", "-np", "1",
               "-c", str(CONTEXT), "-b", str(BATCH), "-ub", str(BATCH), "--no-ui"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_healthy(process, port)
        request = {"n_predict": TOKENS, "temperature": 0, "cache_prompt": False, "ignore_eos": True}
        return [post(port, "/completion", {"prompt": prompt, **request})["content"] for prompt in prompts]
    finally:
        process.kill()
        process.wait()


def our_texts(args, prompts):
    options = {"model": args.model, "threads": 1, "slots": 1, "context": CONTEXT, "batch": BATCH, "ubatch": BATCH,
               "prefix_cache": "false"}
    command = [args.tool, args.engines, str(TOKENS)] + [f"{key}={value}" for key, value in options.items()]
    done = subprocess.run(command, input="\n".join(prompts) + "\n", capture_output=True, encoding="utf-8")
    if done.returncode or done.stderr:
        sys.exit(f"llama_dump: {done.stderr}")
    return [bytes.fromhex(line).decode() for line in done.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("tool", "engines", "server", "model"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    if not Path(args.server).exists():
        by_choice = os.environ.get("MANTA_WITHOUT_LLAMA_SERVER") == "1"
        print(f"{'SKIPPED' if by_choice else 'FAILED'}: {args.server} is missing, so nothing was compared. Build it with "
              "`tools/setup llama-server`, or set MANTA_WITHOUT_LLAMA_SERVER=1.", flush=True)
        sys.exit(77 if by_choice else 1)
    ours, theirs = our_texts(args, PROMPTS), server_texts(args, PROMPTS)
    faults = [i for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b]
    for i in faults:
        print(f"prompt {PROMPTS[i][:60]!r}\n  ours   {ours[i]!r}\n  server {theirs[i]!r}")
    print(f"{len(PROMPTS) - len(faults)} of {len(PROMPTS)} prompts equal")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
