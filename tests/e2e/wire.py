"""HTTP as bytes, for what no well-behaved client sends; and curl, for what one does."""
import json
import socket
import subprocess
import time
from dataclasses import dataclass, field


@dataclass
class Reply:
    status: int
    headers: dict
    body: bytes
    interim: list = field(default_factory=list)  # statuses of 1xx answers before it

    def json(self):
        return json.loads(self.body)

    def error(self):
        return self.json()["error"]


class Wire:
    """One connection to the public port."""

    def __init__(self, instance, timeout_s=20):
        self.socket = socket.create_connection(("127.0.0.1", instance.port), timeout_s)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def _more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return data

    def _until(self, mark):
        while mark not in self.buffer:
            if not self._more():
                raise EOFError(f"the connection ended after {self.buffer[:200]!r}")
        found, self.buffer = self.buffer.split(mark, 1)
        return found

    def _exactly(self, size):
        while len(self.buffer) < size:
            if not self._more():
                raise EOFError("the connection ended inside a body")
        found, self.buffer = self.buffer[:size], self.buffer[size:]
        return found

    def chunk(self):
        """The next chunk of a chunked answer; b"" is the last one."""
        size = int(self._until(b"\r\n"), 16)
        data = self._exactly(size)
        assert self._exactly(2) == b"\r\n"
        return data

    def head(self):
        interim = []
        while True:
            start, *lines = self._until(b"\r\n\r\n").decode().split("\r\n")
            status = int(start.split(" ")[1])
            if status >= 200:
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                return Reply(status, headers, b"", interim)
            interim.append(status)

    def reply(self, to_head=False):
        reply = self.head()
        if to_head or reply.status in (204, 304):
            return reply
        if reply.headers.get("transfer-encoding") == "chunked":
            reply.body = b"".join(iter(self.chunk, b""))
        else:
            reply.body = self._exactly(int(reply.headers["content-length"]))
        return reply

    def is_closed(self, within_s=5):
        """True when the server ends the connection in that time."""
        self.socket.settimeout(within_s)
        deadline = time.monotonic() + within_s
        try:
            while time.monotonic() < deadline:
                if not self._more():
                    return True
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return False


def request(verb, path, body=b"", headers=()):
    body = body.encode() if isinstance(body, str) else body
    lines = [f"{verb} {path} HTTP/1.1", "host: test", *headers]
    if body or verb == "POST":
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def ask(instance, verb, path, body=b"", headers=()):
    with Wire(instance) as wire:
        wire.send(request(verb, path, body, headers))
        return wire.reply(to_head=verb == "HEAD")


def post_json(instance, path, value, headers=()):
    return ask(instance, "POST", path, json.dumps(value), ("content-type: application/json", *headers))


def curl(*arguments, timeout_s=30):
    """What curl writes to standard output."""
    result = subprocess.run(["curl", "-sS", *arguments], capture_output=True, text=True, timeout=timeout_s)
    assert result.returncode == 0, result.stderr
    return result.stdout
