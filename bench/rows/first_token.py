"""Time to the first token under load, beside llama-server: 8 clients ask for 16 tokens each over 4 slots of SmolLM2-135M on one core. Once
every prompt has a beginning of its own, once all share their first three hundred words (documents of a system prompt), which both servers
may keep from one request to the next, each by its own rules and its own settings as installed."""
import itertools

from loads import chat_streams
from measure import Line, compare, field, interleave
from peers import LlamaServer
from rows.generation import PIN, QUESTIONS
from servers import Manta

TITLE = "time to the first token under load, 8 clients, 4 slots, one core"
PEER = "llama-server"
SLOTS, CLIENTS, CONTEXT, TOKENS = 4, 8, 1024, 16
WORDS = ("contract", "tenant", "notice", "penalty", "lease", "owner", "month", "payment", "deposit", "court", "clause", "party", "repair", "rent")
KINDS = {"shared": "prompts that share their beginning", "own": "prompts with beginnings of their own"}
numbers = itertools.count()   # no two prompts of a run are the same


def text(seed, words):
    """Words in an order that `seed` decides."""
    return " ".join(WORDS[(seed * 7 + i * i + i * seed) % len(WORDS)] for i in range(words))


def bodies(kind, count, words):
    """Streamed chat completions of about `words` words each."""
    found = []
    for _ in range(count):
        number = next(numbers)
        first = text(1, words) if kind == "shared" else f"{number}. {text(number, words)}"
        messages = [{"role": "system", "content": first}, {"role": "user", "content": f"{QUESTIONS[number % len(QUESTIONS)]} ({number})"}]
        found.append({"model": "smollm2-135m", "messages": messages, "max_tokens": TOKENS, "temperature": 0, "ignore_eos": True, "stream": True})
    return found


def beside(session, manta, peer, kind):
    count, words = (4, 60) if session.quick else (16, 300)

    def side(server):
        url = f"http://127.0.0.1:{server.port}/v1/chat/completions"
        return lambda _: chat_streams(session.build / "bin" / "manta", url, server.pids, CLIENTS, bodies(kind, count, words))
    found = interleave(session, {f"{server.name}, {kind}": side(server) for server in (manta, peer)})
    ours, theirs = found
    columns = (("median", "ms", "first_ms", False), ("longest", "ms", "first_p99_ms", False), ("mean time between tokens", "ms", "between_ms", False),
               ("tokens", "/s", "rate", True))
    lines = []
    for what, unit, name, more in columns:
        bar = (1.0, more, "level or ahead") if name in ("first_ms", "rate") else (None, False, None)
        lines.append(compare("first_token", f"first token, {KINDS[kind]}: {what}" if name == "first_ms" else f"the same: {what}", unit,
                             field(found, ours, name), field(found, theirs, name), "llama-server", *bar))
    lines[0].drawn("first-token", KINDS[kind])
    return lines


def run(session):
    binary, model = session.cache / "llama-server" / "bin" / "llama-server", session.models / "smollm2-135m"
    if not binary.exists():
        return [Line("first_token", TITLE, "-", "llama-server: not installed (tools/setup llama-server)")]
    options = {"model": str(model), "id": "smollm2-135m", "slots": SLOTS, "context": CONTEXT, "threads": 1}
    application = {"name": "llm", "route_prefix": "/", "import_path": "builtin:openai", "args": {"llms": [options]}}
    with Manta(session.build, [application], prefix=PIN) as manta, \
            LlamaServer(binary, model / "model.gguf", SLOTS, CONTEXT, prefix=PIN) as peer:
        return [line for kind in KINDS for line in beside(session, manta, peer, kind)]
