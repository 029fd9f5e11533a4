"""What a private fit may use of the federation's budget, and whether that is enough for a result
that is worth it. Payments themselves are made where sums are released.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from fedruntime.cohort import Cohort
from fedruntime.errors import BudgetError
from fedruntime.messages import Release
from fedruntime.privacy import releases
from fedruntime.privacy.accountant import epsilon_of
from fedruntime.privacy.spending import Spending

_FARTHEST = 2.0**30  # how many times as much data or budget is thought of


@dataclass(frozen=True)
class Purse:
    """What a fit may still use, as squared mu.

    Parameters
    ----------
    mu : float
        What the fit was allotted.
    left : float
        What is left of its square.
    """

    mu: float
    left: float

    def part(self, share: float) -> tuple[float, Purse]:
        """The mu of a share of the whole, and what is left without it."""
        return self.mu * math.sqrt(share), Purse(self.mu, self.left - share * self.mu**2)

    @property
    def rest(self) -> float:
        """The mu of everything that is left."""
        return math.sqrt(self.left)


def purse(cohort: Cohort, parts: float) -> Purse:
    """What the budget allots to this fit.

    Raises
    ------
    BudgetError
        If less than that is left.
    """
    mu = account(cohort).allot(cohort.purpose, parts=parts)
    return Purse(mu, mu**2)


def account(cohort: Cohort) -> Spending:
    """The account of the budget that private fits are paid from."""
    assert cohort.federation.budget is not None, "a private fit without a budget"
    return cohort.federation.budget


def surplus(cohort: Cohort) -> float:
    """How much larger the noise of a sum is than the budget asks, because parties share it."""
    masked = cohort.aggregator.release is Release.MASKED_SUM
    return releases.surplus(cohort.federation, masked=masked)


def require_useful(
    cohort: Cohort,
    error_of: Callable[[float], float],
    mu: float,
    what: str,
    *,
    so_far: str = "Nothing was sent",
) -> float:
    """The expected error of a fit, refused if it exceeds the budget's tolerance.

    Parameters
    ----------
    cohort : Cohort
    error_of : callable
        The expected error by mu. Rows count as much: twice as many stand for twice the mu.
    mu : float
        What the fit may use.
    what : str
        Of what it is the error, and in which unit.
    so_far : str
        What has been let out by now.

    Raises
    ------
    BudgetError
        Says how many rows, or which epsilon, would do.
    """
    budget, error = account(cohort).budget, error_of(mu)
    if error <= budget.tolerance:
        return error
    least, most = 1.0, 2.0
    while error_of(most * mu) > budget.tolerance and most < _FARTHEST:
        least, most = most, 2.0 * most
    for _ in range(10):
        middle = math.sqrt(least * most)
        least, most = (
            (middle, most) if error_of(middle * mu) > budget.tolerance else (least, middle)
        )
    epsilon = epsilon_of(most * budget.mu, budget.delta)
    raise BudgetError(
        f"{cohort.purpose}: with its part of epsilon={budget.epsilon:g} and {cohort.n_samples} "
        f"rows, the expected {what} is {error:.2g}; at most {budget.tolerance:g} is allowed. "
        f"About {math.ceil(most * cohort.n_samples)} rows, or epsilon={epsilon:.2g}, would do; so "
        "do declared bounds, more parts (federation.spending), or a larger tolerance, as far as "
        f"they apply. {so_far}"
    )
