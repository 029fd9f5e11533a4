"""Exact order statistics of rows that nobody sees: the k-th smallest value of a column from sums.

A float becomes an unsigned integer of the same order; its bits are found a few a round, the highest
first, by counting at every party the values that agree with the bits found so far (radix
selection). Eight rounds of 256 summed counts a value give the value itself, to the last bit,
however many columns and ranks are asked for at once. Ranks that agree so far are counted once, and
where very many are asked for, rounds become more and messages stay small. NaN are no values and
are left out; what a sparse matrix does not store is zero.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fedruntime.operations import Statistics, party_op, row_op

if TYPE_CHECKING:
    from fedruntime.cohort import Cohort

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

# Where numpy keeps the rules by which it finds and interpolates quantiles.
_numpy: Any = importlib.import_module(
    "numpy.lib._function_base_impl"
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0"
    else "numpy.lib.function_base"
)

_SIGN = np.uint64(1 << 63)
_NO_VALUE = np.uint64(2**64 - 1)  # what NaN becomes; no float has this key
_WORD = 64
_LARGEST_MESSAGE = 2**18  # counts; two megabytes


def value_counts(cohort: Cohort) -> Integers:
    """How many values every column of ``X``, a float array, has; shape (p,)."""
    return cohort.sum(count_values)["count"]


def order_statistics(cohort: Cohort, ranks: npt.ArrayLike) -> Floats:
    """The values at given ranks of the sorted columns of ``X``, a float array or CSR matrix.

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
    found = np.full(wanted.shape, np.nan)
    asked = wanted >= 0
    if asked.any():
        keys = cohort.replace(X=cohort.derive(sorted_keys))
        columns = np.nonzero(asked)[1]
        found[asked] = from_keys(_keys_at(keys, columns, wanted[asked]))
    return found


def _keys_at(keys: Cohort, columns: Integers, ranks: Integers) -> Words:
    """The keys at one rank of a column each."""
    prefix = np.zeros(len(ranks), dtype=np.uint64)
    left = ranks.copy()  # the rank among the keys that have the prefix
    known = 0
    while known < _WORD:
        # Ranks of one column that share all bits so far are answered by the same counts.
        pairs, place = distinct_prefixes(columns, prefix)
        bits = bits_a_round(len(pairs[0]))
        counts = keys.sum(count_digits, columns=pairs[0], prefix=pairs[1], known=known, bits=bits)
        flat = counts["counts"]
        below = np.cumsum(flat) - flat
        first = place << bits
        digit = np.searchsorted(below + flat, below[first] + left, side="right")
        left -= below[digit] - below[first]
        prefix = (prefix << np.uint64(bits)) | (digit - first).astype(np.uint64)
        known += bits
    return prefix


def distinct_prefixes(columns: Integers, prefix: Words) -> tuple[tuple[Integers, Words], Integers]:
    """The distinct pairs of column and prefix in ascending order, and which of them each one is."""
    order = np.lexsort((prefix, columns))
    column, value = columns[order], prefix[order]
    new = np.r_[True, (column[1:] != column[:-1]) | (value[1:] != value[:-1])]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    return (column[new], value[new]), place


def bits_a_round(prefixes: int) -> int:
    """How many bits a round finds, so that its message stays small."""
    return next((bits for bits in (8, 4) if prefixes << bits <= _LARGEST_MESSAGE), 2)


def quantiles(cohort: Cohort, q: npt.ArrayLike, method: str = "linear") -> Floats:
    """Quantiles of the columns of ``X`` as ``numpy.nanquantile`` gives them.

    Parameters
    ----------
    cohort : Cohort
        ``X`` is a float array or CSR matrix.
    q : array-like of float, shape (k,)
        From 0 to 1.
    method : str
        One of numpy's.

    Returns
    -------
    ndarray of shape (k, p)
        NaN for columns without a value.
    """
    return quantiles_and_medians(cohort, q, method)[0]


def medians(cohort: Cohort) -> Floats:
    """Medians of the columns of ``X`` as ``numpy.nanmedian`` gives them.

    Returns
    -------
    ndarray of shape (p,)
        NaN for columns without a value.
    """
    return quantiles_and_medians(cohort, [])[1]


def quantiles_and_medians(
    cohort: Cohort, q: npt.ArrayLike, method: str = "linear"
) -> tuple[Floats, Floats]:
    """What ``quantiles`` and ``medians`` give, in the rounds of one of them.

    numpy interpolates quantiles by another formula than it averages the two middle values by.
    """

    def find(ranks: Integers) -> Any:
        found = order_statistics(cohort, ranks)
        # numpy interpolates between values of the input's type.
        return found.astype(np.float32) if cohort["X"].facts.dtypes == ("float32",) else found

    return interpolate(value_counts(cohort), find, q, method)


def interpolate(
    counts: Integers, find: Callable[[Integers], Any], q: npt.ArrayLike, method: str = "linear"
) -> tuple[Floats, Floats]:
    """Quantiles and medians of groups of values, from the values at some ranks.

    Parameters
    ----------
    counts : ndarray of shape (p,)
        How many values each group has.
    find : callable
        From ranks of shape (k, p), negative for none, to the values there.
    q, method
        As for ``quantiles``.

    Returns
    -------
    ndarray of shape (k, p), ndarray of shape (p,)
    """
    levels = np.asarray(q, dtype=np.float64)
    places = [_neighbours(levels, max(int(count), 1), method) for count in counts]
    lower = np.stack([low for low, _, _ in places], axis=1)
    upper = np.stack([high for _, high, _ in places], axis=1)
    ranks = np.concatenate([lower, upper, [(counts - 1) // 2, counts // 2]])
    ranks[:, counts == 0] = -1
    found = find(ranks)
    k = len(levels)
    between = np.empty((k, len(counts)))
    for column, (_, _, weight) in enumerate(places):
        between[:, column] = _numpy._lerp(found[:k, column], found[k : 2 * k, column], weight)
    # numpy averages two middle values, which overflows for large ones, and leaves a single one.
    middle = np.where(counts % 2, found[-2], np.mean(found[-2:], axis=0))
    return between, np.asarray(middle)


def _neighbours(q: Floats, count: int, method: str) -> tuple[Integers, Integers, Floats]:
    """The ranks that numpy interpolates between, and the weights of the upper ones."""
    known = _numpy._QuantileMethods[method]
    virtual = np.asanyarray(known["get_virtual_index"](count, q))
    if virtual.dtype.kind == "i":
        ranks = virtual.astype(np.int64)
        return ranks, ranks, np.zeros(len(q))
    lower = np.floor(virtual)
    weight = known["fix_gamma"](virtual - lower, virtual)
    lower, upper = (np.clip(rank, 0, count - 1).astype(np.int64) for rank in (lower, lower + 1))
    return lower, np.where(weight == 0, lower, upper), np.asarray(weight, dtype=np.float64)


@party_op("order_statistics.count", counts=("count",))
def count_values(X: Any) -> Statistics:
    """The number of values that are not NaN, by column."""
    if sparse.issparse(X):
        missing = X.indices[np.isnan(X.data)]
        return {"count": X.shape[0] - np.bincount(missing, minlength=X.shape[1])}
    return {"count": np.count_nonzero(~np.isnan(X), axis=0)}


@row_op("order_statistics.keys")
def sorted_keys(X: Any) -> Any:
    """Every column as integers of the order of its values, sorted by itself; of a sparse matrix
    what it stores, by column.
    """
    if not sparse.issparse(X):
        keys = to_keys(X)
        keys.sort(axis=0)
        return keys
    columns = sparse.csc_matrix(X)
    keys = to_keys(columns.data)
    for start, stop in zip(columns.indptr[:-1], columns.indptr[1:], strict=True):
        keys[start:stop].sort()
    return sparse.csc_matrix((keys, columns.indices, columns.indptr), shape=X.shape)


@party_op("order_statistics.digits", counts=("counts",))
def count_digits(X: Any, columns: Integers, prefix: Words, known: int, bits: int) -> Statistics:
    """How often each next digit follows the bits found so far; shape (prefixes * 2**bits,).

    Columns are ascending, and so are the prefixes of one column.
    """
    counts = np.empty((len(prefix), 1 << bits), dtype=np.int64)
    for column, chosen in by_column(columns):
        first, last = digit_bounds(prefix[chosen], known, bits)
        starts = _keys_below(X, column, first)
        ends = np.column_stack([starts[:, 1:], _keys_below(X, column, last, side="right")])
        counts[chosen] = ends - starts
    return {"counts": counts.ravel()}


def digit_bounds(prefix: Words, known: int, bits: int) -> tuple[Words, Words]:
    """The smallest key with each next digit, shape (prefixes, digits), and the largest with the
    last digit.
    """
    shift = np.uint64(_WORD - known - bits)
    digits = np.arange(1 << bits, dtype=np.uint64)
    first = ((prefix[:, np.newaxis] << np.uint64(bits)) | digits) << shift
    return first, first[:, -1] | ((np.uint64(1) << shift) - np.uint64(1))


def by_column(columns: Integers) -> Iterator[tuple[int, slice]]:
    """The columns that occur in an ascending list, and where."""
    found, starts = np.unique(columns, return_index=True)
    for column, start, stop in zip(found, starts, [*starts[1:], len(columns)], strict=True):
        yield int(column), slice(int(start), int(stop))


def _keys_below(X: Any, column: int, bounds: Words, side: Any = "left") -> Integers:
    """How many keys of a column are below (``right``: not above) each bound."""
    if not sparse.issparse(X):
        keys = X[:, column]
        return _present(keys).searchsorted(bounds, side)
    keys = X.data[X.indptr[column] : X.indptr[column + 1]]
    zeros = X.shape[0] - len(keys)
    there = bounds > _SIGN if side == "left" else bounds >= _SIGN  # the key of zero
    return np.asarray(_present(keys).searchsorted(bounds, side) + zeros * there)


def _present(keys: Words) -> Words:
    return keys[: np.searchsorted(keys, _NO_VALUE)]


def to_keys(values: Any) -> Words:
    """Floats as integers of their order.

    A float's bits are its magnitude after a sign: inverting the negative ones and setting the
    sign of the others makes their order that of the numbers.
    """
    values = np.asarray(values, dtype=np.float64) + 0.0  # makes both zeros one
    bits = values.view(np.uint64)
    keys = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    keys[np.isnan(values)] = _NO_VALUE
    return np.asarray(keys)


def from_keys(keys: Words) -> Floats:
    """The floats that ``to_keys`` made integers of."""
    bits = np.where(keys & _SIGN, keys ^ _SIGN, ~keys)
    return np.asarray(bits.view(np.float64))
