"""The four-limb form of floats: sums are correctly rounded whatever the order and the magnitude."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedruntime.aggregation import limbs
from fedruntime.aggregation.words import MAX_PARTIES
from fedruntime.errors import ProtocolError

Words = npt.NDArray[np.uint64]

UNIT = Fraction(1, 2**110)
LARGEST = math.nextafter(2.0**80, 0.0)

deterministic = settings(derandomize=True, deadline=None, max_examples=200)
magnitudes = st.floats(1e-14, 1e23)
exact_floats = st.one_of(magnitudes, magnitudes.map(lambda value: -value), st.just(0.0))
all_floats = st.floats(-LARGEST, LARGEST)


def encoded(*values: float) -> Words:
    """The limbs of each value, shape (4, n)."""
    words = np.empty((limbs.LIMBS, len(values)), dtype=np.uint64)
    limbs.encode(np.array(values, dtype=np.float64), words)
    return words


def total_of(parties: list[Words]) -> Words:
    """What an aggregator gets: the sum of the parties' words modulo 2**64."""
    total = np.zeros_like(parties[0])
    for words in parties:
        total += words
    return total


def summed(values: list[float]) -> float:
    """The decoded sum of one value a party."""
    return float(limbs.decode(total_of([encoded(value) for value in values]), len(values))[0])


def limbs_of(number: int) -> Words:
    """An integer count of units as limb sums, of shape (4, 1)."""
    digits = [number >> shift & (2**48 - 1) for shift in (0, 48, 96)] + [number >> 144]
    return np.array([[digit % 2**64] for digit in digits], dtype=np.uint64)


def value_of(words: Words) -> Fraction:
    """What one column of limbs stands for."""
    signed: list[int] = words.ravel().astype(np.int64).tolist()
    return UNIT * sum(limb << 48 * place for place, limb in enumerate(signed))


@deterministic
@given(st.lists(exact_floats, min_size=1, max_size=50), st.randoms(use_true_random=False))
def test_sums_are_those_of_fsum_in_any_order(values: list[float], order: Any) -> None:
    expected = math.fsum(values)
    assert summed(values) == expected
    order.shuffle(values)
    assert summed(values) == expected


@deterministic
@given(
    exponents=st.lists(st.integers(-46, 76), min_size=2, max_size=40),
    significands=st.lists(st.integers(-(2**53) + 1, 2**53 - 1), min_size=40, max_size=40),
)
def test_sums_of_all_magnitudes_at_once_are_correctly_rounded(
    exponents: list[int], significands: list[int]
) -> None:
    # From 2**-46 (1.4e-14) to 2**76 (7.6e22), each with a significand of its own.
    values = [
        math.ldexp(significand, exponent - 53)
        for significand, exponent in zip(significands, exponents, strict=False)
    ]
    exact = sum(map(Fraction, values), Fraction())
    assert summed(values) == float(exact)
    assert summed(sorted(values)) == summed(sorted(values, key=abs)) == float(exact)


@deterministic
@given(st.lists(all_floats, min_size=1, max_size=50))
def test_sums_are_within_half_a_unit_a_party_at_any_magnitude(values: list[float]) -> None:
    words = [encoded(value) for value in values]
    error = sum(map(value_of, words), Fraction()) - sum(map(Fraction, values), Fraction())
    assert abs(error) <= len(values) * UNIT / 2


@deterministic
@given(
    significand=st.integers(2**52, 2**53 - 1),
    exponent=st.integers(0, 150),
    fraction=st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(1, 4), Fraction(3, 4)]),
    nudge=st.integers(-2, 2),
    negative=st.booleans(),
)
def test_decoding_rounds_to_nearest_even_at_and_beside_ties(
    significand: int, exponent: int, fraction: Fraction, nudge: int, negative: bool
) -> None:
    number = (significand << exponent) + int(fraction * 2**exponent) + nudge
    number = -number if negative else number
    # Division of Python integers is correctly rounded.
    assert limbs.decode(limbs_of(number), parties=2**15)[0] == number / 2**110


@deterministic
@given(st.lists(st.integers(-(2**62), 2**62), min_size=4, max_size=4))
def test_any_reachable_limb_sums_decode_to_the_nearest_float(sums: list[int]) -> None:
    words = np.array([[limb % 2**64] for limb in sums], dtype=np.uint64)
    assert Fraction(limbs.decode(words, parties=2**15)[0]) == Fraction(float(value_of(words)))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([1e23, 1e-14, -1e23], id="small-survives-cancellation"),
        pytest.param([LARGEST, -LARGEST, 2.0**-110], id="last-unit-survives-the-largest"),
        pytest.param([0.1] * 10, id="ten-tenths"),
        pytest.param([2.0**53, 1.0, 2.0**-60], id="just-above-a-tie"),
        pytest.param([2.0**53, 1.0], id="tie-to-even-down"),
        pytest.param([2.0**53, 3.0], id="tie-to-even-up"),
        pytest.param([2.0**53, 1.0, -(2.0**-60)], id="just-below-a-tie"),
        pytest.param([-(2.0**53), -1.0, -(2.0**-60)], id="just-beyond-a-negative-tie"),
        pytest.param([2.0**53, -0.5, 2.0**-60], id="tie-below-a-power-of-two"),
        pytest.param([-(2.0**53), 0.5, 2.0**-60], id="tie-towards-zero-from-a-negative-power"),
        pytest.param([LARGEST] * 50, id="all-at-the-limit"),
        pytest.param([-LARGEST] * 50, id="all-at-the-negative-limit"),
        pytest.param([0.0, -0.0], id="zeros"),
    ],
)
def test_hard_sums_are_those_of_fsum(values: list[float]) -> None:
    assert summed(values) == math.fsum(values)
    assert summed(values[::-1]) == math.fsum(values)


def test_a_negative_zero_becomes_zero() -> None:
    assert not encoded(-0.0).any()
    assert math.copysign(1.0, summed([-0.0])) == 1.0


@pytest.mark.parametrize(
    ("value", "units"),
    [
        pytest.param(0.5, 0, id="tie-to-even-zero"),
        pytest.param(0.75, 1, id="up"),
        pytest.param(1.5, 2, id="tie-to-even-two"),
        pytest.param(2.5, 2, id="tie-to-even-down"),
        pytest.param(-0.5, 0, id="negative-tie"),
        pytest.param(-1.5, -2, id="negative-tie-away"),
        pytest.param(2.0**47 + 0.5, 2**47, id="tie-at-the-limb-border"),
        pytest.param(2.0**48 - 0.5, 2**48, id="carry-into-the-next-limb"),
    ],
)
def test_what_lies_below_the_last_unit_is_rounded_to_nearest(value: float, units: int) -> None:
    assert summed([value * 2.0**-110]) == float(units * UNIT)


def test_the_smallest_floats_vanish_without_a_warning() -> None:
    with np.errstate(all="raise"):
        assert summed([5e-324, -1e-300, 2.0**-111]) == 0.0


@deterministic
@given(all_floats)
def test_every_limb_leaves_room_for_all_parties(value: float) -> None:
    assert (abs(encoded(value).astype(np.int64)) <= 2**47).all()
    assert 2**47 * MAX_PARTIES < 2**63


@pytest.mark.parametrize("negative", [0, 1, 16_384, 16_385, 32_767, 32_768])
@pytest.mark.parametrize("value", [LARGEST, 2.0**79.9, math.pi * 2.0**-60, 2.0**-110])
def test_the_largest_federation_adds_exactly(value: float, negative: int) -> None:
    parties = MAX_PARTIES
    plus, minus = encoded(value), encoded(-value)
    total = plus * np.uint64(parties - negative) + minus * np.uint64(negative)
    expected = float((parties - 2 * negative) * value_of(plus))
    assert limbs.decode(total, parties)[0] == expected


def test_long_vectors_equal_fsum_across_blocks() -> None:
    source = np.random.default_rng(11)
    size = 20_000
    parts = source.normal(size=(5, size)) * 10.0 ** source.integers(-8, 20, size=(5, size))
    total = total_of([encoded(*part) for part in parts])
    expected = [math.fsum(column) for column in parts.T]
    np.testing.assert_array_equal(limbs.decode(total, parties=5), expected)


def test_encoding_leaves_the_values_alone() -> None:
    values = np.array([1.5, -(2.0**60), 0.0])
    kept = values.copy()
    limbs.encode(values, np.empty((4, 3), dtype=np.uint64))
    np.testing.assert_array_equal(values, kept)


def test_no_values_have_no_limbs() -> None:
    assert limbs.decode(encoded(), parties=3).shape == (0,)


def test_strided_and_read_only_values_encode_as_their_copies() -> None:
    table = np.random.default_rng(3).normal(size=(50, 4))
    table.flags.writeable = False
    words = np.empty((4, 25), dtype=np.uint64)
    limbs.encode(table[::2, 1], words)
    np.testing.assert_array_equal(words, encoded(*table[::2, 1]))


def test_the_words_are_frozen() -> None:
    # Parties of different versions add each other's words: a change here breaks federations.
    words = encoded(math.pi, -1e23, 2.0**-110)
    assert words.T.astype(np.int64).tolist() == [
        [0, -41085096640512, 51472, 0],
        [0, 0, 73117523247104, -5820766091347],
        [1, 0, 0, 0],
    ]


@pytest.mark.parametrize("limb", [0, 1, 2, 3])
@pytest.mark.parametrize("parties", [1, 2, 100, 2**15])
def test_a_sum_out_of_reach_is_refused(parties: int, limb: int) -> None:
    for sign in (1, -1):
        total = np.zeros((4, 3), dtype=np.int64)
        total[limb, 1] = sign * parties * 2**47
        limbs.decode(total.view(np.uint64), parties)
        total[limb, 1] += sign
        with pytest.raises(ProtocolError, match=f"larger than {parties} parties can make it"):
            limbs.decode(total.view(np.uint64), parties)
