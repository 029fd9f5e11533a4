"""Sums without masks: the coordinator sees each party's statistics, though never its rows."""

from __future__ import annotations

from fedruntime.aggregation.aggregator import Aggregator
from fedruntime.messages import Release


class PlainAggregator(Aggregator):
    """Adds statistics in the clear; the sums equal those of ``SecureAggregator`` bit for bit.

    Takes the arguments of ``SecureAggregator`` so that one can stand in for the other.
    """

    release = Release.PLAIN_SUM

    def __init__(self, device: object = None, participants: object = None) -> None:
        self.device = device
        self.participants = participants
