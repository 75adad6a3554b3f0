"""How an actor tells those who watch it that it is about to end as it should."""

from __future__ import annotations

import asyncio

ANSWERS_S = 0.05  # for what others have asked this actor
POLL_S = 60.0


class Leaving:
    """Of one actor, on its loop."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    def begun(self) -> bool:
        return self._begun.is_set()

    async def begin(self) -> None:
        """Tells those who wait, and gives their answers the time to go out."""
        self._begun.set()
        await asyncio.sleep(ANSWERS_S)

    async def wait(self) -> bool:
        """True when the actor leaves, false after a while: bounded because Ray does not end a call when its caller is
        gone."""
        try:
            await asyncio.wait_for(self._begun.wait(), POLL_S)
        except asyncio.TimeoutError:
            return False
        return True
