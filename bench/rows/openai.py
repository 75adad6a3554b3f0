"""What the OpenAI endpoints cost themselves: proxy and ingress, without the process of the model, which here only passes time."""
import json

from measure import against_limit, field, interleave, streams, wrk
from servers import Manta

TITLE = "OpenAI endpoints, own CPU (model's process left out), 32 clients"
PEER = None
TOKENS = 50
PEER_TEXT = "vllm-router is not set up here; measured elsewhere: {}"


def model(name, itl_ms):
    """builtin:openai below /NAME, over a model that yields a token each `itl_ms`."""
    llm = {"model": name, "id": name, "engine": "sim", "slots": 64, "engine_options": {"ttft_ms": "0", "itl_ms": str(itl_ms)}}
    return {"name": name, "route_prefix": f"/{name}", "import_path": "builtin:openai", "args": {"llms": [llm]}}


def question(name, stream):
    messages = [{"role": "user", "content": "Say hello to the person that reads this, in one short sentence please."}]
    return {"model": name, "messages": messages, "max_tokens": TOKENS if stream else 10, "stream": stream, "ignore_eos": True}


def run(session):
    client = session.program("load", "stream_client")
    with Manta(session.build, [model("ready", 0), model("spaced", 1)]) as manta:
        def own():
            return manta.pids() - manta.replica("Llm")

        def stream(name):
            path, body = f"/{name}/v1/chat/completions", question(name, True)
            return lambda seconds: streams(client, manta.port, path, own, seconds, 32, body)
        plain = f"http://127.0.0.1:{manta.port}/ready/v1/chat/completions"
        found = interleave(session, {
            "plain": lambda seconds: wrk(plain, own, seconds, 32, json.dumps(question("ready", False))),
            "ready": stream("ready"), "spaced": stream("spaced"),
        })
    events = {name: [us for _, us in found[name]] for name in ("ready", "spaced")}
    return [
        against_limit("openai", f"{TITLE}: plain request", "us", field(found, "plain", "cpu_us"), 15, peer=PEER_TEXT.format("76 us")),
        against_limit("openai", "a streamed event, one by one (1 ms apart)", "us", events["spaced"], 4.9 / 2, bar_text="<= 1/2 (2.45 us)",
                      peer=PEER_TEXT.format("4.9 us")),
        against_limit("openai", "a streamed event, several ready at once", "us", events["ready"], 4.9 / 5, bar_text="<= 1/5 (0.98 us)",
                      peer=PEER_TEXT.format("4.9 us")),
    ]
