"""A release under a privacy budget, as the coordinator sees it: how noisy the sum will be, and the
payment that goes before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fedruntime.aggregation.graph import CORRUPT, DROPOUT, neighbourhood
from fedruntime.data.handle import Handle
from fedruntime.errors import BudgetError
from fedruntime.messages import Array, Noise
from fedruntime.operations import Operation
from fedruntime.privacy.mechanisms import deviation, released_deviation, scales, shares

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


def pay(
    federation: Exchange,
    operation: Operation,
    arguments: Mapping[str, Any],
    mu: float,
    rate: float,
    *,
    masked: bool,
    purpose: str,
) -> Noise:
    """Pay for a noisy sum; what to ask the parties for.

    Raises
    ------
    BudgetError
        If there is no budget, too little of it is left, its delta is too large for these rows, or
        the operation has no private form. Nothing has been sent.
    """
    account = federation.budget
    if account is None:
        raise BudgetError(f"{purpose}: noise is paid from a privacy budget, and there is none")
    public = {name: given for name, given in arguments.items() if not isinstance(given, Handle)}
    for given in arguments.values():
        if isinstance(given, Handle):
            account.budget.require_rows(len(given))
    scales(operation, public, Noise(mu, rate))
    deviations = noise_deviations(federation, operation, public, mu, masked=masked)
    errors = {name: float(np.max(sd, initial=0.0)) for name, sd in deviations.items()}
    account.pay(purpose, operation.name, mu, rate=rate, errors=errors)
    return Noise(float(mu), float(rate), account.budget.colluding)


def noise_deviations(
    federation: Exchange,
    operation: Operation,
    public: Mapping[str, Any],
    mu: float,
    *,
    masked: bool,
) -> dict[str, Array]:
    """The standard deviation of the noise in a sum over all parties, by statistic.

    Where the operation has one sensitivity for everything it stands under ``""``.
    """
    scale = scales(operation, public, Noise(mu))
    more = surplus(federation, masked=masked)
    named = scale if isinstance(scale, Mapping) else {"": scale}
    return {name: deviation(one, mu, 1) * more for name, one in named.items()}


def surplus(federation: Exchange, *, masked: bool) -> float:
    """How many times as large as the budget asks the noise of a sum over all parties is, because
    it has to be enough without the shares of some of them.
    """
    colluding = federation.budget.budget.colluding if federation.budget else 0
    carried_by = shares(_fewest(federation), colluding, masked=masked)
    return float(released_deviation(1.0, 1.0, carried_by, len(federation.parties)))


def _fewest(federation: Exchange) -> int:
    """The fewest parties that a masked sum can be over, as the parties themselves count them: all,
    or as many as it takes to unmask a sum that survives dropouts.
    """
    parties = len(federation.parties)
    if 2 < parties > federation.min_parties:
        return max(2, neighbourhood(parties, corrupt=CORRUPT, dropout=DROPOUT).threshold)
    return parties
