"""What every aggregator does: ask the parties for encoded statistics, add them, decode the sum.

Masked or plain is the one difference between aggregators, and it is made at the parties. Sums are
exact either way: correctly rounded and independent of the order of the parties.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fedruntime.aggregation.adding import Total
from fedruntime.aggregation.encoding import unpack
from fedruntime.attempts import attempted
from fedruntime.caller import where
from fedruntime.devices import PYUObject, held_statistic
from fedruntime.errors import DataError, RevealError
from fedruntime.messages import Array, Public, Release, Reply
from fedruntime.operations import Operation
from fedruntime.privacy.releases import pay

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


Ask = Callable[..., dict[str, Reply]]
"""``Exchange.ask`` with all arguments but the aggregator's own: session, round, who."""
Lost = Callable[[Sequence[str]], None]
"""``Exchange.lost`` on behalf of the same operation."""


class Aggregator(ABC):
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
        mu: float | None = None,
        rate: float = 1.0,
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
        mu, rate : float, optional
            How much noise the parties add, and of what sample; see ``messages.Noise``. It is paid
            from the federation's privacy budget first.

        Raises
        ------
        BudgetError
            If the privacy budget does not allow it. Nothing has been sent.
        DataError
            If the parties' statistics differ in name or shape, or a value cannot be encoded.
        """
        asked = {"arguments": arguments, "each": each, "mu": mu, "rate": rate}
        return federation.remembered(
            operation,
            asked,
            purpose,
            lambda: self._sum(federation, operation, arguments, each, purpose, mu, rate),
        )

    def _sum(
        self,
        federation: Exchange,
        operation: Operation,
        arguments: Mapping[str, Public],
        each: Mapping[str, Mapping[str, Public]] | None,
        purpose: str,
        mu: float | None,
        rate: float,
    ) -> dict[str, Array]:
        noise = None
        if mu is not None:
            masked = self.release is Release.MASKED_SUM
            noise = pay(federation, operation, arguments, mu, rate, masked=masked, purpose=purpose)
        ask = partial(
            federation.ask,
            operation,
            arguments,
            release=self.release,
            each=each,
            purpose=purpose,
            noise=noise,
        )
        lost = partial(federation.lost, purpose=purpose, operation=operation.name)
        with federation.turn:  # the round's number and its messages belong together
            asked = federation.parties
            total = self._add(federation, ask, lost)
            if missing := [party for party in asked if party not in total.parties]:
                lost(missing)
        return unpack(total.vector, total.layout, parties=len(total.parties))

    @abstractmethod
    def _add(self, federation: Exchange, ask: Ask, lost: Lost) -> Total:
        """Ask for the encoded statistics in the way of this aggregator, and add them."""

    @attempted
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

    @attempted
    def average(
        self,
        data: Sequence[PYUObject],
        axis: int | None = None,
        weights: Sequence[float] | None = None,
    ) -> Array:
        """Average values that lie on different devices, optionally weighted by public weights."""
        if weights is None:
            total = self.sum(data, axis)
            _, arguments = _by_party(data)
            count = len(arguments) * (1 if axis == 0 else int(np.prod(data[0].shape)))
            return np.asarray(total / count)
        if len(weights) != len(data):
            raise DataError(f"{len(weights)} weights were given for {len(data)} values")
        federation, arguments = _by_party(data)
        by_party = {
            entry.device.name: float(weight) for entry, weight in zip(data, weights, strict=True)
        }
        weighted = {
            party: {**argument, "weight": by_party[party]} for party, argument in arguments.items()
        }
        total = self.sum_statistics(
            federation,
            held_statistic,
            {},
            each=weighted,
            purpose=f"{type(self).__name__}.average",
        )["value"]
        mean = np.asarray(total / sum(by_party[party] for party in arguments))
        return mean if axis == 0 else np.asarray(mean.mean())


def _by_party(
    data: Sequence[PYUObject],
) -> tuple[Exchange, dict[str, dict[str, Public]]]:
    """The values of those who take part now, as arguments."""
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
    return federation, {party: arguments[party] for party in federation.parties}
