"""The one-word forms: integers add exactly, scaled floats within the stated error; none wraps."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedruntime.aggregation import words
from fedruntime.aggregation.encoding import pack, unpack
from fedruntime.aggregation.words import Scaled
from fedruntime.errors import DataError, ProtocolError

LARGEST_INTEGER = 2**47 - 1

deterministic = settings(derandomize=True, deadline=None, max_examples=200)


def total_of(parties: list[words.Words]) -> words.Words:
    """What an aggregator gets: the sum of the parties' words modulo 2**64."""
    total = np.zeros_like(parties[0])
    for party in parties:
        total += party
    return total


def scaled(exponent: int, *values: float) -> words.Words:
    """The word of each value."""
    encoded = np.empty(len(values), dtype=np.uint64)
    words.check_scaled(np.array(values), exponent, "w")
    words.encode_scaled(np.array(values), exponent, encoded)
    return encoded


def summed(values: list[float], exponent: int) -> float:
    """The decoded sum of one scaled value a party."""
    total = total_of([scaled(exponent, value) for value in values])
    return float(words.decode_scaled(total, exponent, len(values))[0])


# Integers


@deterministic
@given(st.lists(st.integers(-LARGEST_INTEGER, LARGEST_INTEGER), min_size=1, max_size=50))
def test_sums_of_integers_are_exact(values: list[int]) -> None:
    parties = [words.encode_integers(np.array([value]), name="n") for value in values]
    assert words.decode_integers(total_of(parties), len(values)).tolist() == [sum(values)]


@pytest.mark.parametrize("value", [LARGEST_INTEGER, -LARGEST_INTEGER])
def test_the_largest_federation_adds_integers_exactly(value: int) -> None:
    word = words.encode_integers(np.array([value]), name="n")
    total = word * np.uint64(words.MAX_PARTIES)
    assert words.decode_integers(total, words.MAX_PARTIES)[0] == value * 2**15


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.array([0, 2**47]), id="limit"),
        pytest.param(np.array([0, -(2**47)]), id="negative-limit"),
        pytest.param(np.array([0, -(2**63)]), id="smallest-int64"),
        pytest.param(np.array([0, 2**63 - 1]), id="largest-int64"),
        pytest.param(np.array([0, 2**64 - 1], dtype=np.uint64), id="largest-uint64"),
    ],
)
def test_integers_without_headroom_are_refused_by_name(values: npt.NDArray[Any]) -> None:
    for refused in (
        lambda: words.encode_integers(values, name="counts"),
        lambda: pack({"x": 0.5, "counts": values}),
    ):
        with pytest.raises(DataError, match=r"statistic 'counts' .* entry 1 has a magnitude"):
            refused()


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_integers_of_every_width_keep_their_extremes(dtype: str) -> None:
    info = (0, 1) if dtype == "?" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    extremes = [min(max(value, -LARGEST_INTEGER), LARGEST_INTEGER) for value in info]
    encoded = words.encode_integers(np.array(extremes, dtype=dtype), name="n")
    assert words.decode_integers(encoded, parties=1).tolist() == extremes


@pytest.mark.parametrize("parties", [1, 2, 100, 2**15])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_of_words_out_of_reach_is_refused(parties: int, sign: int) -> None:
    total = np.array([0, sign * parties * 2**47, 0], dtype=np.int64)
    words.decode_integers(total.view(np.uint64), parties)
    words.decode_scaled(total.view(np.uint64), 3, parties)
    total[1] += sign
    with pytest.raises(ProtocolError, match=f"larger than {parties} parties can make it"):
        words.decode_integers(total.view(np.uint64), parties)
    with pytest.raises(ProtocolError, match="masks did not cancel"):
        words.decode_scaled(total.view(np.uint64), 3, parties)


# Scaled floats

exponents = st.integers(-words.EXPONENT_LIMIT, words.EXPONENT_LIMIT)
shares_of_bound = st.floats(-1.0, 1.0, exclude_min=True, exclude_max=True)


@deterministic
@given(st.lists(shares_of_bound, min_size=1, max_size=50), exponents)
def test_scaled_sums_are_within_half_a_unit_a_party(parts: list[float], exponent: int) -> None:
    values = [math.ldexp(part, exponent) for part in parts]
    error = Fraction(summed(values, exponent)) - sum(map(Fraction, values), Fraction())
    half_unit = Fraction(2) ** (exponent - 48)
    rounded_once = Fraction(2) ** (exponent - 53) * len(values)
    assert abs(error) <= len(values) * half_unit + rounded_once


@deterministic
@given(
    st.lists(st.integers(-(2**46), 2**46), min_size=1, max_size=50),
    exponents,
    st.randoms(use_true_random=False),
)
def test_scaled_values_of_whole_units_add_exactly_in_any_order(
    units: list[int], exponent: int, order: Any
) -> None:
    values = [math.ldexp(unit, exponent - 47) for unit in units]
    assert summed(values, exponent) == math.ldexp(sum(units), exponent - 47)
    order.shuffle(values)
    assert summed(values, exponent) == math.ldexp(sum(units), exponent - 47)


@pytest.mark.parametrize("exponent", [-900, -20, 0, 1, 47, 900])
@pytest.mark.parametrize("negative", [0, 1, 16_384, 32_768])
def test_the_largest_federation_adds_scaled_floats_at_their_bound(
    exponent: int, negative: int
) -> None:
    value = math.nextafter(2.0**exponent, 0.0)
    plus, minus = scaled(exponent, value), scaled(exponent, -value)
    assert abs(int(plus.astype(np.int64)[0])) <= 2**47
    parties = words.MAX_PARTIES
    total = plus * np.uint64(parties - negative) + minus * np.uint64(negative)
    expected = (parties - 2 * negative) * 2.0**exponent  # the value rounds up to the bound
    assert words.decode_scaled(total, exponent, parties)[0] == expected


@pytest.mark.parametrize(
    ("units", "rounded"),
    [(0.5, 0), (0.75, 1), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2), (-7.4, -7)],
)
def test_scaled_floats_are_rounded_to_the_nearest_unit_even_at_ties(
    units: float, rounded: int
) -> None:
    encoded = scaled(10, math.ldexp(units, 10 - 47))
    assert encoded.astype(np.int64).tolist() == [rounded]


def test_scaled_words_are_frozen() -> None:
    # Parties of different versions add each other's words: a change here breaks federations.
    encoded = scaled(2, math.pi, -1.0, 2.0**-45)
    assert encoded.astype(np.int64).tolist() == [110534964875444, -35184372088832, 1]


def test_a_long_scaled_vector_takes_one_word_a_value_and_comes_back_in_its_shape() -> None:
    source = np.random.default_rng(5)
    parts = source.uniform(-1.0, 1.0, size=(3, 50, 2001))
    packed = [pack({"rows": 2, "weights": Scaled(part, 0), "loss": 0.5}) for part in parts]
    vector, layout = packed[0]
    assert vector.shape == (4 + 1 + 50 * 2001,)
    assert layout == [
        ["rows", "integer", []],
        ["weights", "scaled", [50, 2001], 0],
        ["loss", "float", []],
    ]
    sums = unpack(total_of([words for words, _ in packed]), layout, parties=3)
    np.testing.assert_allclose(sums["weights"], parts.sum(axis=0), rtol=0, atol=3 * 2.0**-48)
    assert sums["rows"] == 6
    assert sums["loss"] == 1.5
    assert list(sums) == ["rows", "weights", "loss"]


def test_statistics_of_several_exponents_keep_to_their_own() -> None:
    statistics = {"w": Scaled([1.0, 2.0], 2), "b": Scaled(2.0**-100, -99), "k": Scaled([3], 40)}
    vector, layout = pack(statistics)
    sums = unpack(vector * np.uint64(2), layout, parties=2)
    assert {name: total.tolist() for name, total in sums.items()} == {
        "w": [2.0, 4.0],
        "b": 2.0**-99,
        "k": [6.0],
    }
    assert all(total.dtype == np.float64 for total in sums.values())


def test_a_scaled_statistic_is_an_array_to_whoever_looks_at_it() -> None:
    values = np.array([1.0, 2.0])
    marked = Scaled(values, 3)
    assert np.asarray(marked) is values
    np.testing.assert_array_equal(np.asarray(marked, dtype=np.float32), [1.0, 2.0])
    copied = np.array(marked)
    copied[0] = 9.0
    assert values[0] == 1.0


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        pytest.param(math.nan, "entry 2 is NaN", id="nan"),
        pytest.param(math.inf, "entry 2 is infinite", id="infinity"),
        pytest.param(-math.inf, "entry 2 is infinite", id="negative-infinity"),
        pytest.param(8.0, r"entry 2 has a magnitude of 2\*\*3 ", id="bound"),
        pytest.param(-8.0, r"entry 2 has a magnitude of 2\*\*3 ", id="negative-bound"),
        pytest.param(1e300, r"entry 2 has a magnitude of 2\*\*3 ", id="far-beyond"),
    ],
)
def test_floats_beyond_their_bound_are_refused_by_name(value: float, fault: str) -> None:
    values = np.array([[0.0, 7.9], [value, value]])
    with pytest.raises(DataError, match=f"statistic 'weights' cannot be summed: {fault}"):
        pack({"rows": 3, "weights": Scaled(values, 3)})


@pytest.mark.parametrize("exponent", [901, -901, 10**6, 1.0, "3", None])
def test_exponents_out_of_range_are_refused_by_name(exponent: Any) -> None:
    with pytest.raises(DataError, match=r"'weights' cannot be summed: it is scaled to .* exponent"):
        pack({"weights": Scaled([0.5], exponent)})


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(["w", "scaled", [1]], id="no-exponent"),
        pytest.param(["w", "scaled", [1], 1, 2], id="two-exponents"),
        pytest.param(["w", "scaled", [1], 5000], id="exponent-out-of-range"),
        pytest.param(["w", "scaled", [1], "1"], id="exponent-that-is-text"),
        pytest.param(["w", "integer", [1], 1], id="exponent-of-an-integer"),
    ],
)
def test_layouts_whose_exponents_make_no_sense_are_refused(entry: list[Any]) -> None:
    with pytest.raises(ProtocolError, match="'w' is laid out with wrong exponents"):
        unpack(np.zeros(1, dtype=np.uint64), [entry], parties=1)


def test_text_is_not_scaled() -> None:
    with pytest.raises(DataError, match="statistic 'odd' cannot be summed: its entries are"):
        pack({"odd": Scaled(["a"], 3)})
