"""What an engine is: it carries requests to parties and replies back, and knows nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from fedruntime.messages import Public, Reply, Request


class Engine(Protocol):
    """A way to reach the parties."""

    simulated: bool  # all parties live in this process, so a loader's rows may be dealt to them

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        """Send each party its request and gather the replies, in the order of the requests.

        Parameters
        ----------
        requests : mapping of party to Request
            A party gets one at a time, in the order of the calls.
        timeout : float, optional
            Seconds to wait; by default without end.

        Returns
        -------
        dict of party to Reply
            Of those who answered in time. A reply that comes later is thrown away.

        Raises
        ------
        FedError
            After ``stop``.
        """

    def reachable(self, party: str) -> bool:
        """Whether a request would be worked on now.

        Asked of parties that did not answer, at the beginning of every operation from then on; so
        it answers at once, from what the engine knows. Where an engine can let a party begin again
        whose process has ended, it does so here, and does not wait for it.
        """

    def begun(self, party: str) -> int:
        """How often a party has begun: one that has begun again holds nothing of before."""

    def place(self, party: str, name: str, rows: Any) -> Public:
        """Give a simulated party rows; engines that are not simulated refuse."""

    def public_random(self, count: int) -> bytes:
        """Random bytes for what all may know, such as the name of a session.

        Every process that runs the script gets the same ones, where there are several.
        """

    def stop(self) -> None:
        """Release what the engine holds, if that has not been done; leave no process behind."""


@runtime_checkable
class Timed(Protocol):
    """An engine that knows how long its parties take."""

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long the last answer of each party took, from when it was handed its request."""
