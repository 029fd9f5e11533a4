"""Exact order statistics of rows that nobody sees: the k-th smallest value of a column from sums.

A float becomes an unsigned integer of the same order; its bytes are found one a round, the highest
first, by counting at every party the values that agree with the bytes found so far (radix
selection). Eight rounds of 256 summed counts give the value itself, to the last bit, however many
columns and ranks are asked for at once. NaN are no values and are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fedruntime.operations import Statistics, party_op, row_op

if TYPE_CHECKING:
    from fedruntime.cohort import Cohort

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_SIGN = np.uint64(1 << 63)
_NO_VALUE = np.uint64(2**64 - 1)  # what NaN becomes; no float has this key
_ROUNDS = 8
_BUCKETS = 256


def value_counts(cohort: Cohort) -> Integers:
    """How many values every column of ``X``, a float array, has; shape (p,)."""
    return cohort.sum(count_values)["count"]


def order_statistics(cohort: Cohort, ranks: npt.ArrayLike) -> Floats:
    """The values at given ranks of the sorted columns of ``X``, a float array.

    Parameters
    ----------
    cohort : Cohort
    ranks : array-like of int, shape (k, p)
        From 0 to the number of values of the column less one; negative for none.

    Returns
    -------
    ndarray of shape (k, p)
        NaN where no rank is asked for. Both zeros come out as 0.0.
    """
    wanted = np.asarray(ranks, dtype=np.int64)
    keys = cohort.replace(X=cohort.derive(sorted_keys))
    prefix = np.zeros(wanted.shape, dtype=np.uint64)
    left = np.maximum(wanted, 0)
    for step in range(_ROUNDS):
        counts = keys.sum(count_digits, prefix=prefix, step=step)["counts"]
        below = np.cumsum(counts, axis=-1)
        digit = (below <= left[..., np.newaxis]).sum(axis=-1)
        # Where nothing is asked for, any digit will do.
        digit = np.minimum(digit, _BUCKETS - 1)
        before = np.take_along_axis(below - counts, digit[..., np.newaxis], axis=-1)[..., 0]
        left = left - before
        prefix = (prefix << np.uint64(8)) | digit.astype(np.uint64)
    return np.where(wanted < 0, np.nan, _from_keys(prefix))


def quantiles(cohort: Cohort, q: npt.ArrayLike) -> Floats:
    """Quantiles of the columns of ``X``, a float array, as ``numpy.nanquantile`` gives them.

    Parameters
    ----------
    cohort : Cohort
    q : array-like of float, shape (k,)
        From 0 to 1; interpolation is linear.

    Returns
    -------
    ndarray of shape (k, p)
        NaN for columns without a value.
    """
    counts = value_counts(cohort)
    virtual = np.asarray(q, dtype=np.float64)[:, np.newaxis] * (counts - 1)
    lower = np.floor(virtual)
    ranks = np.stack([lower, np.minimum(lower + 1, counts - 1)]).astype(np.int64)
    ranks[:, :, counts == 0] = -1
    found = order_statistics(cohort, ranks.reshape(-1, len(counts))).reshape(ranks.shape)
    # numpy interpolates between the neighbours; of two values they are the neighbours.
    result = np.empty(virtual.shape)
    for entry in np.ndindex(*virtual.shape):
        low, high = (bound[entry] for bound in found)
        result[entry] = np.quantile([low, high], virtual[entry] - lower[entry])
    return result


def medians(cohort: Cohort) -> Floats:
    """Medians of the columns of ``X``, a float array, as ``numpy.nanmedian`` gives them.

    Returns
    -------
    ndarray of shape (p,)
        NaN for columns without a value.
    """
    counts = value_counts(cohort)
    ranks = np.stack([(counts - 1) // 2, counts // 2])
    ranks[:, counts == 0] = -1
    lower, upper = order_statistics(cohort, ranks)
    # numpy averages two middle values, which overflows for large ones, and leaves a single one.
    return np.asarray(np.where(counts % 2, lower, np.mean([lower, upper], axis=0)))


@party_op("order_statistics.count")
def count_values(X: Any) -> Statistics:
    """The number of values that are not NaN, by column."""
    return {"count": np.count_nonzero(~np.isnan(X), axis=0)}


@row_op("order_statistics.keys")
def sorted_keys(X: Any) -> Words:
    """Every column as integers of the order of its values, sorted by itself.

    A float's bits are its magnitude after a sign: inverting the negative ones and setting the
    sign of the others makes their order that of the numbers.
    """
    values = np.asarray(X, dtype=np.float64) + 0.0  # makes both zeros one
    bits = values.view(np.uint64)
    keys = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    keys[np.isnan(values)] = _NO_VALUE
    keys.sort(axis=0)
    return keys


@party_op("order_statistics.digits")
def count_digits(X: Words, prefix: Words, step: int) -> Statistics:
    """How often each next byte follows the bytes found so far; shape (k, p, 256)."""
    shift = np.uint64(8 * (_ROUNDS - 1 - step))
    counts = np.empty((*prefix.shape, _BUCKETS), dtype=np.int64)
    digits = np.arange(_BUCKETS, dtype=np.uint64)
    for column in range(prefix.shape[1]):
        keys = X[: np.searchsorted(X[:, column], _NO_VALUE), column]
        for rank in range(prefix.shape[0]):
            first = ((prefix[rank, column] << np.uint64(8)) | digits) << shift
            last = first | ((np.uint64(1) << shift) - np.uint64(1))
            counts[rank, column] = np.searchsorted(keys, last, side="right") - np.searchsorted(
                keys, first, side="left"
            )
    return {"counts": counts}


def _from_keys(keys: Words) -> Floats:
    bits = np.where(keys & _SIGN, keys ^ _SIGN, ~keys)
    return np.asarray(bits.view(np.float64))
