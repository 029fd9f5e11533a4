"""Means and products of the columns of all parties, about their means: what least squares and
principal components start from. Each party tells the products of its own columns, and products
across parties are computed so that nothing but them is revealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.data.handle import Handle
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op
from fedruntime.vertical.aligned import Aligned, owner_of
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.products.coordinator import Masked, Source, mask, multiply
from fedruntime.vertical.products.fixed_point import Extended
from fedruntime.vertical.products.party import as_columns

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ColumnMoments:
    """First and second moments of features, and of targets if there are any after them.

    Parameters
    ----------
    rows : int
    mean : ndarray of shape (p + t,)
    gram : ndarray of longdouble, shape (p + t, p + t)
        Products of columns about their means. Its digits beyond float64 are what is left where
        columns depend on each other.
    """

    rows: int
    mean: Floats
    gram: Extended

    def about(self, centre: Floats) -> Extended:
        """The products of columns about another centre."""
        shift = (self.mean - centre).astype(np.longdouble)
        return np.asarray(self.gram + self.rows * np.outer(shift, shift))

    @property
    def size(self) -> Floats:
        """The root mean square of each column."""
        squares = self.gram.diagonal().astype(np.float64) / self.rows
        return np.asarray(np.sqrt(squares + self.mean**2))


def column_moments(cohort: AlignedCohort) -> ColumnMoments:
    """The moments of a cohort's features and targets; computed once for the same rows."""
    features = _features(cohort)
    if not cohort.has("y"):
        return features.moments
    return _with_targets(cohort, features)


@dataclass(frozen=True)
class _Features:
    """The moments of an aligned table, and its blocks masked."""

    masked: tuple[Masked, ...]
    moments: ColumnMoments


def _features(cohort: AlignedCohort) -> _Features:
    X = cohort.X
    if "moments" not in X.products:
        parties = X.parties
        sources = [
            Source(party, block, block.shape[1], _others(cohort, party))
            for party, block in zip(parties, X.blocks, strict=True)
        ]
        masked, told = mask(cohort.federation, sources, purpose=cohort.purpose, moments=True)
        mean, gram = np.zeros(X.shape[1]), np.zeros((X.shape[1],) * 2, dtype=np.longdouble)
        for party, columns in zip(parties, X.columns_of, strict=True):
            mean[columns] = told[party]["mean"]
            gram[np.ix_(columns, columns)] = told[party]["gram"]
        pairs = [(i, j) for i in range(len(masked)) for j in range(i + 1, len(masked))]
        found = multiply(
            cohort.federation,
            [(masked[i], masked[j]) for i, j in pairs],
            purpose=cohort.purpose,
        )
        for (i, j), product in zip(pairs, found, strict=True):
            rows, columns = X.columns_of[i], X.columns_of[j]
            gram[np.ix_(rows, columns)] = product
            gram[np.ix_(columns, rows)] = product.T
        X.products["moments"] = _Features(tuple(masked), ColumnMoments(len(X), mean, gram))
    found_before: _Features = X.products["moments"]
    return found_before


def _with_targets(cohort: AlignedCohort, features: _Features) -> ColumnMoments:
    X, y = cohort.X, cohort["y"]
    key = ("targets", y.ref)
    if key not in X.products:
        X.products[key] = _target_moments(cohort, X, y, features)
    found: ColumnMoments = X.products[key]
    return found


def _target_moments(
    cohort: AlignedCohort, X: Aligned, y: Handle, features: _Features
) -> ColumnMoments:
    owner, p = owner_of(y), X.shape[1]
    targets = y.shape[1] if y.ndim == 2 else 1
    readers = tuple(party for party in X.parties if party != owner)
    (masked,), told = mask(
        cohort.federation,
        [Source(owner, y, targets, readers)],
        purpose=cohort.purpose,
        moments=True,
    )
    mean = np.concatenate([features.moments.mean, told[owner]["mean"]])
    gram = np.zeros((p + targets,) * 2, dtype=np.longdouble)
    gram[:p, :p], gram[p:, p:] = features.moments.gram, told[owner]["gram"]
    others = [one for one in features.masked if one.party != owner]
    products = multiply(
        cohort.federation, [(one, masked) for one in others], purpose=cohort.purpose
    )
    cross: dict[str, Any] = {
        one.party: product for one, product in zip(others, products, strict=True)
    }
    if owner in X.parties:
        cross[owner] = _own_products(cohort, X.blocks[X.parties.index(owner)], y)
    for party, columns in zip(X.parties, X.columns_of, strict=True):
        gram[columns, p:] = cross[party]
        gram[p:, columns] = cross[party].T
    return ColumnMoments(len(X), mean, gram)


def _own_products(cohort: AlignedCohort, block: Handle, y: Handle) -> Array:
    sums = cohort.aggregator.sum_statistics(
        cohort.federation, own_products, {"X": block, "y": y}, purpose=cohort.purpose
    )
    return sums["products"]


def _others(cohort: AlignedCohort, party: str) -> tuple[str, ...]:
    """Who multiplies with a party's columns: the other owners, and who has the target."""
    owners = set(cohort.X.parties)
    if cohort.has("y"):
        owners.add(owner_of(cohort["y"]))
    return tuple(sorted(owners - {party}))


@party_op("across.own_products")
def own_products(X: Any, y: Any) -> Statistics:
    """Products of a party's features with its targets, about the means of both."""
    features, targets = as_columns(X), as_columns(y)
    if not len(features):
        return {"products": np.zeros((features.shape[1], targets.shape[1]))}
    return {"products": (features - features.mean(axis=0)).T @ (targets - targets.mean(axis=0))}
