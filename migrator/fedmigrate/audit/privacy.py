"""How much of a privacy budget a run has used, from the noise that its ledger tells of.

The account that decides is the runtime's, which knows of other runs, too; this is a check on it
that needs nothing but the ledger.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from fedmigrate.audit.read import Run

_STEPS = 200  # of a bisection, down to the last bit


@dataclass(frozen=True)
class Spent:
    """What the noisy messages of a run come to, for any one row.

    Parameters
    ----------
    releases : int
        Noisy messages of the party that sent most.
    share : float, optional
        Of the budget, in squares of mu, which is how costs add up; None if there is no budget.
    epsilon : float, optional
        What this run amounts to by itself; None where samples were drawn, which cost less than
        can be said from a ledger.
    budget, delta : float, optional
        The promised epsilon, and the delta that both epsilons are meant for.
    """

    releases: int
    share: float | None
    epsilon: float | None
    budget: float | None
    delta: float | None


def spent(run: Run) -> Spent | None:
    """What a run has used; None if there was neither a budget nor noise.

    A row is at one party, so parties do not add up: the one that let out most counts.
    """
    costs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for message in run.messages:
        if message["mu"]:
            costs[message["party"]].append((message["mu"], message["rate"]))
    budget = run.head.get("budget")
    if not costs and not budget:
        return None
    most = max(costs.values(), key=_squared, default=[])
    delta = budget["delta"] if budget else None
    plain = all(rate >= 1.0 for _, rate in most)
    return Spent(
        len(most),
        _squared(most) / budget["mu"] ** 2 if budget else None,
        _epsilon(math.sqrt(_squared(most)), delta) if plain and delta else None,
        budget["epsilon"] if budget else None,
        delta,
    )


def _squared(costs: list[tuple[float, float]]) -> float:
    return math.fsum((mu * rate) ** 2 for mu, rate in costs)


def _epsilon(mu: float, delta: float) -> float:
    """The epsilon of a Gaussian mechanism (Balle and Wang 2018, theorem 8; Dong et al. 2022)."""
    if mu == 0.0:
        return 0.0
    low, high = 0.0, mu * (mu / 2 + 40.0)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _delta(mu, middle) > delta:
            low = middle
        else:
            high = middle
    return high


def _delta(mu: float, epsilon: float) -> float:
    above = _normal(mu / 2 - epsilon / mu)
    below = _normal(-mu / 2 - epsilon / mu)
    return above - math.exp(epsilon + math.log(below)) if below else above


def _normal(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2
