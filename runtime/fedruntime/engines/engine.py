"""What an engine is: it carries requests to parties and replies back, and knows nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from fedruntime.messages import Public, Reply, Request


class Engine(Protocol):
    """A way to reach the parties."""

    simulated: bool  # all parties live in this process, so a loader's rows may be dealt to them

    def call(self, requests: Mapping[str, Request]) -> dict[str, Reply]:
        """Send each party its request and gather the replies, in the order of the requests."""

    def place(self, party: str, name: str, rows: Any) -> Public:
        """Give a simulated party rows; engines that are not simulated refuse."""

    def stop(self) -> None:
        """Release what the engine holds. Calls after that are an error."""
