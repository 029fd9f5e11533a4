"""Rows with a known spectrum, and the comparison that all tests of decompositions make."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from fitted import too_far
from pooled_twin import assert_same_state
from scipy import sparse
from sklearn.base import clone
from specimens import Specimen

from fedruntime import FLModel

_RNG = np.random.default_rng(0)


def spectrum(n: int, p: int, decay: float, offset: float = 3.0) -> Any:
    """Rows about ``offset`` whose singular values fall by ``decay`` from one to the next."""
    rank = min(n, p)
    left = np.linalg.qr(_RNG.normal(size=(n, rank)))[0]
    right = np.linalg.qr(_RNG.normal(size=(p, rank)))[0]
    return 10 * (left * decay ** -np.arange(rank)) @ right.T + offset


TALL = spectrum(90, 5, 1.5)
SQUARE = spectrum(80, 20, 1.2)
WIDE = spectrum(30, 70, 1.2)
SPARSE = sparse.random(120, 30, 0.2, format="csr", random_state=0)
SHAPES = {"tall": TALL, "square": SQUARE, "wide": WIDE}


def fit_like_pooled(model: Any, rows: Any, dealt: Any, rtol: float | None = None) -> Any:
    """A federated fit that is as near the pooled one as the registry promises.

    With ``rtol`` private attributes, types and dtypes are compared, too.

    Returns
    -------
    ours : FLModel
    pooled : estimator
    handle : Handle
    """
    specimen = Specimen(model, rows, None)
    handle = dealt(rows.shape[0])(rows)
    ours = FLModel(model=clone(model))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours.fit(handle)
        assert too_far(ours, specimen) == {}
        pooled = specimen.pooled()
    if rtol is not None:
        assert_same_state(ours, pooled, rtol=rtol)
    return ours, pooled, handle
