"""An attack on a privacy budget: fits on two data sets that differ in one row, watched by someone
who knows every other row, sees every released sum, and knows what the row would have added to each.
Where the budget reckons with a colluding party, the watcher also knows that party's noise.

The likelihood ratio of all releases together decides which of the two data sets it was. How often
that is right bounds from below what the mechanism gives away; a correct one gives away no more
than the budget, and no attack can tell more from the released sums than this one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri
from scipy.stats import beta
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel, SecureAggregator
from fedruntime.data.handle import Handle
from fedruntime.data.layout import RowLayout
from fedruntime.federation import Federation
from fedruntime.privacy.accountant import epsilon_of
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.privacy.mechanisms import add_noise
from fedruntime.settings import Settings

CONFIDENCE = 0.95
_PARTIES = ("alice", "bob")


@dataclass(frozen=True)
class Neighbours:
    """Two data sets: these rows, and these rows with the first one contributing nothing.

    Parameters
    ----------
    name : str
    model : estimator
    X, y : ndarray
        The first row is the one that is looked for, and as conspicuous as a row can be.
    budget : PrivacyBudget
        All of which the fit uses. With ``colluding=1`` the second party tells its noise; with
        0 there is no more noise than promised, and nobody tells.
    """

    name: str
    model: Any
    X: Any
    y: Any
    budget: PrivacyBudget


@dataclass(frozen=True)
class Verdict:
    """What an attack found.

    Parameters
    ----------
    name : str
    runs : int
        On each of the two data sets.
    told, mistaken : int
        How often the row was found where it was, and where it was not.
    promised : float
        The budget, as Gaussian differential privacy.
    delta : float
    """

    name: str
    runs: int
    told: int
    mistaken: int
    promised: float
    delta: float

    @property
    def mu(self) -> float:
        """A lower bound on the mu of the mechanism (Nasr et al. 2023), by Clopper and Pearson."""
        found, false = self._rates()
        return float(ndtri(found) - ndtri(false))

    @property
    def epsilon(self) -> float:
        """A lower bound on epsilon that assumes nothing of the mechanism."""
        found, false = self._rates()
        return float(np.log(max(found - self.delta, 1e-12) / false))

    @property
    def holds(self) -> bool:
        promised = epsilon_of(self.promised, self.delta)
        return self.mu <= self.promised and self.epsilon <= promised

    def _rates(self) -> tuple[float, float]:
        tail = (1.0 - CONFIDENCE) / 2.0
        found = beta.ppf(tail, self.told, self.runs - self.told + 1) if self.told else 0.0
        false = beta.ppf(1.0 - tail, self.mistaken + 1, max(self.runs - self.mistaken, 1e-9))
        return float(found), float(false)

    def __str__(self) -> str:
        promised = epsilon_of(self.promised, self.delta)
        gaussian = epsilon_of(self.mu, self.delta) if self.mu > 0 else 0.0
        return (
            f"{self.name}: told {self.told}, mistaken {self.mistaken} of {self.runs}; epsilon at "
            f"least {self.epsilon:.3f} for any mechanism, {gaussian:.3f} for a Gaussian one "
            f"(mu {self.mu:.3f}); promised {promised:.3f} (mu {self.promised:.3f}): "
            f"{'holds' if self.holds else 'BROKEN'}"
        )


class Watching(SecureAggregator):
    """The aggregator of a coordinator that keeps every sum."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[Any, Mapping[str, Any], float, Mapping[str, Any]]] = []

    def sum_statistics(  # type: ignore[override]
        self, federation: Any, operation: Any, arguments: Any, **options: Any
    ) -> Any:
        sums = super().sum_statistics(federation, operation, arguments, **options)
        if options.get("mu") is not None:
            self.seen.append((operation, dict(arguments), options["mu"], sums))
        return sums


def attack(
    world: Neighbours, runs: int, entropy: Callable[[int], Callable[[int], bytes]] | None = None
) -> Verdict:
    """Fit so often on each of the two data sets, and tell them apart.

    Parameters
    ----------
    world : Neighbours
    runs : int
    entropy : callable, optional
        Seed to a source of random bytes, for a test that is the same every time.
    """
    told = sum(_suspicion(world, True, run, entropy) > 0.0 for run in range(runs))
    mistaken = sum(_suspicion(world, False, run, entropy) > 0.0 for run in range(runs))
    return Verdict(world.name, runs, told, mistaken, world.budget.mu, world.budget.delta)


def _suspicion(
    world: Neighbours, present: bool, run: int, entropy: Callable[[int], Any] | None
) -> float:
    """The logarithm of how much likelier the releases are with the row than without it."""
    X, y = world.X.copy(), world.y.copy()
    if not present:
        X[0], y[0] = np.nan, np.nan
    federation = Federation(Settings(_PARTIES, budget=world.budget))
    parties = federation.engine._parties  # type: ignore[attr-defined]
    if entropy is not None:
        for number, party in enumerate(parties.values()):
            party._entropy = entropy(4 * run + 2 * present + number)
    told = random.Random(run) if world.budget.colluding else None
    if told is not None:
        parties["bob"]._entropy = random.Random(run).randbytes
    layout = RowLayout(_PARTIES, np.arange(len(X)) % 2)
    held = {
        name: federation.place({p: rows[layout.positions[p]] for p in _PARTIES}, layout)
        for name, rows in (("X", X), ("y", y))
    }
    watching = Watching()
    FLModel(model=clone(world.model), aggregator=watching).fit(held["X"], held["y"])
    federation.stop()
    known = {held["X"].ref: world.X, held["y"].ref: world.y}
    return sum(_log_ratio(known, told, *release) for release in watching.seen)


def _log_ratio(
    known: Mapping[Any, Any],
    told: random.Random | None,
    operation: Any,
    arguments: Any,
    mu: float,
    sums: Any,
) -> float:
    public = {name: value for name, value in arguments.items() if not isinstance(value, Handle)}
    rows = {name: known[value.ref] for name, value in arguments.items() if name not in public}
    without = operation(**public, **{name: value[1:] for name, value in rows.items()})
    alone = operation(**public, **{name: value[:1] for name, value in rows.items()})
    scale = operation.sensitivity(public)
    if told is not None:
        zeros = {name: np.zeros(np.shape(value)) for name, value in alone.items()}
        noise = add_noise(zeros, scale, mu, 1, told.randbytes)
        sums = {name: np.asarray(value) - noise[name] for name, value in sums.items()}
    total = 0.0
    for name, sum_ in sums.items():
        sd = np.asarray(scale[name] if isinstance(scale, Mapping) else scale) / mu
        row = np.asarray(alone[name], dtype=float)
        rest = np.asarray(sum_, dtype=float) - without[name]
        total += float(np.sum((rest * row - row**2 / 2.0) / sd**2))
    return total


def _neighbours() -> tuple[Neighbours, ...]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 2)) * 0.1
    X[:, 0] += np.where(np.arange(12) % 4 < 2, 1.0, -1.0)
    y = (X[:, 0] > 0).astype(float)
    # At the edge of the ball (with the 1 of the intercept), and always on the wrong side.
    X[0], y[0] = (1.0, -1.0), 0.0
    along = X.copy()
    along[0] = 2.1, 0.0  # at the edge of a larger ball, in one column, so that squares tell, too

    def budget(model: str, colluding: int = 0, **options: Any) -> PrivacyBudget:
        shares = {f"{model}.fit": 1.0}
        return PrivacyBudget(
            9.0, 1e-4, shares=shares, colluding=colluding, tolerance=1e9, **options
        )

    given = {"labels": (0, 1), "bounds": {"*": (-(3.0**0.5), 3.0**0.5)}}  # scales of 1
    return (
        Neighbours("scaler", StandardScaler(), X, y, budget("StandardScaler")),
        Neighbours("a party tells", StandardScaler(), X, y, budget("StandardScaler", 1)),
        Neighbours("naive Bayes", GaussianNB(), along, y, budget("GaussianNB", **given)),
        Neighbours("logistic", LogisticRegression(), X, y, budget("LogisticRegression", **given)),
        Neighbours("linear", LinearRegression(), X, 6 * y - 3, budget("LinearRegression", **given)),
    )


NEIGHBOURS = _neighbours()
