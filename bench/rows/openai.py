"""What the OpenAI endpoints cost themselves, beside vllm-router and sglang-router: everything but the process of the model. Manta's
ingress runs in its proxy (`in_proxy`), in front of a replica whose engine only passes time, the routers in front of an HTTP server that does the
same (`mock_engine`); one line has the ingress in a process of its own. A plain request of 10 tokens, and streams of 50 events, 1 ms apart and without
a pause, 32 clients. CPU of the model's process is left out. `bare_relay`, which passes every byte on unseen, shows what any process in between pays."""
import contextlib
import json

from loads import streams, wrk
from measure import Line, Spread, against_limit, compare, field, interleave
from servers import Manta, Server, free_port

TITLE = "OpenAI endpoints, own CPU (model's process left out), 32 clients"
PEER = None
TOKENS = 50
APART = "its ingress in a process of its own"
RELAY = "bare relay"
ROUTERS = ("vllm-router", "sglang-router")
ELSEWHERE = {"plain": 76, "spaced": 4.9, "ready": 4.9}   # us of vllm-router, on another machine: the bars where it is not set up
BARS = {"plain": None, "spaced": 1 / 2, "ready": 1 / 5}   # of vllm-router; a plain request has a bar of its own
PLAIN_BAR_US = 15
WHAT = {"plain": f"{TITLE}: plain request", "spaced": "a streamed event, one by one (1 ms apart)", "ready": "a streamed event, several ready at once"}


def model(name, itl_ms, in_proxy=True):
    """builtin:openai below /NAME, over a model that yields a token each `itl_ms`."""
    llm = {"model": name, "id": name, "engine": "sim", "slots": 64, "engine_options": {"ttft_ms": "0", "itl_ms": str(itl_ms)}}
    return {"name": name, "route_prefix": f"/{name}", "import_path": "builtin:openai", "args": {"llms": [llm], "in_proxy": in_proxy}}


def question(name, stream):
    messages = [{"role": "user", "content": "Say hello to the person that reads this, in one short sentence please."}]
    return {"model": name, "messages": messages, "max_tokens": TOKENS if stream else 10, "stream": stream, "ignore_eos": True}


def sides_of(client, name, server, prefixes, pids, models):
    """{(server, kind): measure}; `prefixes` and `models` by whether events come at once or apart."""
    def stream(kind):
        path, body = f"{prefixes[kind]}/v1/chat/completions", question(models[kind], True)
        return lambda seconds: streams(client, server[kind].port, path, pids[kind], seconds, 32, body)
    plain = f"http://127.0.0.1:{server['ready'].port}{prefixes['ready']}/v1/chat/completions"
    return {(name, "plain"): lambda seconds: wrk(plain, pids["ready"], seconds, 32, json.dumps(question(models["ready"], False))),
            (name, "ready"): stream("ready"), (name, "spaced"): stream("spaced")}


def routers(session, stack, client):
    """The sides of the routers that are installed, each in front of two engines of its own."""
    sides = {}
    for name in ROUTERS:
        engines = {}
        for kind, pause_ms in (("ready", 0), ("spaced", 1)):
            port = free_port()
            stack.enter_context(Server([session.program("load", "mock_engine"), port, TOKENS, pause_ms], "mock"))
            router = session.router(name, port)
            if router:
                engines[kind] = stack.enter_context(router)
        if engines:
            both = {"ready": "", "spaced": ""}
            sides |= sides_of(client, name, engines, both, {kind: router.pids for kind, router in engines.items()}, {"ready": "mock", "spaced": "mock"})
    return sides


def relay(session, stack, client):
    """A bare relay in front of the engines that the routers have, for streams."""
    relays = {}
    for kind, pause_ms in (("ready", 0), ("spaced", 1)):
        engine, port = free_port(), free_port()
        stack.enter_context(Server([session.program("load", "mock_engine"), engine, TOKENS, pause_ms], "mock"))
        relays[kind] = stack.enter_context(Server([session.program("load", "bare_relay"), port, engine], "relay"))
        relays[kind].port = port
    both = {"ready": "", "spaced": ""}
    return sides_of(client, RELAY, relays, both, {kind: server.pids for kind, server in relays.items()}, {"ready": "mock", "spaced": "mock"})


def manta_side(session, stack, client, name, in_proxy):
    manta = stack.enter_context(Manta(session.build, [model("ready", 0, in_proxy), model("spaced", 1, in_proxy)]))

    def own():
        return manta.pids() - manta.replica("Llm")
    kinds = {"ready": "ready", "spaced": "spaced"}
    return sides_of(client, name, {kind: manta for kind in kinds}, {kind: f"/{kind}" for kind in kinds}, {kind: own for kind in kinds}, kinds)


def run(session):
    client = session.program("load", "stream_client")
    with contextlib.ExitStack() as stack:
        sides = manta_side(session, stack, client, "manta", True) | manta_side(session, stack, client, APART, False)
        found = interleave(session, sides | routers(session, stack, client) | relay(session, stack, client))
    return [line for kind in WHAT for line in lines_of(found, kind)]


def lines_of(found, kind):
    cpu = {name: field(found, (name, kind), "cpu_us") if kind == "plain" else [us for _, us in found[name, kind]]
           for name in ("manta", APART, RELAY, *ROUTERS) if (name, kind) in found}
    lines = [compare("openai", WHAT[kind], "us", cpu["manta"], cpu[name], name, BARS[kind] if name == "vllm-router" else None)
             .drawn("openai-cpu", WHAT[kind].removeprefix(f"{TITLE}: ")) for name in ROUTERS if name in cpu]
    if "vllm-router" not in cpu:
        limit = PLAIN_BAR_US if kind == "plain" else ELSEWHERE[kind] * BARS[kind]
        peer = f"vllm-router: not installed (tools/setup vllm-router); measured elsewhere: {ELSEWHERE[kind]} us"
        lines.append(against_limit("openai", WHAT[kind], "us", cpu["manta"], limit, peer=peer))
    elif kind == "plain":
        ours = Spread.of(cpu["manta"])
        lines.append(Line("openai", "the same beside its bar", f"{ours} us", "-", None, f"<= {PLAIN_BAR_US} us",
                          "yes" if ours.median <= PLAIN_BAR_US else "open" if ours.low <= PLAIN_BAR_US else "no"))
    lines.append(compare("openai", WHAT[kind], "us", cpu["manta"], cpu[RELAY], RELAY))
    lines.append(Line("openai", f"{WHAT[kind]}, {APART}", f"{Spread.of(cpu[APART])} us", "-", None, "-", "-"))
    return lines
