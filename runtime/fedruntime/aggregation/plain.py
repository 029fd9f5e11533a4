"""Sums without masks: the coordinator sees each party's statistics, though never its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fedruntime.aggregation.adding import Total, total_of
from fedruntime.aggregation.aggregator import Aggregator, Ask, Lost
from fedruntime.errors import DropoutError
from fedruntime.messages import Release

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


class PlainAggregator(Aggregator):
    """Adds statistics in the clear; the sums equal those of ``SecureAggregator`` bit for bit.

    Takes the arguments of ``SecureAggregator`` so that one can stand in for the other.
    """

    release = Release.PLAIN_SUM

    def __init__(self, device: object = None, participants: object = None) -> None:
        self.device = device
        self.participants = participants

    def _add(self, federation: Exchange, ask: Ask, lost: Lost) -> Total:
        asked = federation.parties
        replies = ask(may_miss=True)
        if not replies:
            lost(asked)
            raise DropoutError(f"none of {', '.join(asked)} has answered")
        return total_of(replies)
