"""What every aggregator does: ask the parties for encoded statistics, add them, decode the sum.

Masked or plain is the one difference between aggregators, and it is made at the parties. Sums are
exact either way: correctly rounded and independent of the order of the parties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fedruntime.aggregation.encoding import unpack
from fedruntime.caller import where
from fedruntime.devices import PYUObject, held_statistic
from fedruntime.errors import DataError, RevealError
from fedruntime.messages import Array, Public, Release, Reply
from fedruntime.operations import Operation

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


class Aggregator:
    """Adds statistics over the parties of a federation."""

    release: ClassVar[Release]

    def sum_statistics(
        self,
        federation: Exchange,
        operation: Operation,
        arguments: Mapping[str, Public],
        *,
        each: Mapping[str, Mapping[str, Public]] | None = None,
        purpose: str = "",
    ) -> dict[str, Array]:
        """The exact sum of each statistic that an operation gives, over all parties.

        Parameters
        ----------
        operation : Operation
            A registered statistic.
        arguments : mapping
            What all parties are called with; handles in it become the party's own rows.
        each : mapping, optional
            Further arguments for single parties.
        purpose : str
            For the ledger.

        Raises
        ------
        DataError
            If the parties' statistics differ in name or shape, or a value cannot be encoded.
        """
        with federation.turn:  # the round's number and its messages belong together
            replies = federation.ask(
                operation,
                arguments,
                release=self.release,
                each=each,
                purpose=purpose,
                **self._masking(federation),
            )
        layout = _common_layout(operation, replies)
        total = np.zeros_like(next(iter(replies.values())).arrays["vector"])
        for reply in replies.values():
            total += reply.arrays["vector"]
        return unpack(total, layout, parties=len(replies))

    def _masking(self, federation: Exchange) -> dict[str, Any]:
        """The session and round that the parties mask under; none for a plain sum."""
        return {}

    def sum(self, data: Sequence[PYUObject], axis: int | None = None) -> Array:
        """Add values that lie on different devices, as SecretFlow's ``SecureAggregator.sum``.

        Parameters
        ----------
        data : sequence of PYUObject
            One a party, all of one shape.
        axis : int, optional
            0 adds over the parties; ``None`` adds over the parties and all entries.
        """
        if axis not in (None, 0):
            raise DataError(f"axis={axis} is not known: use 0 (over the parties) or None (all)")
        federation, arguments = _by_party(data)
        total = self.sum_statistics(
            federation, held_statistic, {}, each=arguments, purpose=f"{type(self).__name__}.sum"
        )["value"]
        return total if axis == 0 else np.asarray(total.sum())

    def average(
        self,
        data: Sequence[PYUObject],
        axis: int | None = None,
        weights: Sequence[float] | None = None,
    ) -> Array:
        """Average values that lie on different devices, optionally weighted by public weights."""
        if weights is None:
            total = self.sum(data, axis)
            count = len(data) if axis == 0 else len(data) * int(np.prod(data[0].shape))
            return np.asarray(total / count)
        if len(weights) != len(data):
            raise DataError(f"{len(weights)} weights were given for {len(data)} values")
        federation, arguments = _by_party(data)
        weighted = {
            party: {**argument, "weight": float(weight)}
            for (party, argument), weight in zip(arguments.items(), weights, strict=True)
        }
        total = self.sum_statistics(
            federation,
            held_statistic,
            {},
            each=weighted,
            purpose=f"{type(self).__name__}.average",
        )["value"]
        mean = np.asarray(total / float(np.sum(weights)))
        return mean if axis == 0 else np.asarray(mean.mean())


def _common_layout(operation: Operation, replies: Mapping[str, Reply]) -> Public:
    (first, reply), *others = replies.items()
    for party, other in others:
        if other.facts != reply.facts:
            raise DataError(
                f"{operation.name}: parties {first!r} and {party!r} gave statistics of different "
                f"names or shapes ({reply.facts} and {other.facts})"
            )
    return reply.facts


def _by_party(
    data: Sequence[PYUObject],
) -> tuple[Exchange, dict[str, dict[str, Public]]]:
    if not data:
        raise DataError("there is nothing to aggregate: the sequence of device objects is empty")
    for entry in data:
        if entry.part_of is not None:
            raise RevealError(
                f"{where()}{entry!r} holds rows, which are not aggregated one by one: let a "
                f"function make a statistic of them first, such as {entry.device.name}(np.sum)(x)"
            )
    arguments = {entry.device.name: {"value": entry.ref} for entry in data}
    if len(arguments) != len(data):
        raise DataError("two of the values lie on the same device; give one value a party")
    federation = data[0].federation
    if missing := [party for party in federation.parties if party not in arguments]:
        raise DataError(
            f"there is no value at {', '.join(missing)}: all parties take part in a sum"
        )
    return federation, arguments
