"""The one error of the bridge: a code that Manta knows, a reason that a program can tell apart, and what to do about
it."""

from __future__ import annotations

from typing import Any


class BridgeError(Exception):
    """Ends an operation. `code` is one of Manta's: InvalidArgument NotFound DeadlineExceeded Cancelled Unavailable
    Internal.

    `reason` names the exact case ("token_refused"); `remedy` says what the user can do, in one sentence.
    """

    def __init__(self, code: str, reason: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.remedy = remedy

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "reason": self.reason, "message": self.message, "remedy": self.remedy}

    @staticmethod
    def from_json(value: dict[str, Any]) -> BridgeError:
        return BridgeError(value["code"], value["reason"], value["message"], value["remedy"])


def invalid(path: str, message: str) -> BridgeError:
    """What the other side sent is not what the protocol says."""
    return BridgeError(
        "InvalidArgument", "bad_message", f"{path}: {message}", "use a bridge of the same version as Manta"
    )


def epoch_is_past(epoch: int, latest: int) -> BridgeError:
    """A controller that has been replaced asks for something: its plan is gone, and so should it be."""
    return BridgeError(
        "Unavailable",
        "epoch_is_past",
        f"a controller of epoch {latest} is obeyed, not of {epoch}",
        "end this controller: a later one has taken over",
    )
