"""What models are worth under a privacy budget, and whether the budget holds: accuracy and error of
private fits through real parties, masks and noise, and an attack on neighbouring data sets.

    python benchmarks/privacy.py                    # the fits that have a bar
    python benchmarks/privacy.py --more             # other data, budgets and numbers of rows
    python benchmarks/privacy.py --attack 1000      # so many fits on each of two data sets

The script that is measured is the natural one: load, ``train_test_split``, ``StandardScaler``,
``LogisticRegression``. The scaler is paid from the same budget, nothing is declared about the
columns, and a part is left for a score. Settings are the defaults of every class. Test accuracy is
computed here, from pooled test rows, so that it is the models' own.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"

# The attack is a test's, too.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "runtime" / "estimators" / "private"))

import numpy as np
from auditing import NEIGHBOURS, attack
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel
from fedruntime.data.layout import RowLayout
from fedruntime.errors import BudgetError
from fedruntime.federation import Federation
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.settings import Settings


@dataclass(frozen=True)
class Figure:
    """One line of the table: runs with other rows and noise, and the bar of their mean."""

    name: str
    values: Sequence[float]
    bar: float | None = None
    at_least: bool = True
    beside: str = ""

    def __str__(self) -> str:
        mean = float(np.mean(self.values))
        verdict = ""
        if self.bar is not None:
            met = mean >= self.bar if self.at_least else mean <= self.bar
            sign = ">=" if self.at_least else "<="
            verdict = f"  bar {sign} {self.bar:g}: {'met' if met else 'MISSED'}"
        spread = f"({min(self.values):.4g} to {max(self.values):.4g})"
        return f"{self.name:58}{mean:10.4g}  {spread:22}{self.beside}{verdict}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parties", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--more", action="store_true", help="further data, budgets and models")
    parser.add_argument("--attack", type=int, metavar="RUNS", help="fits on each of two data sets")
    options = parser.parse_args(arguments)
    if options.attack:
        for world in NEIGHBOURS:
            print(attack(world, options.attack), flush=True)
        return
    for bar, epsilon in ((0.93, 1.0), (0.95, 3.0)):
        for figure in breast_cancer(epsilon, options.parties, options.seeds, bar):
            print(figure, flush=True)
    print(linear_regression(20_000, 1.0, options.parties, options.seeds, 5e-3), flush=True)
    if options.more:
        more(options.parties, options.seeds)


def breast_cancer(epsilon: float, parties: int, seeds: int, bar: float | None) -> list[Figure]:
    X, y = load_breast_cancer(return_X_y=True)
    budget = PrivacyBudget(epsilon, 1e-5)
    script = make_pipeline(StandardScaler(), LogisticRegression())
    test, train, plain = [], [], []
    for seed in range(seeds):
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=seed)
        fitted = fit_parts(script, X_train, y_train, budget, parties, seed)
        test.append(fitted.score(X_test, y_test))
        train.append(fitted.score(X_train, y_train))
        plain.append(clone(script).fit(X_train, y_train).score(X_test, y_test))
    name = f"breast cancer, epsilon {epsilon:g}, {parties} parties"
    return [
        Figure(f"{name}: test accuracy", test, bar, beside=f"without {np.mean(plain):.4f}"),
        Figure(f"{name}: training accuracy", train, bar),
    ]


def linear_regression(
    rows: int, epsilon: float, parties: int, seeds: int, bar: float | None
) -> Figure:
    budget = PrivacyBudget(epsilon, 1e-6)
    excess, expected = [], 0.0
    for seed in range(seeds):
        X, signal, y = regression_rows(rows, 20, seed)
        model = placed(LinearRegression(), X, y, budget, parties, seed)
        expected = model.privacy.error * float(np.var(y) / np.var(signal))
        difference = model.to_sklearn().predict(X) - signal
        excess.append(float(np.mean(difference**2) / np.var(signal)))
    return Figure(
        f"linear regression, n={rows}, p=20, epsilon {epsilon:g}: excess",
        excess,
        bar,
        at_least=False,
        beside=f"expected {expected:.1e}",
    )


def regression_rows(rows: int, columns: int, seed: int) -> tuple[Any, Any, Any]:
    """Correlated columns of several scales, a linear signal, and noise of the same variance."""
    rng = np.random.default_rng(seed)
    mixing = np.eye(columns) + 0.5 * rng.normal(size=(columns, columns)) / np.sqrt(columns)
    X = rng.normal(size=(rows, columns)) @ mixing
    signal = 5.0 + X @ rng.normal(size=columns)
    X = X * 10.0 ** rng.uniform(-2, 2, columns) + rng.normal(size=columns)
    return X, signal, signal + rng.normal(size=rows) * signal.std()


def more(parties: int, seeds: int) -> None:
    for count in (2, 3):
        for epsilon in (1.0, 3.0):
            print(breast_cancer(epsilon, count, seeds, None)[0], flush=True)
    for epsilon in (0.5, 8.0):
        print_or_refusal(lambda e=epsilon: breast_cancer(e, parties, seeds, None)[0])
    for rows in (500, 2_000, 200_000):
        print_or_refusal(lambda n=rows: linear_regression(n, 1.0, parties, min(seeds, 5), None))
    for name, data, model in (
        ("wine", load_wine, LogisticRegression()),
        ("digits", load_digits, LogisticRegression()),
        ("breast cancer, naive Bayes", load_breast_cancer, GaussianNB()),
    ):
        for epsilon in (1.0, 3.0, 8.0):
            print_or_refusal(
                lambda n=name, d=data, m=model, e=epsilon: classified(n, d, m, e, parties, seeds)
            )
    print_or_refusal(lambda: poisson(20_000, 1.0, parties, min(seeds, 5)))


def print_or_refusal(figure: Any) -> None:
    try:
        print(figure(), flush=True)
    except BudgetError as error:
        print(f"refused before anything was sent: {error}", flush=True)


def classified(
    name: str, data: Any, model: Any, epsilon: float, parties: int, seeds: int
) -> Figure:
    X, y = data(return_X_y=True)
    budget = PrivacyBudget(epsilon, 1e-5, labels=np.unique(y).tolist())
    script = make_pipeline(StandardScaler(), model)
    test, plain = [], []
    for seed in range(seeds):
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=seed)
        test.append(
            fit_parts(script, X_train, y_train, budget, parties, seed).score(X_test, y_test)
        )
        plain.append(clone(script).fit(X_train, y_train).score(X_test, y_test))
    return Figure(
        f"{name}, epsilon {epsilon:g}: test accuracy", test, beside=f"without {np.mean(plain):.4f}"
    )


def poisson(rows: int, epsilon: float, parties: int, seeds: int) -> Figure:
    explained, plain = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(rows, 10))
        y = rng.poisson(np.exp(1.0 + X @ rng.normal(size=10) * 0.2))
        model = placed(PoissonRegressor(alpha=1e-3), X, y, PrivacyBudget(epsilon), parties, seed)
        explained.append(model.to_sklearn().score(X, y))
        plain.append(PoissonRegressor(alpha=1e-3).fit(X, y).score(X, y))
    return Figure(
        f"Poisson regression, n={rows}, p=10, epsilon {epsilon:g}: D2",
        explained,
        beside=f"without {np.mean(plain):.4f}",
    )


def fit_parts(script: Any, X: Any, y: Any, budget: PrivacyBudget, parties: int, seed: int) -> Any:
    return placed(clone(script), X, y, budget, parties, seed).to_sklearn()


def placed(model: Any, X: Any, y: Any, budget: PrivacyBudget, parties: int, seed: int) -> FLModel:
    """A model fitted over simulated parties of unequal sizes, with real masks and noise."""
    names = tuple(f"party{number}" for number in range(parties))
    federation = Federation(Settings(names, budget=budget))
    owner = np.sort(np.random.default_rng(seed).choice(parties, len(X), p=_unequal(parties)))
    layout = RowLayout(names, owner)
    held = [
        federation.place({name: rows[layout.positions[name]] for name in names}, layout)
        for rows in (X, y)
    ]
    fitted = FLModel(model=model).fit(*held)
    federation.stop()
    return fitted


def _unequal(parties: int) -> Any:
    sizes = np.arange(1, parties + 1, dtype=float)
    return sizes / sizes.sum()


if __name__ == "__main__":
    main()
