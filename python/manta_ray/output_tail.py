"""The last lines of a text that never ends."""

from __future__ import annotations

from collections import deque

LINES = 40
LINE_BYTES = 1000


class OutputTail:
    """At most 40 lines of 1,000 bytes; what is no printable text becomes '?'. Not thread-safe."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=LINES)
        self._partial = b""

    def add(self, data: bytes) -> None:
        *complete, self._partial = (self._partial + data).split(b"\n")
        for line in complete:
            self._lines.append(_printable(line))
        if len(self._partial) > 16 * LINE_BYTES:
            self._lines.append(_printable(self._partial))
            self._partial = b""

    def text(self) -> str:
        lines = [*self._lines, _printable(self._partial)] if self._partial else self._lines
        return "\n".join(lines).rstrip("\n")


def _printable(line: bytes) -> str:
    text = line[:LINE_BYTES].decode("utf-8", errors="replace").replace("\ufffd", "?")
    return "".join(c if c >= " " or c == "\t" else "?" for c in text)
