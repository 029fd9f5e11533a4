"""Least squares over parties: the rows of all parties reduced to a triangular factor that stands
for them. ``R`` and ``z`` have the Gram matrix and cross product of the centred, weighted rows, so
that scikit-learn's own dense solvers, run on them, give the pooled solution, rank and singular
values. Which estimator asks for it, and what it does with the solution, is not decided here.

The Gram matrix of ill-conditioned rows loses half of the digits. It is then summed once more in
the basis of its own eigenvectors, scaled to unit length, in which the rows are well-conditioned:
CholeskyQR2 (Yamamoto, Nakatsukasa, Yanagisawa and Fukaya 2015) with an eigendecomposition in the
place of the Cholesky factor, so that dependent columns need no case of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
_PILOT_ROWS = 4096
_MAX_PASSES = 3
# Squared condition number up to which a Gram matrix gives the factor to about 1e-14.
_WELL_CONDITIONED = 100.0


@dataclass(frozen=True)
class Reduction:
    """A least-squares problem of k rows with the solutions of the pooled one; k is the rank of the
    pooled rows as far as float64 resolves it, and at least one.

    Parameters
    ----------
    factor : ndarray of shape (k, p)
        Upper triangular ``R``, where ``R.T @ R`` is the Gram matrix of the centred, weighted rows.
    target : ndarray of shape (k,) or (k, t)
        ``z``, where ``R.T @ z`` is their cross product with the centred, weighted targets.
    x_mean : ndarray of shape (p,)
        The weighted mean that was subtracted; zeros if the rows were not centred.
    y_mean : float64 or ndarray of shape (t,)
        The same of the targets.
    y_gram : ndarray of shape (t, t)
        The Gram matrix of the centred, weighted targets.
    weight : float
        The sum of the sample weights; the number of rows if there are none.
    """

    factor: Floats
    target: Floats
    x_mean: Floats
    y_mean: Floats
    y_gram: Floats
    weight: float

    def intercept(self, coef: Floats) -> Floats:
        """The intercept that belongs to coefficients of shape (p,) or (t, p)."""
        return np.asarray(self.y_mean - self.x_mean @ coef.T)[()]


@dataclass(frozen=True)
class _Frame:
    """How rows are looked at: what is subtracted from them, in which units, and whether sums are
    about the mean or, for a fit without an intercept, about zero."""

    x_centre: Floats
    y_centre: Floats
    x_scale: Floats
    y_scale: Floats
    centred: bool


@dataclass(frozen=True)
class _Moments:
    """The sums of one pass over all rows, in some basis: second moments about the mean if the fit
    is centred, and how far the mean lies from the centre that was subtracted."""

    weight: float
    gram: Floats
    cross: Floats
    y_gram: Floats
    x_shift: Floats
    y_shift: Floats


def reduce_rows(cohort: Cohort, *, centred: bool, damping: float = 0.0) -> Reduction:
    """Reduce the rows of a cohort to a least-squares problem of at most p rows.

    Parameters
    ----------
    cohort : Cohort
        As ``design.prepare(..., target="numeric")`` gives it; ``X`` may be sparse.
    centred : bool
        Whether the weighted means are subtracted, as for a fit with an intercept.
    damping : float
        What a ridge penalty will add to the diagonal of the Gram matrix: what it covers need not
        be resolved.

    Returns
    -------
    Reduction

    Raises
    ------
    DataError
        If the sample weights add up to zero.
    """
    frame = _pilot(cohort, centred)
    first = _moments(cohort, frame, np.diag(frame.x_scale))
    if centred and _off_centre(first, frame):
        frame = _recentred(frame, first)
        first = _moments(cohort, frame, np.diag(frame.x_scale))
    if centred:
        frame = _recentred(frame, first)
    factor, target = _factorise(cohort, first, frame, damping)
    target = target / frame.y_scale
    multi_output = len(cohort["y"].shape) == 2
    return Reduction(
        factor=factor,
        target=target if multi_output else target[:, 0],
        x_mean=frame.x_centre,
        y_mean=frame.y_centre if multi_output else frame.y_centre[0],
        y_gram=first.y_gram / np.outer(frame.y_scale, frame.y_scale),
        weight=first.weight,
    )


def _pilot(cohort: Cohort, centred: bool) -> _Frame:
    """A provisional centre, and powers of two that bring the columns to the order of one.

    The provisional centre spares a pass over all rows for the means (the shifted-data algorithm of
    Chan, Golub and LeVeque 1983). The powers of two keep the sums of very large or small columns
    within the range of the exact encoding.
    """
    pilot = cohort.sum(pilot_statistic)
    x, y = pilot["x"] / pilot["rows"], pilot["y"] / pilot["rows"]
    if not centred:
        x, y = np.zeros_like(x), np.zeros_like(y)
    return _Frame(
        x_centre=x,
        y_centre=y,
        x_scale=_power_of_two(pilot["x_size"] / pilot["rows"]),
        y_scale=_power_of_two(pilot["y_size"] / pilot["rows"]),
        centred=centred,
    )


def _moments(cohort: Cohort, frame: _Frame, basis: Floats) -> _Moments:
    sums = cohort.sum(
        gram_statistic,
        x_centre=frame.x_centre,
        y_centre=frame.y_centre,
        y_scale=frame.y_scale,
        basis=basis,
    )
    weight = float(sums["weight"])
    if not weight > 0:
        raise DataError("the sample weights add up to zero over all parties")
    size = basis.shape[1]
    gram, y_gram = _symmetric(sums["xx"], size), _symmetric(sums["yy"], len(frame.y_centre))
    cross = sums["xy"]
    x_shift, y_shift = sums["x"] / weight, sums["y"] / weight
    if frame.centred:
        gram -= weight * np.outer(x_shift, x_shift)
        cross -= weight * np.outer(x_shift, y_shift)
        y_gram -= weight * np.outer(y_shift, y_shift)
    return _Moments(weight, gram, cross, y_gram, x_shift, y_shift)


def _symmetric(upper: Floats, size: int) -> Floats:
    matrix = np.zeros((size, size))
    matrix[np.triu_indices(size)] = upper
    return np.asarray(matrix + np.triu(matrix, 1).T)


def _off_centre(moments: _Moments, frame: _Frame) -> bool:
    """Whether a mean lies so far from the provisional centre that its correction cancels digits."""
    y_rounding = 32 * _EPS * np.abs(frame.y_centre) * frame.y_scale
    return any(
        bool(((np.abs(shift) > rounding) & (moments.weight * shift**2 > squares)).any())
        for shift, rounding, squares in (
            (moments.x_shift, _rounding(frame), moments.gram.diagonal()),
            (moments.y_shift, y_rounding, moments.y_gram.diagonal()),
        )
    )


def _recentred(frame: _Frame, moments: _Moments) -> _Frame:
    return replace(
        frame,
        x_centre=frame.x_centre + moments.x_shift / frame.x_scale,
        y_centre=frame.y_centre + moments.y_shift / frame.y_scale,
    )


def _unit_lengths(moments: _Moments, frame: _Frame) -> Floats:
    """Powers of two that bring scaled columns to the length of one; zero for constant columns.

    What makes a matrix ill-conditioned should not be the units of its columns. A column counts as
    constant if subtracting its mean left rounding errors only.
    """
    length = np.sqrt(np.maximum(moments.gram.diagonal(), 0.0))
    varies = length > np.sqrt(moments.weight) * _rounding(frame)
    return np.where(varies, _power_of_two(length), 0.0)


def _rounding(frame: _Frame) -> Floats:
    """What subtracting a centre may leave of a constant column; zero where nothing was."""
    return 32 * _EPS * np.abs(frame.x_centre) * frame.x_scale


def _power_of_two(size: Floats) -> Floats:
    """The powers of two that bring sizes into [1/2, 1); one for a size of zero."""
    _, exponent = np.frexp(np.where(size > 0, size, 0.5))
    return np.asarray(np.ldexp(1.0, -exponent))


def _factorise(
    cohort: Cohort, first: _Moments, frame: _Frame, damping: float
) -> tuple[Floats, Floats]:
    """R and z, from as many passes as their condition asks for."""
    unit = _unit_lengths(first, frame)
    kept = np.flatnonzero(unit)
    if not len(kept):
        return np.zeros((1, len(unit))), np.zeros((1, first.cross.shape[1]))
    gram = first.gram[np.ix_(kept, kept)] * np.outer(unit[kept], unit[kept])
    cross = first.cross[kept] * unit[kept, np.newaxis]
    # Invariant: `inverse` is the left inverse of `basis`, up to constant columns.
    lengths = (unit * frame.x_scale)[kept]
    identity = np.eye(len(unit))[:, kept]
    basis, inverse = identity * lengths, (identity / lengths).T
    damped = damping * float(lengths.min()) ** 2
    for number in range(1, _MAX_PASSES + 1):
        values, vectors = np.linalg.eigh(gram)
        # The transpose has to be the inverse to the last digit.
        vectors, _ = linalg.qr(vectors)
        resolution = len(values) * _EPS * values[-1]
        if number > 1:
            # What stays within rounding after it was stretched once depends on other columns.
            resolved = values > resolution
            values, vectors = values[resolved], vectors[:, resolved]
        values = np.maximum(values, resolution)
        stretch = np.sqrt(values)
        inverse = (vectors * stretch).T @ inverse
        well_conditioned = values[-1] + damped <= _WELL_CONDITIONED * (values[0] + damped)
        if well_conditioned or number == _MAX_PASSES:
            break
        basis = basis @ (vectors / stretch)
        again = _moments(cohort, frame, basis)
        gram, cross, damped = again.gram, again.cross, 0.0
    # Triangular, as LAPACK's solvers of tall problems reduce them: columns of different lengths
    # keep their own precision.
    rotation, triangle = linalg.qr(inverse)
    return triangle, rotation.T @ ((vectors / stretch).T @ cross)


@party_op("gram.pilot")
def pilot_statistic(X: Any, y: Floats) -> Statistics:
    """Sums, and sums of magnitudes, over a few thousand rows spread evenly over a party's own."""
    step = max(1, -(-X.shape[0] // _PILOT_ROWS))
    x, targets = dense(X[::step]), as_columns(y)[::step]
    return {
        "rows": len(x),
        "x": x.sum(axis=0),
        "x_size": np.abs(x).sum(axis=0),
        "y": targets.sum(axis=0),
        "y_size": np.abs(targets).sum(axis=0),
    }


@party_op("gram.sums")
def gram_statistic(
    X: Any,
    y: Floats,
    sample_weight: Floats | None,
    x_centre: Floats,
    y_centre: Floats,
    y_scale: Floats,
    basis: Floats,
) -> Statistics:
    """Weighted first and second moments of centred rows in a basis of shape (p, k).

    Returns
    -------
    dict
        ``weight``; ``x`` (k,) and ``y`` (t,), first moments; ``xx`` (k (k + 1) / 2,), the upper
        triangle of second moments row by row; ``xy`` (k, t); ``yy`` (t (t + 1) / 2,). Targets are
        in units of ``1 / y_scale``.
    """
    targets = as_columns(y)
    # A diagonal basis can wait until the rows are summed.
    lengths = basis.diagonal() if _is_diagonal(basis) else None
    size = basis.shape[1]
    gram, sides = np.zeros((size, size)), np.zeros((size, 1 + len(y_centre)))
    corner = np.zeros((1 + len(y_centre), 1 + len(y_centre)))
    for rows in row_blocks(*X.shape):
        x = dense(X[rows]) - x_centre
        side = np.empty((len(x), 1 + len(y_centre)))
        side[:, 0] = 1.0
        np.subtract(targets[rows], y_centre, out=side[:, 1:])
        if sample_weight is not None:
            root = np.sqrt(sample_weight[rows])[:, np.newaxis]
            x *= root
            side *= root
        if lengths is None:
            x = x @ basis
        gram += x.T @ x
        sides += x.T @ side
        corner += side.T @ side
    if lengths is not None:
        gram *= np.outer(lengths, lengths)
        sides *= lengths[:, np.newaxis]
    return {
        "weight": corner[0, 0],
        "x": sides[:, 0],
        "y": corner[0, 1:] * y_scale,
        "xx": gram[np.triu_indices(size)],
        "xy": sides[:, 1:] * y_scale,
        "yy": (corner[1:, 1:] * np.outer(y_scale, y_scale))[np.triu_indices(len(y_centre))],
    }


def as_columns(y: Floats) -> Floats:
    """Targets as a table."""
    return y if y.ndim == 2 else y[:, np.newaxis]


def dense(rows: Any) -> Floats:
    """A block of rows, of an array or a CSR matrix, as an array."""
    return np.asarray(rows.toarray() if sparse.issparse(rows) else rows)


def _is_diagonal(basis: Floats) -> bool:
    return basis.shape[0] == basis.shape[1] and not (basis - np.diag(basis.diagonal())).any()
