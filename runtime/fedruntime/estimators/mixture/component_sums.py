"""What the rows of all parties contribute to the components of a mixture: weights, means and
scatter under given or expected responsibilities. What a model makes of these is the families'
business.

Second moments are summed about a reference near the means and moved to the means afterwards, so
that one round is enough. Where the means turn out to lie far from the reference, they are summed
once more about the means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.cohort import Cohort
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.estimators.state import import_state
from fedruntime.messages import Array, Public
from fedruntime.operations import Operation, Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
# How many variances a squared shift of the mean may amount to: two digits of the scatter.
_FAR = 100.0


@dataclass(frozen=True)
class Components:
    """Sums over the rows of all parties, in the shapes of scikit-learn.

    Parameters
    ----------
    nk : ndarray of shape (k,)
        Sums of responsibilities, kept off zero as scikit-learn does.
    means : ndarray of shape (k, p)
    covariances : ndarray
        (k, p, p), (p, p), (k, p) or (k,), as the type of covariances says; regularised.
    log_prob_norm : float
        Sum over the rows of the logarithm of their density; zero for given responsibilities.
    entropy : float
        Sum of responsibilities times their logarithms; zero for given ones.
    """

    nk: Floats
    means: Floats
    covariances: Any
    log_prob_norm: float
    entropy: float


def component_sums(
    rows: Cohort,
    reference: Floats,
    covariance_type: str,
    reg_covar: float,
    state: Public = None,
) -> Components:
    """Sum the components' moments over the parties.

    Parameters
    ----------
    rows : Cohort
        With ``X``, and ``resp`` if no state is given.
    reference : ndarray of shape (k, p)
        Points near the means; the same for all components unless covariances are full.
    covariance_type : {"full", "tied", "diag", "spherical"}
    reg_covar : float
    state : optional
        A mixture as ``export_state`` gives it, under which responsibilities are expected.
    """
    operation: Operation = given_moments if state is None else expected_moments
    public = {"covariance_type": covariance_type, **({} if state is None else {"state": state})}
    sums = rows.sum(operation, reference=reference, **public)
    nk = sums["weight"] + 10 * _EPS
    means = (sums["weight"][:, np.newaxis] * reference + sums["x"]) / nk[:, np.newaxis]
    if covariance_type == "full" and _far(sums, means - reference):
        sums = {**sums, **rows.sum(operation, reference=means, **public)}
        reference = means
    return Components(
        nk=nk,
        means=means,
        covariances=_covariances(sums, means - reference, nk, covariance_type, reg_covar),
        log_prob_norm=float(sums["log_prob_norm"]),
        entropy=float(sums["entropy"]),
    )


def _far(sums: Mapping[str, Array], shift: Floats) -> bool:
    """Whether moving the scatter from the reference to the means would cancel its digits."""
    size = shift.shape[1]
    rows, columns = np.triu_indices(size)
    about_reference = sums["xx"][:, rows == columns]
    moved = sums["weight"][:, np.newaxis] * shift**2
    return bool((moved > _FAR * (about_reference - moved)).any())


def _covariances(
    sums: Mapping[str, Array], shift: Floats, nk: Floats, covariance_type: str, reg_covar: float
) -> Any:
    weight, first = sums["weight"], sums["x"]
    if covariance_type in ("diag", "spherical"):
        scatter = sums["xx"] - 2 * first * shift + weight[:, np.newaxis] * shift**2
        variances = scatter / nk[:, np.newaxis] + reg_covar
        return variances if covariance_type == "diag" else variances.mean(axis=1)
    cross = first[:, :, np.newaxis] * shift[:, np.newaxis]
    squares = weight[:, np.newaxis, np.newaxis] * shift[:, :, np.newaxis] * shift[:, np.newaxis]
    correction = squares - cross - cross.transpose(0, 2, 1)
    diagonal = reg_covar * np.eye(shift.shape[1])
    scatter = _symmetric(sums["xx"], shift.shape[1])
    if covariance_type == "tied":
        return (scatter[0] + correction.sum(axis=0)) / nk.sum() + diagonal
    return (scatter + correction) / nk[:, np.newaxis, np.newaxis] + diagonal


def _symmetric(triangles: Array, size: int) -> Floats:
    full = np.zeros((len(triangles), size, size))
    rows, columns = np.triu_indices(size)
    full[:, rows, columns] = triangles
    full[:, columns, rows] = triangles
    return full


@party_op("mixture.given", counts=("weight",))
def given_moments(X: Floats, resp: Floats, reference: Floats, covariance_type: str) -> Statistics:
    """Moments of rows with given responsibilities."""
    blocks = ((X[block], resp[block], 0.0, 0.0) for block in row_blocks(*X.shape))
    return _moments(blocks, reference, covariance_type)


@party_op("mixture.expected", counts=("weight",))
def expected_moments(
    X: Floats, state: Public, reference: Floats, covariance_type: str
) -> Statistics:
    """Moments of rows with the responsibilities that a mixture expects, by scikit-learn's own
    E-step.
    """
    return _moments(_expected(X, import_state(state)), reference, covariance_type)


def _expected(X: Floats, mixture: Any) -> Iterator[tuple[Floats, Floats, float, float]]:
    for block in row_blocks(*X.shape):
        log_prob_norm, log_resp = mixture._estimate_log_prob_resp(X[block])
        resp = np.exp(log_resp)
        yield X[block], resp, float(log_prob_norm.sum()), float((resp * log_resp).sum())


def _moments(
    blocks: Iterator[tuple[Floats, Floats, float, float]], reference: Floats, covariance_type: str
) -> Statistics:
    """``weight`` (k,), ``x`` (k, p) about the reference, ``xx``, ``log_prob_norm``, ``entropy``.

    ``xx`` holds second moments about the reference: upper triangles, one a component or a single
    one of all components together, or diagonals of shape (k, p).
    """
    size, columns = reference.shape
    triangle = np.triu_indices(columns)
    weight, first = np.zeros(size), np.zeros((size, columns))
    second = np.zeros(
        {"full": (size, columns, columns), "tied": (1, columns, columns)}.get(
            covariance_type, (size, columns)
        )
    )
    log_prob_norm = entropy = 0.0
    for x, resp, log_density, resp_log_resp in blocks:
        weight += resp.sum(axis=0)
        log_prob_norm += log_density
        entropy += resp_log_resp
        if covariance_type == "full":
            for number in range(size):
                about = x - reference[number]
                weighted = resp[:, number, np.newaxis] * about
                first[number] += weighted.sum(axis=0)
                second[number] += weighted.T @ about
            continue
        about = x - reference[0]
        first += resp.T @ about
        if covariance_type == "tied":
            second[0] += about.T @ about
        else:
            second += resp.T @ about**2
    triangles = covariance_type in ("full", "tied")
    return {
        "weight": weight,
        "x": first,
        "xx": second[:, triangle[0], triangle[1]] if triangles else second,
        "log_prob_norm": log_prob_norm,
        "entropy": entropy,
    }


@row_op("mixture.one_hot")
def one_hot(labels: Array, n_components: int) -> Floats:
    """Responsibilities of one for the component that a label names."""
    return np.asarray(np.eye(n_components)[labels])


@row_op("mixture.alone")
def alone(X: Floats) -> Floats:
    """Responsibilities for a single component."""
    return np.ones((len(X), 1))
