"""Products of the columns of all parties with columns that the label party makes of the label, such
as indicators of classes: sums of columns by class, of which nothing else is told.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.data.handle import Handle
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.vertical.aligned import Aligned, owner_of
from fedruntime.vertical.aligned_array import AlignedArray
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.products.coordinator import Masked, Source, mask, multiply
from fedruntime.vertical.products.fixed_point import Extended
from fedruntime.vertical.products.party import as_columns

Floats = npt.NDArray[np.float64]


def masked_features(cohort: AlignedCohort, X: Aligned, reader: str) -> list[Masked]:
    """The columns of the other parties, masked once for one that multiplies with them."""
    if "masked" not in X.products:
        sources = [
            Source(party, block, block.shape[1], (reader,))
            for party, block in zip(X.parties, X.blocks, strict=True)
            if party != reader
        ]
        X.products["masked"] = (
            mask(cohort.federation, sources, purpose=cohort.purpose)[0] if sources else []
        )
    found: list[Masked] = X.products["masked"]
    return found


def class_products(cohort: AlignedCohort, X: Aligned, n_classes: int) -> Extended:
    """Sums of the columns of ``X`` over the rows of each class; shape (K, p).

    Parameters
    ----------
    cohort : AlignedCohort
        With ``y`` as class codes.
    X : Aligned
        Columns of the same rows.
    """
    y = cohort["y"]
    key = ("by class", y.ref.name)
    if key not in X.products:
        X.products[key] = _products(cohort, X, n_classes, owner_of(y))
    found: Extended = X.products[key]
    return found


def _products(cohort: AlignedCohort, X: Aligned, n_classes: int, owner: str) -> Extended:
    total = np.zeros((n_classes, X.shape[1]), dtype=np.longdouble)
    indicators = _indicators(cohort, n_classes)
    others = masked_features(cohort, X, owner)
    if others:
        readers = tuple(one.party for one in others)
        source = Source(owner, indicators, n_classes, readers)
        (masked,), _ = mask(cohort.federation, [source], purpose=cohort.purpose)
        found = multiply(
            cohort.federation, [(masked, one) for one in others], purpose=cohort.purpose
        )
        for one, product in zip(others, found, strict=True):
            total[:, X.columns_of[X.parties.index(one.party)]] = product
    if owner in X.parties:
        number = X.parties.index(owner)
        own = cohort.aggregator.sum_statistics(
            cohort.federation,
            products_at_party,
            {"X": X.blocks[number], "Z": indicators},
            purpose=cohort.purpose,
        )
        total[:, X.columns_of[number]] = own["products"].T
    return total


def _indicators(cohort: AlignedCohort, n_classes: int) -> Handle:
    return cohort.federation.map(
        class_indicators, purpose=cohort.purpose, y=cohort["y"], n_classes=n_classes
    )


def column_means(cohort: AlignedCohort) -> tuple[Floats, Floats]:
    """The means of all columns, and the means of their magnitudes; each told by its party."""
    X = cohort.X
    if "means" not in X.products:
        mean, size = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        for block, columns in zip(X.blocks, X.columns_of, strict=True):
            sums = cohort.aggregator.sum_statistics(
                cohort.federation, sums_at_party, {"X": block}, purpose=cohort.purpose
            )
            mean[columns], size[columns] = sums["sum"] / len(X), sums["size"] / len(X)
        X.products["means"] = mean, size
    found: tuple[Floats, Floats] = X.products["means"]
    return found


def about(cohort: AlignedCohort, centre: Floats, power: int) -> AlignedArray:
    """Columns less a centre, to the first or second power, at their parties."""
    X = cohort.X
    key = ("about", power, centre.tobytes())
    if key not in X.products:
        blocks = [
            cohort.federation.map(
                shifted, purpose=cohort.purpose, X=block, centre=centre[columns], power=power
            )
            for block, columns in zip(X.blocks, X.columns_of, strict=True)
        ]
        X.products[key] = AlignedArray(blocks, X.order)
    made: AlignedArray = X.products[key]
    return made


@row_op("across.indicators")
def class_indicators(y: Any, n_classes: int) -> Floats:
    """One column a class: one in the rows of the class, zero in others."""
    return np.asarray(np.asarray(y)[:, np.newaxis] == np.arange(n_classes), dtype=np.float64)


@row_op("across.shifted")
def shifted(X: Any, centre: Floats, power: int) -> Floats:
    """Columns less a centre, to a power."""
    return np.asarray((as_columns(X) - centre) ** power)


@party_op("across.sums")
def sums_at_party(X: Any) -> Statistics:
    """Sums of columns, and of their magnitudes."""
    return {"sum": X.sum(axis=0), "size": np.abs(X).sum(axis=0)}


def _rows_of_classes(Z: Floats) -> Any:
    return as_columns(Z).sum(axis=0).astype(np.int64)


@party_op("across.class_products", cells=_rows_of_classes)
def products_at_party(X: Any, Z: Any) -> Statistics:
    """Products of the label party's columns with indicators of the classes."""
    return {"products": as_columns(X).T @ as_columns(Z)}
