"""A controller with 1,000 applications: what it takes of a CPU while nothing happens. How long it takes until a change (a deployment is scaled
down) has reached 1,000 routers of a small instance, and 8 routers of the one with 1,000 applications: from the command until the last one has
it. The routers are real subscriptions of one program, which reads what it gets."""
import json
import select
import subprocess
import time

from measure import against_limit, stated
from processes import CpuMeter
from rows.wide import many_applications, sizes
from servers import Manta, request

TITLE = "1,000 applications: controller at rest; a change reaches 1,000 routers"
PEER = None
AT_REST_PERCENT, CHANGE_MS = 1.0, 100


class Subscribers:
    """load on the controller's socket: see bench/control/subscribers.cc"""

    def __init__(self, session, socket, count):
        command = [str(session.program("control", "subscribers")), socket, str(count)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.text = b""

    def line(self, limit_s):
        """The next line, or None after `limit_s`."""
        end = time.monotonic() + limit_s
        while b"\n" not in self.text:
            if not select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
                return None
            chunk = self.process.stdout.read1(65536)
            if not chunk:
                raise RuntimeError("the subscribers ended")
            self.text += chunk
        first, self.text = self.text.split(b"\n", 1)
        return first.decode()

    def settle(self):
        """Until nothing has been published for a second."""
        while self.line(1.0) is not None:
            pass

    def __enter__(self):
        if self.line(60) != "subscribed":
            raise RuntimeError("not every subscriber got a snapshot")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def scale(session, manta, replicas):
    subprocess.run([session.build / "bin" / "manta", "scale", "scaled/Noop", str(replicas), "--admin-port", str(manta.admin_port)],
                   check=True, capture_output=True)


def controller_socket(manta):
    return json.loads(request(manta.admin_port, "GET", "/api/serve/details")[1])["controller_info"]["controller_socket"]


def changes(session, manta, subscribers):
    """Milliseconds from the command to the last router, and from the first router to the last: a list of each."""
    whole, spread = [], []
    for _ in range(3 if session.quick else 10):
        subscribers.settle()
        begun = time.monotonic()
        scale(session, manta, 1)
        line = subscribers.line(30)
        if line is None:
            raise RuntimeError("the change was not published")
        last, since_first = (float(word) for word in line.split())
        whole.append((last - begun) * 1e3)
        spread.append(since_first * 1e3)
        scale(session, manta, 2)
        subscribers.line(30)
    return whole, spread


def at_rest(session, manta):
    """Percent of a CPU that the controller takes while nothing happens."""
    def controller():
        return {pid for pid in manta.pids() if manta.role(pid) == "controller"}
    session.say("controller at rest")
    time.sleep(2 if session.quick else 20)   # until the start is over
    meter, begun = CpuMeter(controller), time.monotonic()
    time.sleep(3 if session.quick else 20)
    return meter.spent() / (time.monotonic() - begun) * 100


def published(session, manta, applications, routers, bar):
    with Subscribers(session, controller_socket(manta), routers) as subscribers:
        session.say(f"changes to {routers} routers")
        whole, spread = changes(session, manta, subscribers)
    what = f"a change reaches {routers:,} routers, {applications:,} application{'s' if applications > 1 else ''}: from the command to the last"
    return [against_limit("control", what, "ms", whole, bar) if bar else stated("control", what, "ms", whole),
            stated("control", "the same: from the first router to the last", "ms", spread)]


def run(session):
    count, _ = sizes(session)
    many = many_applications(session)
    rest = at_rest(session, many)
    lines = [against_limit("control", f"controller at rest, {count:,} applications: share of a CPU", "%", [rest], AT_REST_PERCENT, bar_text="~ 0 (<= 1 %)")]
    with Manta(session.build, [session.application("noop", "scaled", num_replicas=2)]) as small:
        lines += published(session, small, 1, 100 if session.quick else 1000, CHANGE_MS)
    return lines + published(session, many, count + 2, 8, None)
