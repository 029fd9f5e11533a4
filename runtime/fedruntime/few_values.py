"""The distinct values of columns that have few, from sums: no party tells values of its own.

The search is that of ``order_statistics``: the digits of the values are found a few bits a round,
by counting under masks. A column is given up as soon as it has too many beginnings of values, long
before these are values, so that nothing is told of a column that hardly repeats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fedruntime.order_statistics import bits_a_round, count_digits, from_keys, sorted_keys

if TYPE_CHECKING:
    from fedruntime.cohort import Cohort

Floats = npt.NDArray[np.float64]

_WORD = 64


def few_values(cohort: Cohort, most: int) -> list[Floats | None]:
    """The sorted distinct values of every column of ``X``, a float array; NaN are no values.

    Parameters
    ----------
    cohort : Cohort
    most : int
        How many values a column may have to be told.

    Returns
    -------
    list of ndarray or None
        None for a column of more values. Both zeros come out as 0.0.
    """
    keys = cohort.replace(X=cohort.derive(sorted_keys))
    columns = np.arange(cohort.n_features)
    prefix = np.zeros(len(columns), dtype=np.uint64)
    many = np.zeros(len(columns), dtype=bool)
    known = 0
    while known < _WORD and len(columns):
        bits = min(bits_a_round(len(columns)), _WORD - known)
        counts = keys.sum(count_digits, columns=columns, prefix=prefix, known=known, bits=bits)
        place, digit = np.nonzero(counts["counts"].reshape(len(columns), -1))
        columns = columns[place]
        prefix = (prefix[place] << np.uint64(bits)) | digit.astype(np.uint64)
        known += bits
        many |= np.bincount(columns, minlength=len(many)) > most
        kept = ~many[columns]
        columns, prefix = columns[kept], prefix[kept]
    return [
        None if many[column] else from_keys(prefix[columns == column])
        for column in range(len(many))
    ]
