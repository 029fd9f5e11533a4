"""Triangular factors of the scatter of classes, or of groups of them, about given centres: what
discriminant analysis takes singular values of, in the place of the centred rows themselves.

The Gram matrix of ill-conditioned rows loses half of the digits. As in ``gram`` it is then summed
once more in the basis of its own eigenvectors, where the rows are well-conditioned (CholeskyQR2;
Yamamoto, Nakatsukasa, Yanagisawa and Fukaya 2015); here for all groups at once, so that rounds do
not grow with the number of classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import linalg

from fedruntime.cohort import Cohort
from fedruntime.estimators.class_moments import ClassMeans, is_rounding
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.estimators.second_moments import powers_of_two
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_EPS = float(np.finfo(np.float64).eps)
_MAX_PASSES = 3
# Squared condition number up to which a Gram matrix gives the factor to about 1e-14.
_WELL_CONDITIONED = 100.0
_NO_GROUP = -1


def within_factor(rows: Cohort, means: ClassMeans, factors: Floats | None = None) -> Floats:
    """The factor of all rows about the means of their classes.

    Parameters
    ----------
    rows : Cohort
        As ``design.prepare(..., target="labels")`` gives it, dense and without sample weights.
    means : ClassMeans
    factors : ndarray of shape (K,), optional
        The weight of the rows of each class; one by default.

    Returns
    -------
    ndarray of shape (k, p)
        ``R``, where ``R.T @ R`` is the scatter matrix, and k its rank as far as float64 resolves
        it, and at least one. Columns that are constant within classes are zero.
    """
    together = np.zeros(len(means.mean), dtype=np.int64)
    return _factors(rows, means.mean, means, together, factors)[0]


def class_factors(rows: Cohort, means: ClassMeans) -> list[Floats]:
    """The factor of the rows of every class about its mean; else as ``within_factor``."""
    return _factors(rows, means.mean, means, np.arange(len(means.mean)), None)


def _factors(
    rows: Cohort, centres: Floats, means: ClassMeans, groups: Integers, factors: Floats | None
) -> list[Floats]:
    factors = np.ones(len(centres)) if factors is None else factors
    weights = means.count * factors
    searches = []
    for group in range(int(groups.max()) + 1):
        own = groups == group
        rounding = np.sqrt(weights[own] @ centres[own] ** 2)
        searches.append(_Search(means.unit, rounding))
    for _ in range(_MAX_PASSES):
        # Groups whose factor is found already are left out.
        left = [number for number, search in enumerate(searches) if not search.found]
        if not left:
            break
        place = np.full(len(searches), _NO_GROUP)
        place[left] = np.arange(len(left))
        sums = rows.sum(
            scatter_sums,
            centres=centres,
            factors=factors,
            groups=place[groups],
            bases=[searches[number].basis for number in left],
        )
        for number, group in enumerate(left):
            searches[group].take(_symmetric(sums[f"group {number}"]))
    return [search.factor for search in searches]


class _Search:
    """The way to the factor of one group: its rows are measured in a basis, which is replaced by
    one in which they are nearer to orthonormal until they are near enough.

    Invariant: ``inverse`` is the left inverse of ``basis``, up to constant columns.

    Parameters
    ----------
    unit : ndarray of shape (p,)
        Powers of two that bring the columns to the order of one; the diagonal of the first basis.
    rounding : ndarray of shape (p,)
        The lengths of the columns that the centres would have.
    """

    def __init__(self, unit: Floats, rounding: Floats) -> None:
        self.basis = unit
        self.found = False
        self._rounding = rounding
        self._passes = 0
        self._inverse = np.zeros((1, len(unit)))

    def take(self, gram: Floats) -> None:
        """Go on with the Gram matrix of the rows in the present basis."""
        self._passes += 1
        if self._passes == 1:
            gram = self._begun(gram)
            if not len(gram):
                self.found = True
                return
        values, vectors = np.linalg.eigh(gram)
        # The transpose has to be the inverse to the last digit.
        vectors, _ = linalg.qr(vectors)
        resolution = len(values) * _EPS * values[-1]
        if self._passes > 1:
            # What stays within rounding after it was stretched once depends on other columns.
            resolved = values > resolution
            values, vectors = values[resolved], vectors[:, resolved]
        values = np.maximum(values, resolution)
        stretch = np.sqrt(values)
        self._inverse = (vectors * stretch).T @ self._inverse
        self.basis = self.basis @ (vectors / stretch)
        self.found = bool(values[-1] <= _WELL_CONDITIONED * values[0])

    @property
    def factor(self) -> Floats:
        # Triangular, as LAPACK's solvers of tall problems reduce them.
        triangle = linalg.qr(self._inverse, mode="economic")[1]
        return np.asarray(triangle)

    def _begun(self, gram: Floats) -> Floats:
        """The first Gram matrix in units of its columns, without those that are constant."""
        squares = gram.diagonal() / self.basis**2
        kept = np.flatnonzero(~is_rounding(squares, self._rounding, 1.0))
        lengths = self.basis[kept] * powers_of_two(np.sqrt(gram.diagonal()[kept]))
        identity = np.eye(len(self.basis))[:, kept]
        relative = lengths / self.basis[kept]
        if len(kept):
            self._inverse = (identity / lengths).T
        self.basis = identity * lengths
        return np.asarray(gram[np.ix_(kept, kept)] * np.outer(relative, relative))


def _symmetric(upper: Floats) -> Floats:
    size = int((np.sqrt(8 * len(upper) + 1) - 1) / 2)
    matrix = np.zeros((size, size))
    matrix[np.triu_indices(size)] = upper
    return np.asarray(matrix + np.triu(matrix, 1).T)


@party_op("scatter_factors.sums")
def scatter_sums(
    X: Floats,
    y: Floats,
    centres: Floats,
    factors: Floats,
    groups: Integers,
    bases: Sequence[Floats],
) -> Statistics:
    """Gram matrices of groups of classes, of rows about the centres of their classes.

    Parameters
    ----------
    groups : ndarray of shape (K,)
        Which group a class belongs to; negative for none.
    bases : sequence of ndarray
        One a group: shape (p, k), or (p,) for a diagonal one.

    Returns
    -------
    dict
        ``group 0``, ...: the upper triangle row by row.
    """
    sizes = [basis.shape[-1] for basis in bases]
    grams = [np.zeros((size, size)) for size in sizes]
    roots = np.sqrt(factors)
    codes = y.astype(np.intp)
    for block in row_blocks(*X.shape):
        values, labels = X[block], codes[block]
        for number, basis in enumerate(bases):
            own = groups[labels] == number
            chosen, rows = (labels, values) if own.all() else (labels[own], values[own])
            deviations = rows - centres[chosen]
            if (factors != 1).any():
                deviations *= roots[chosen, np.newaxis]
            if basis.ndim == 2:
                deviations = deviations @ basis
            grams[number] += deviations.T @ deviations
    for gram, basis in zip(grams, bases, strict=True):
        if basis.ndim == 1:
            gram *= np.outer(basis, basis)
    return {
        f"group {number}": gram[np.triu_indices(len(gram))] for number, gram in enumerate(grams)
    }
