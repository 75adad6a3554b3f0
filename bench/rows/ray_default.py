"""Ray Serve as it is installed, without the settings that every other row gives it: the same requests as the rows `noop`, `composition`,
`stream` (without a pause) and `batch`. A win over it alone is no result."""
from loads import streams, wrk
from measure import Line, compare, field, interleave
from rows import composition, noop
from rows.stream import READY

TITLE = "Ray Serve as installed: no-op, composition, events, batching"
PEER = "ray"
NAME = "Ray Serve as installed"


def run(session):
    client, manta, ray = session.program("load", "stream_client"), session.manta(), session.ray(fastest=False)
    if not ray:
        return [Line("ray_default", TITLE, "-", session.no_ray)]

    def request(server, path, body):
        return lambda seconds: wrk(f"http://127.0.0.1:{server.port}/{path}", server.pids, seconds, 64, body)

    def events(server, path):
        return lambda seconds: streams(client, server.port, path, server.pids, seconds, 8, READY)
    asked = {"noop": noop.QUESTION, "composition": composition.QUESTION, "batch": noop.QUESTION}
    sides = {(path, server.name): request(server, path, body) for path, body in asked.items() for server in (manta, ray)}
    sides |= {("events", "manta"): events(manta, "/composition/events"), ("events", "ray"): events(ray, "/events")}
    found = interleave(session, sides)
    session.stop(NAME)
    cpu = {key: field(found, key, "cpu_us") for key in sides if key[0] != "events"}
    cpu |= {("events", side): [us for _, us in found["events", side]] for side in ("manta", "ray")}
    rate = {side: field(found, ("batch", side), "rate") for side in ("manta", "ray")}
    what = {"noop": (f"{noop.TITLE}: CPU", "noop-cpu"), "composition": (f"{composition.TITLE}: CPU", "composition-cpu"),
            "events": ("an event of a second deployment, 8 streams, no pause: CPU", "event-cpu")}
    lines = [compare("ray_default", text, "us", cpu[path, "manta"], cpu[path, "ray"], NAME).drawn(chart, "without a pause" if path == "events" else "")
             for path, (text, chart) in what.items()]
    return [*lines, compare("ray_default", "batching, 64 clients, 5 ms model, batches of 32: rate", "/s", rate["manta"], rate["ray"], NAME)]
