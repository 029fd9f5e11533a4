"""Statistics in one unsigned 64-bit word a value: integers, exactly, and floats below a public
bound, to 48 bits of it. Also what every form keeps to: a word is at most 2**47 in magnitude, so
that the sum over 2**15 parties cannot wrap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.errors import DataError, ProtocolError

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MAX_PARTIES = 2**15
WORD_BITS = 47
INTEGER_LIMIT = 2**WORD_BITS
EXPONENT_LIMIT = 900  # keeps unit and limit normal floats

_BLOCK = 8192  # values at a time, so that all intermediate results stay in the cache


@dataclass(frozen=True)
class Scaled:
    """A statistic of floats below a public power of two, to be summed in one word a value.

    For vectors of a model's size, which take four words a value otherwise. Each party's value is
    rounded to the nearest multiple of ``2**(exponent - 47)``: an error of at most
    ``2**(exponent - 48)``, thus 3.6e-15 of the bound, for each party that is added. The sum of
    what was rounded is exact, and independent of the order.

    Parameters
    ----------
    values : array of float
        Below ``2**exponent`` in magnitude.
    exponent : int
        From -900 to 900; the same at all parties, and public: derive it from what all of them
        know, such as a clipping norm ``c`` (``math.frexp(c)[1]``), never from the values.
    """

    values: npt.ArrayLike
    exponent: int

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        """The values: whoever looks at statistics before they leave sees an array."""
        return np.array(self.values, dtype=dtype) if copy else np.asarray(self.values, dtype=dtype)


def encode_integers(values: npt.NDArray[Any], *, name: str) -> Words:
    """Encode integers or booleans.

    Parameters
    ----------
    values : ndarray of any integer or boolean dtype, shape (n,)
    name : str
        The statistic, for errors.

    Returns
    -------
    ndarray of uint64, shape (n,)
        In two's complement.

    Raises
    ------
    DataError
        If a value is not below 2**47 in magnitude, which leaves room for 2**15 parties.
    """
    # Python integers compare the dtypes' whole ranges without wrapping.
    if values.size and max(-int(values.min()), int(values.max())) >= INTEGER_LIMIT:
        outside = (values >= INTEGER_LIMIT) | (values <= -INTEGER_LIMIT)
        index = int(np.flatnonzero(outside)[0])
        raise DataError(
            f"statistic {name!r} cannot be summed: entry {index} has a magnitude of 2**47 (about "
            "1.4e14) or more; sum it as a float, or scale the data down"
        )
    return values.astype(np.int64).view(np.uint64)


def decode_integers(sums: Words, parties: int) -> Integers:
    """The exact sum of the encoded integers; parameters and errors are those of ``total``."""
    sum_of_all: Integers = total(sums, parties).copy()
    return sum_of_all


def total(sums: Words, parties: int) -> Integers:
    """What words add up to, as signed integers.

    Parameters
    ----------
    sums : ndarray of uint64, any shape
        The sum, modulo 2**64, of the words of each party.
    parties : int
        How many were added, at most ``MAX_PARTIES``.

    Returns
    -------
    ndarray of int64, of the same shape
        The same memory.

    Raises
    ------
    DataError
        If there are more parties than sums have room for.
    ProtocolError
        If no words of so many parties add up to this: a vector is missing, was counted twice, or
        its masks did not cancel.
    """
    if not 1 <= parties <= MAX_PARTIES:
        raise DataError(f"a sum over {parties} parties: it has room for 1 to {MAX_PARTIES}")
    totals: Integers = sums.view(np.int64)
    bound = parties * INTEGER_LIMIT
    if totals.min(initial=0) < -bound or totals.max(initial=0) > bound:
        raise ProtocolError(
            f"the sum is larger than {parties} parties can make it: a vector is missing, was "
            "counted twice, or its masks did not cancel; run the round again"
        )
    return totals


def check_scaled(values: Floats, exponent: int, name: str) -> None:
    """Refuse floats that are NaN, infinite, or not below ``2**exponent`` in magnitude.

    Raises
    ------
    DataError
        Also if the exponent is out of range. The message names statistic and entry, never the
        value: it may leave the party.
    """
    if not in_range(exponent):
        raise DataError(
            f"statistic {name!r} cannot be summed: it is scaled to 2**{exponent!r}; use a whole "
            f"exponent from {-EXPONENT_LIMIT} to {EXPONENT_LIMIT}"
        )
    check_magnitude(values, exponent, name)


def encode_scaled(values: Floats, exponent: int, words: Words) -> None:
    """Encode floats as multiples of ``2**(exponent - 47)``; see ``Scaled``.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Checked.
    exponent : int
    words : ndarray of uint64, shape (n,)
        Is written to, in two's complement.
    """
    # Adding it rounds a float to whole units and leaves their number in the low bits of its
    # significand (ExtractVector of Rump, Ogita and Oishi 2008, algorithm 3.3).
    shift = np.float64(1.5 * 2.0 ** (52 + exponent - WORD_BITS))
    signed = words.view(np.int64)
    room = np.empty(min(len(values), _BLOCK))
    for start in range(0, len(values), _BLOCK):
        block = slice(start, start + _BLOCK)
        shifted = np.add(values[block], shift, out=room[: len(values) - start])
        np.subtract(shifted.view(np.int64), shift.view(np.int64), out=signed[block])


def decode_scaled(sums: Words, exponent: int, parties: int) -> Floats:
    """The sum of the encoded floats, rounded once; other parameters and errors as ``total``."""
    return total(sums, parties).astype(np.float64) * 2.0 ** (exponent - WORD_BITS)


def in_range(exponent: Any) -> bool:
    """Whether floats can be scaled to this exponent."""
    return isinstance(exponent, int) and abs(exponent) <= EXPONENT_LIMIT


def check_magnitude(values: Floats, exponent: int, name: str) -> None:
    """Refuse values that are NaN, infinite, or not below ``2**exponent`` in magnitude.

    Raises
    ------
    DataError
        The message names statistic and entry, never the value: it may leave the party.
    """
    limit = 2.0**exponent
    # NaN passes through min and max and fails both comparisons.
    if values.min(initial=0.0) > -limit and values.max(initial=0.0) < limit:
        return
    index = int(np.flatnonzero(~(np.abs(values) < limit))[0])
    if np.isnan(values[index]):
        fault, advice = "is NaN", "look for missing values in the columns that enter it"
    elif np.isinf(values[index]):
        fault, advice = "is infinite", "look for infinities and overflow in the columns behind it"
    else:
        fault = f"has a magnitude of 2**{exponent} (about {limit:.2g}) or more"
        advice = "scale the data down"
    raise DataError(f"statistic {name!r} cannot be summed: entry {index} {fault}; {advice}")
