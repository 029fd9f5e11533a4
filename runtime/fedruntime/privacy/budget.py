"""The privacy budget of a federation: how much may be learnt of any one row, and how that is cut
into parts. Values and their checks only; what has been used of it is in ``spending``.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fedruntime.errors import BudgetError, SettingsError
from fedruntime.privacy.accountant import mu_of

Bounds = Mapping[str, tuple[float, float]]

EVERY_COLUMN = "*"
PARTS = 1  # what a score, a metric or an aggregate takes of a budget's parts
_LOOSE = 10.0  # above this an epsilon promises next to nothing


@dataclass(frozen=True)
class PrivacyBudget:
    """How much all releases together may tell of any one row.

    The promise is (epsilon, delta)-differential privacy with *zero-out* adjacency: two data sets
    are neighbours if one has a row that contributes nothing in the other. Row counts are public.

    The budget is cut into equal parts. Fitting a model that predicts takes six of them, fitting
    one that transforms takes three, and everything else that is let out takes one, unless
    ``shares`` or ``federation.spending`` say otherwise; so the default of ten is enough for one
    scaler, one model and one score.

    Parameters
    ----------
    epsilon : float
        Common are 1 (strong) to 8; above 10 there is a warning.
    delta : float
        The chance that the promise does not hold; has to be below one over the number of rows.
    parts : float
        How many equal parts there are.
    shares : mapping of str to float
        By purpose, such as ``"LogisticRegression.fit"``: the share of the whole budget (of its
        squared mu) that one such operation takes.
    bounds : mapping of str to (float, float)
        Lowest and highest value by column; ``"*"`` stands for all that are not named. A column
        of an array is named by its position, a label by its series' name or ``"y"``. Bounds are
        declared from what the columns mean, never looked up in the rows. Values beyond are
        clipped. Where a column has none, a part of the budget is used to estimate them.
    values : mapping of str to sequence
        The values that a column can have, for counting them.
    labels : sequence
        The classes of the target, if they are known beforehand.
    colluding : int
        How many parties may add up what they know with the coordinator: noise is sized so that
        without the shares of so many it still is enough.
    tolerance : float
        The largest expected error of a release, as a share of the range its result lies in.
        What would come out noisier is refused, with the error, before anything is let out.
    account : str
        Whose budget this is: scripts of one folder with the same account draw from one file.

    Raises
    ------
    SettingsError
        If a value does not fit.
    """

    epsilon: float
    delta: float = 1e-6
    parts: float = 10.0
    shares: Mapping[str, float] = field(default_factory=dict)
    bounds: Bounds = field(default_factory=dict)
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    labels: Sequence[Any] = ()
    colluding: int = 1
    tolerance: float = 0.25
    account: str = "data"

    def __post_init__(self) -> None:
        for name, low, high in (
            ("epsilon", 0.0, math.inf),
            ("delta", 0.0, 1.0),
            ("parts", 0.0, math.inf),
            ("tolerance", 0.0, math.inf),
        ):
            _require_number(name, getattr(self, name), low, high)
        if not isinstance(self.colluding, int) or self.colluding < 0:
            raise SettingsError(f"budget: colluding={self.colluding!r} is no number of parties")
        if not isinstance(self.account, str) or not self.account.replace("-", "a").isidentifier():
            raise SettingsError(
                f"budget: account={self.account!r} is no name: a letter, then letters, digits, - "
                "and _"
            )
        for purpose, share in self.shares.items():
            _require_number(f"shares[{purpose!r}]", share, 0.0, 1.0, including=True)
        object.__setattr__(self, "bounds", _checked_bounds(self.bounds))
        object.__setattr__(self, "shares", dict(self.shares))
        object.__setattr__(self, "labels", tuple(self.labels))
        values = {str(column): tuple(entries) for column, entries in dict(self.values).items()}
        object.__setattr__(self, "values", values)
        if self.epsilon > _LOOSE:
            warnings.warn(
                f"epsilon={self.epsilon:g} promises next to nothing: results may be "
                f"exp({self.epsilon:g}) times as likely with a row as without it; usual are 1 to 8",
                stacklevel=3,
            )

    @cached_property
    def mu(self) -> float:
        """The whole budget as Gaussian differential privacy; its square is what is cut up."""
        return mu_of(self.epsilon, self.delta)

    def bounds_of(self, column: str) -> tuple[float, float] | None:
        """The declared bounds of a column, if there are any."""
        return self.bounds.get(column, self.bounds.get(EVERY_COLUMN))

    def values_of(self, column: str) -> tuple[Any, ...] | None:
        """The declared values of a column, if there are any."""
        found = self.values.get(column)
        return None if found is None else tuple(found)

    def require_rows(self, rows: int) -> None:
        """Refuse a delta that would allow to give away a row outright.

        Raises
        ------
        BudgetError
            If delta is not below one over the number of rows.
        """
        if rows and self.delta * rows >= 1.0:
            raise BudgetError(
                f"delta={self.delta:g} is not below 1/{rows}, one over the number of rows, so it "
                f"would allow to publish a row; use delta={_rounded_down(0.1 / rows):g}"
            )


def budget_from(table: Any, origin: str) -> PrivacyBudget:
    """The budget that a ``[budget]`` table of a settings file, or ``init``, gives.

    Raises
    ------
    SettingsError
        For an unknown option or a value that does not fit; names the file.
    """
    if isinstance(table, PrivacyBudget):
        return table
    if not isinstance(table, Mapping):
        raise SettingsError(f"{origin}: budget must be a table or a PrivacyBudget, not {table!r}")
    known = [entry.name for entry in dataclasses.fields(PrivacyBudget)]
    for option in table:
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise SettingsError(f"{origin}: unknown option {option!r} in [budget]; {hint}")
    if "epsilon" not in table:
        raise SettingsError(f"{origin}: [budget] has no epsilon")
    try:
        return PrivacyBudget(**table)
    except SettingsError as error:
        raise SettingsError(f"{origin}: {error}") from None


def _require_number(
    name: str, value: Any, low: float, high: float, *, including: bool = False
) -> None:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not (low < value < high or (including and value == high)):
        upper = "" if high == math.inf else f" and {'at most' if including else 'below'} {high:g}"
        raise SettingsError(f"budget: {name}={value!r} must be a number above {low:g}{upper}")


def _checked_bounds(bounds: Any) -> dict[str, tuple[float, float]]:
    checked = {}
    for column, pair in dict(bounds).items():
        if (
            not isinstance(pair, Sequence)
            or len(pair) != 2
            or not all(isinstance(end, int | float) and math.isfinite(end) for end in pair)
            or not pair[0] < pair[1]
        ):
            raise SettingsError(
                f"budget: bounds of {column!r} must be its lowest and its highest value, not "
                f"{pair!r}"
            )
        checked[str(column)] = (float(pair[0]), float(pair[1]))
    return checked


def _rounded_down(value: float) -> float:
    return float(10.0 ** math.floor(math.log10(value)))
