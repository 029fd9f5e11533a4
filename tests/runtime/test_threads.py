"""A script may use threads: what they ask of the parties goes one after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

from fedruntime import FLModel

Deal = Callable[..., Any]


def test_fits_in_threads_give_what_fits_in_a_row_give(deal: Deal) -> None:
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(60, 4)), generator.normal(size=60)
    dealer = deal([row % 3 for row in range(60)])
    federated_X, federated_y = dealer(X), dealer(y)

    def coefficients(alpha: float) -> Any:
        return FLModel(model=Ridge(alpha=alpha)).fit(federated_X, federated_y).coef_

    alphas = [0.1 * step for step in range(1, 9)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(coefficients, alphas))
    assert np.array_equal(found, [coefficients(alpha) for alpha in alphas])
