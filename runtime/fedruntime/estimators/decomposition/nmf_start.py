"""Where the iterations of ``NMF`` start: random activations drawn for the pooled rows, or the
non-negative double singular value decomposition of Boutsidis and Gallopoulos (2008).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import NMF
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.column_sums import column_sums
from fedruntime.estimators.decomposition.row_products import RowProducts
from fedruntime.estimators.decomposition.singular_vectors import Svd, randomized_svd
from fedruntime.estimators.drawn_rows import normal_rows
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]

_SMALL = 1e-6  # scikit-learn truncates what is less to zero


def starting_point(model: NMF, rows: Cohort) -> tuple[Handle, Floats]:
    """Activations, which stay at the parties, and components of shape (k, p).

    Parameters
    ----------
    model : NMF
        With its number of components settled.
    rows : Cohort
        ``X`` is a float array or CSR matrix without negative values.
    """
    k = model._n_components
    init = model.init
    if init is None:
        init = "nndsvda" if k <= min(rows["X"].shape) else "random"
    mean = float(rows.sum(column_sums)["sum"].sum()) / (rows.n_samples * rows.n_features)
    random_state = check_random_state(model.random_state)
    if init == "random":
        scale = np.sqrt(mean / k)
        components = np.abs(scale * random_state.standard_normal(size=(k, rows.n_features)))
        drawn = normal_rows(rows, k, random_state)
        return rows.replace(drawn=drawn).derive(random_activations, scale=scale), components
    return _double_svd(rows, k, init, mean, random_state)


def _double_svd(
    rows: Cohort, k: int, init: str, mean: float, random_state: np.random.RandomState
) -> tuple[Handle, Floats]:
    products = RowProducts(rows, np.zeros(rows.n_features))
    svd = randomized_svd(products, k, random_state=random_state)
    left = rows.only(U=products.project(svd.left))
    sums = left.sum(squared_parts)
    parts = {name: np.sqrt(value) for name, value in sums.items()}
    scale, components = _chosen_parts(svd, parts)
    components[components < _SMALL] = 0
    fill = {"nndsvd": 0.0, "nndsvda": mean, "nndsvdar": mean}[init]
    drawn = None
    if init == "nndsvdar":
        drawn = normal_rows(rows, k, random_state)
        noise = abs(fill * random_state.standard_normal(size=components.shape) / 100)
        components = np.where(components == 0, noise, components)
    components[components == 0] = fill
    return left.replace(drawn=drawn).derive(svd_activations, scale=scale, fill=fill), components


def _chosen_parts(svd: Svd, norms: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Of every pair of vectors after the first, their positive or their negative parts.

    Returns
    -------
    scale : ndarray of shape (k,)
        By which the positive (if it is positive), or negative part of a left vector is multiplied.
    components : ndarray of shape (k, p)
    """
    vectors = svd.vectors
    positive, negative = np.maximum(vectors, 0), np.maximum(-vectors, 0)
    sizes = [np.linalg.norm(part, axis=1) for part in (positive, negative)]
    weights = [norms["positive"] * sizes[0], norms["negative"] * sizes[1]]
    taken = weights[0] > weights[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        lengths = np.sqrt(svd.values * np.where(taken, *weights))
        scale = np.where(taken, lengths / norms["positive"], -lengths / norms["negative"])
        components = np.where(
            taken[:, np.newaxis],
            positive * (lengths / sizes[0])[:, np.newaxis],
            negative * (lengths / sizes[1])[:, np.newaxis],
        )
    # The leading pair has one sign.
    components[0] = np.sqrt(svd.values[0]) * np.abs(vectors[0])
    scale[0] = np.sqrt(svd.values[0])
    return scale, components


@row_op("nmf.random_start")
def random_activations(drawn: Floats, scale: float) -> Floats:
    """Magnitudes of scaled draws."""
    return np.abs(scale * drawn)


@party_op("nmf.squared_parts")
def squared_parts(U: Floats) -> Statistics:
    """Sums of squares of the positive and of the negative entries of each column."""
    return {
        "positive": (np.maximum(U, 0) ** 2).sum(axis=0),
        "negative": (np.maximum(-U, 0) ** 2).sum(axis=0),
    }


@row_op("nmf.svd_start")
def svd_activations(U: Floats, drawn: Any, scale: Floats, fill: float) -> Floats:
    """Scaled parts of left singular vectors, their zeros filled: by ``fill``, or by random
    numbers of that order where there are draws.
    """
    activations = np.maximum(U * scale, 0)
    activations[:, 0] = np.abs(U[:, 0] * scale[0])
    activations[activations < _SMALL] = 0
    zeros = activations == 0
    activations[zeros] = fill if drawn is None else np.abs(fill * drawn[zeros] / 100)
    return activations
