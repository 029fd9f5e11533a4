"""Singular value decompositions of the rows of all parties, the full one and scikit-learn's
randomised one, from summed products.

A Gram matrix loses half of the digits of small singular values. It is therefore summed once more
in the basis of its own eigenvectors, scaled to unit length, where that matters: CholeskyQR2
(Yamamoto, Nakatsukasa, Yanagisawa and Fukaya 2015) with an eigendecomposition in the place of the
Cholesky factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import linalg
from scipy.sparse.linalg import LinearOperator, eigsh
from sklearn.utils.extmath import svd_flip

from fedruntime.cohort import Cohort
from fedruntime.estimators.column_sums import column_deviations, column_sums
from fedruntime.estimators.decomposition.row_products import RowProducts
from fedruntime.estimators.second_moments import second_moments

Floats = npt.NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
_TINY = float(np.finfo(np.float64).tiny)
_MAX_PASSES = 3
# Up to as many columns a Gram matrix is one small message; beyond, products with a few vectors are.
_GRAM_COLUMNS = 2000
# Squared condition number up to which one pass gives singular vectors to about 1e-14.
_WELL_CONDITIONED = 100.0


@dataclass(frozen=True)
class Svd:
    """``A = U @ diag(values) @ vectors``, with ``U = A @ left`` at the parties.

    Parameters
    ----------
    values : ndarray of shape (k,)
        Descending.
    vectors : ndarray of shape (k, p)
    left : ndarray of shape (p, k)
        Zero for vanishing singular values.
    """

    values: Floats
    vectors: Floats
    left: Floats

    def truncated(self, k: int) -> Svd:
        return Svd(self.values[:k], self.vectors[:k], self.left[:, :k])

    def flipped(self) -> Svd:
        """With scikit-learn's signs: the largest entry of each right vector is positive."""
        _, vectors = svd_flip(None, self.vectors.copy(), u_based_decision=False)
        signs = np.where(np.einsum("ij,ij->i", vectors, self.vectors) < 0, -1.0, 1.0)
        return Svd(self.values, np.asarray(vectors), self.left * signs)


@dataclass(frozen=True)
class _Orthonormal:
    """A basis in which the rows are orthonormal: ``A @ given = (A @ basis) @ inverse``."""

    basis: Floats
    inverse: Floats
    product: Floats  # A.T @ A @ basis


@dataclass(frozen=True)
class CentredRows:
    """The rows of a cohort about their mean.

    Parameters
    ----------
    products : RowProducts
    total : float
        The sum of all squared deviations.
    scatter : ndarray of shape (p, p), optional
        Of tall tables, where it was found on the way.
    """

    products: RowProducts
    total: float
    scatter: Floats | None


def centred_rows(cohort: Cohort) -> CentredRows:
    """Find the mean and the total variance of the rows of ``X``, in two rounds."""
    X = cohort.only(X=cohort["X"])
    if _GRAM_COLUMNS >= cohort.n_features <= cohort.n_samples:
        moments = second_moments(X)
        total = float(moments.scatter.trace())
        return CentredRows(RowProducts(X, moments.mean), total, moments.scatter)
    mean = X.sum(column_sums)["sum"] / cohort.n_samples
    total = float(X.sum(column_deviations, mean=mean)["square"].sum())
    return CentredRows(RowProducts(X, mean), total, None)


def full_svd(products: RowProducts, scatter: Floats | None = None) -> Svd:
    """All ``min(n, p)`` singular values and right vectors, as accurate as those of the rows.

    Parameters
    ----------
    products : RowProducts
    scatter : ndarray of shape (p, p), optional
        ``A.T @ A``, where it is known already.
    """
    n, p = products.shape
    if n >= p:
        start = np.eye(p)
    else:
        # Products with as many random vectors as there are rows span what the rows span. Random
        # mixtures of rows would, too, and reveal these, as the mixture is public.
        mixed = products.normal(np.random.RandomState(0).normal(size=(p, n)))
        start, scatter = _orthogonal(mixed), None
    found = _orthonormalise(products, start, scatter)
    projected = found.inverse if n >= p else found.product.T
    return _spanning(_svd_of(projected, found.basis, min(n, p)))


def leading_svd(products: RowProducts, k: int, scatter: Floats | None = None) -> Svd:
    """The ``k`` largest singular values and their vectors, to rounding.

    Where both sides of the rows are long, ARPACK asks for one product with a vector a round.
    """
    n, p = products.shape
    if min(n, p) <= _GRAM_COLUMNS:
        return full_svd(products, scatter).truncated(k)
    operator = LinearOperator(
        (p, p), matvec=lambda v: products.normal(v.reshape(-1, 1)).ravel(), dtype=np.float64
    )
    start = np.random.RandomState(0).uniform(-1, 1, p)
    _, vectors = eigsh(operator, k=k, v0=start)
    basis = _orthogonal(vectors)
    found = _orthonormalise(products, basis)
    return _svd_of(found.inverse @ basis.T, found.basis, k)


def randomized_svd(
    products: RowProducts,
    n_components: int,
    *,
    n_oversamples: int = 10,
    n_iter: int | Literal["auto"] = "auto",
    random_state: np.random.RandomState,
    scatter: Floats | None = None,
) -> Svd:
    """The randomised decomposition of Halko, Martinsson and Tropp (2011) that scikit-learn's
    ``randomized_svd`` gives, from the same draws, before signs are flipped.

    Only the space that the iterations span matters for the result, so that ``n x k`` matrices,
    which scikit-learn normalises on the way, need not be formed. ``scatter`` is ``A.T @ A``, where
    it is known already; it spares a round an iteration.

    Of more columns than rows scikit-learn starts with mixtures of the rows. As what they are mixed
    by is public, these would reveal rows: the decomposition itself is given then, which the
    randomised one approximates.
    """
    n, p = products.shape
    if n < p:
        return leading_svd(products, n_components)
    size = n_components + n_oversamples
    if n_iter == "auto":
        n_iter = 7 if n_components < 0.1 * p else 4
    basis = _orthogonal(random_state.normal(size=(p, size)))
    for _ in range(n_iter):
        basis = _orthogonal(products.normal(basis) if scatter is None else scatter @ basis)
    found = _orthonormalise(products, basis, None if scatter is None else scatter @ basis)
    svd = _svd_of(found.product.T, found.basis, min(size, p))
    return (_spanning(svd) if size >= p else svd).truncated(n_components)


def _svd_of(projected: Floats, basis: Floats, rank: int) -> Svd:
    """From ``(A @ basis).T @ A``, where ``A @ basis`` is orthonormal; filled up to a rank."""
    missing = max(rank - len(projected), 0)
    padded = np.vstack([projected, np.zeros((missing, projected.shape[1]))])
    rotation, values, vectors = linalg.svd(padded, full_matrices=False)
    return Svd(values, vectors, basis @ rotation[: len(projected)])


def _spanning(svd: Svd) -> Svd:
    """The same of a basis that spans all rows: ``left`` without the rounding of the basis."""
    resolved = svd.values > len(svd.values) * _EPS * svd.values[0]
    lengths = np.where(resolved, svd.values, np.inf)
    return Svd(svd.values, svd.vectors, svd.vectors.T / lengths)


def _orthonormalise(
    products: RowProducts, start: Floats, first: Floats | None = None
) -> _Orthonormal:
    """Make the columns of ``A @ start`` orthonormal, in as many passes as their condition asks for.

    ``first`` is ``A.T @ A @ start`` where it is known already.
    """
    basis, inverse = start, np.eye(start.shape[1])
    for number in range(1, _MAX_PASSES + 1):
        product = first if number == 1 and first is not None else products.normal(basis)
        gram = basis.T @ product
        values, vectors = np.linalg.eigh((gram + gram.T) / 2)
        # The transpose has to be the inverse to the last digit.
        vectors, _ = linalg.qr(vectors)
        resolution = max(len(values) * _EPS * values[-1], _TINY)
        if number > 1:
            # What stays within rounding after it was stretched once depends on other columns.
            resolved = values > resolution
            values, vectors = values[resolved], vectors[:, resolved]
        stretch = np.sqrt(np.maximum(values, resolution))
        shrinking, growing = vectors / stretch, (vectors * stretch).T
        if number > 1 and resolved.all():
            # The symmetric root of what is nearly the identity keeps columns of different lengths
            # apart, whose digits mixing them would cost.
            shrinking, growing = shrinking @ vectors.T, vectors @ growing
        inverse = growing @ inverse
        basis, product = basis @ shrinking, product @ shrinking
        if not len(stretch) or stretch[-1] ** 2 <= _WELL_CONDITIONED * stretch[0] ** 2:
            break
    return _Orthonormal(basis, inverse, product)


def _orthogonal(columns: Floats) -> Floats:
    return np.asarray(linalg.qr(columns, mode="economic")[0])
