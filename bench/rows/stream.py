"""Streams of 50 events from a second deployment through a handle: with 1 ms between two events, as tokens come, and without a pause,
where a sender may put several into one write."""
from loads import streams
from measure import Line, Spread, against_limit, interleave, ratios, verdict
from servers import Server, free_port

TITLE = "an event of a second deployment, 32 streams of 50 events"
PEER = "ray"
COUNT, PAUSE_MS = 50, 1
SPACED, READY = {"count": COUNT, "pause_ms": PAUSE_MS}, {"count": COUNT, "pause_ms": 0}
FIRST_EVENT_BAR_US = 2000   # a timer that held it would show as 10 ms or more, and Nagle's as 40


def run(session):
    client, manta, ray = session.program("load", "stream_client"), session.manta(), session.ray()
    port, relay_port = free_port(), free_port()

    def side(port, path, pids, body, connections=32):
        return lambda seconds: streams(client, port, path, pids, seconds, connections, body)

    def proxy():
        return {pid for pid in manta.pids() if manta.role(pid) == "proxy"}
    with Server([session.program("load", "bare_events"), port, COUNT, PAUSE_MS], "bare") as bare, \
            Server([session.program("load", "bare_relay"), relay_port, port], "relay") as relay:
        sides = {
            "through": side(manta.port, "/composition/events", manta.pids, SPACED),
            "direct": side(manta.port, "/source/events", manta.pids, SPACED),
            "proxy": side(manta.port, "/source/events", proxy, SPACED),
            "bare": side(port, "/", bare.pids, SPACED),
            "relay": side(relay_port, "/", relay.pids, SPACED),
            "ready through": side(manta.port, "/composition/events", manta.pids, READY),
            "ready direct": side(manta.port, "/source/events", manta.pids, READY),
            "lone": side(manta.port, "/composition/events", manta.pids, SPACED, 1),
        }
        if ray:
            sides |= {"ray": side(ray.port, "/events", ray.pids, SPACED), "ready ray": side(ray.port, "/events", ray.pids, READY),
                      "lone ray": side(ray.port, "/events", ray.pids, SPACED, 1)}
        return lines_of(session, interleave(session, sides))


def lines_of(session, found):
    cpu = {name: [us for _, us in turns] for name, turns in found.items()}
    first = {name: [numbers["first_p50_us"] for numbers, _ in turns] for name, turns in found.items()}

    def hop(through, direct):
        return [two - one for two, one in zip(cpu[through], cpu[direct])]
    leg = ratios(cpu["proxy"], cpu["bare"])
    lone = session.beside_ray("stream", "a lone stream: first event after", "us", first["lone"], first.get("lone ray"))
    lone.bar, lone.met = "no timer (<= 2 ms)", verdict(Spread.of(first["lone"]), FIRST_EVENT_BAR_US)
    return [
        session.beside_ray("stream", f"{TITLE}, 1 ms between two: CPU", "us", cpu["through"], cpu.get("ray")).drawn("event-cpu", "1 ms apart"),
        session.beside_ray("stream", "the same without a pause: CPU", "us", cpu["ready through"], cpu.get("ready ray")).drawn("event-cpu", "without a pause"),
        against_limit("stream", "its internal hop, 1 ms between two: CPU through a handle less that without", "us", hop("through", "direct"), 2,
                      peer=f"bare relay, one process that reads and sends: {Spread.of(cpu['relay'])} us"),
        against_limit("stream", "the same without a pause", "us", hop("ready through", "ready direct"), 2),
        Line("stream", "client leg, 1 ms between two: CPU of the proxy, with its half of a hop", f"{Spread.of(cpu['proxy'])} us",
             f"bare send {Spread.of(cpu['bare'])} us", leg, "<= 1.5x", verdict(leg, 1.5)),
        lone,
    ]
