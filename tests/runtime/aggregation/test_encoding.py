"""The exact encoding: sums are correctly rounded whatever the order; what cannot be is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedruntime.aggregation import encoding
from fedruntime.errors import DataError, FedError, ProtocolError

UNIT = Fraction(1, 2**110)
LARGEST = math.nextafter(2.0**80, 0.0)
LARGEST_INTEGER = 2**47 - 1

deterministic = settings(derandomize=True, deadline=None, max_examples=200)
magnitudes = st.floats(1e-14, 1e23)
exact_floats = st.one_of(magnitudes, magnitudes.map(lambda value: -value), st.just(0.0))
all_floats = st.floats(-LARGEST, LARGEST)


def summed(values: list[float]) -> float:
    """The decoded sum of one value a party."""
    words = [encoding.encode(np.array([value]), name="x") for value in values]
    total = total_of(words)
    return float(encoding.decode(total, parties=len(values))[0])


def total_of(words: list[npt.NDArray[np.uint64]]) -> npt.NDArray[np.uint64]:
    """What an aggregator gets: the sum of the parties' words modulo 2**64."""
    total = np.zeros_like(words[0])
    for party in words:
        total += party
    return total


def limbs_of(number: int) -> npt.NDArray[np.uint64]:
    """An integer count of units as limb sums, of shape (1, 4)."""
    digits = [number >> shift & (2**48 - 1) for shift in (0, 48, 96)] + [number >> 144]
    return np.array([[digit % 2**64 for digit in digits]], dtype=np.uint64)


def value_of(limbs: npt.NDArray[np.uint64]) -> Fraction:
    """What one row of limbs stands for."""
    signed: list[int] = limbs.astype(np.int64).tolist()
    return UNIT * sum(limb << 48 * place for place, limb in enumerate(signed))


# Floats: sums


@deterministic
@given(st.lists(exact_floats, min_size=1, max_size=50), st.randoms(use_true_random=False))
def test_sums_are_those_of_fsum_in_any_order(values: list[float], order: Any) -> None:
    expected = math.fsum(values)
    assert summed(values) == expected
    order.shuffle(values)
    assert summed(values) == expected


@deterministic
@given(st.lists(all_floats, min_size=1, max_size=50))
def test_sums_are_within_half_a_unit_a_party_at_any_magnitude(values: list[float]) -> None:
    words = [encoding.encode(np.array([value]), name="x")[0] for value in values]
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
    assert encoding.decode(limbs_of(number), parties=2**15)[0] == number / 2**110


@deterministic
@given(st.lists(st.integers(-(2**62), 2**62), min_size=4, max_size=4))
def test_any_reachable_limb_sums_decode_to_the_nearest_float(limbs: list[int]) -> None:
    words = np.array([[limb % 2**64 for limb in limbs]], dtype=np.uint64)
    assert Fraction(encoding.decode(words, parties=2**15)[0]) == Fraction(float(value_of(words[0])))


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
    assert not encoding.encode(np.array([-0.0]), name="x").any()
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
    limbs = encoding.encode(np.array([value]), name="x").astype(np.int64)
    assert (abs(limbs) <= 2**47).all()
    assert 2**47 * encoding.MAX_PARTIES < 2**63


@pytest.mark.parametrize("negative", [0, 1, 16_384, 16_385, 32_767, 32_768])
@pytest.mark.parametrize("value", [LARGEST, 2.0**79.9, math.pi * 2.0**-60, 2.0**-110])
def test_the_largest_federation_adds_exactly(value: float, negative: int) -> None:
    parties = encoding.MAX_PARTIES
    plus = encoding.encode(np.array([value]), name="x")
    minus = encoding.encode(np.array([-value]), name="x")
    total = plus * np.uint64(parties - negative) + minus * np.uint64(negative)
    expected = float((parties - 2 * negative) * value_of(plus[0]))
    assert encoding.decode(total, parties)[0] == expected


def test_long_vectors_equal_fsum_across_blocks() -> None:
    source = np.random.default_rng(11)
    size = 20_000
    parts = source.normal(size=(5, size)) * 10.0 ** source.integers(-8, 20, size=(5, size))
    total = total_of([encoding.encode(part, name="x") for part in parts])
    expected = [math.fsum(column) for column in parts.T]
    np.testing.assert_array_equal(encoding.decode(total, parties=5), expected)


def test_encoding_has_one_row_of_four_words_a_value_and_leaves_the_values_alone() -> None:
    values = np.array([1.5, -(2.0**60), 0.0])
    kept = values.copy()
    words = encoding.encode(values, name="x")
    assert words.shape == (3, 4)
    assert words.dtype == np.uint64
    np.testing.assert_array_equal(values, kept)
    assert encoding.encode(np.empty(0), name="x").shape == (0, 4)
    assert encoding.decode(np.empty((0, 4), dtype=np.uint64), parties=3).shape == (0,)


def test_strided_and_read_only_values_encode_as_their_copies() -> None:
    table = np.random.default_rng(3).normal(size=(50, 4))
    table.flags.writeable = False
    np.testing.assert_array_equal(
        encoding.encode(table[::2, 1], name="x"), encoding.encode(table[::2, 1].copy(), name="x")
    )


def test_the_words_are_frozen() -> None:
    # Parties of different versions add each other's words: a change here breaks federations.
    words = encoding.encode(np.array([math.pi, -1e23, 2.0**-110]), name="x")
    assert words.astype(np.int64).tolist() == [
        [0, -41085096640512, 51472, 0],
        [0, 0, 73117523247104, -5820766091347],
        [1, 0, 0, 0],
    ]


# Floats: what is refused


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        pytest.param(math.nan, "entry 2 is NaN; look for missing values", id="nan"),
        pytest.param(math.inf, "entry 2 is infinite", id="infinity"),
        pytest.param(-math.inf, "entry 2 is infinite", id="negative-infinity"),
        pytest.param(2.0**80, "entry 2 has a magnitude", id="limit"),
        pytest.param(-(2.0**80), "entry 2 has a magnitude", id="negative-limit"),
        pytest.param(1.7e308, "entry 2 has a magnitude", id="largest-float"),
    ],
)
def test_floats_that_cannot_be_summed_are_refused_by_name(value: float, fault: str) -> None:
    values = np.array([0.0, LARGEST, value, value])
    for refused in (
        lambda: encoding.encode(values, name="gram"),
        lambda: encoding.pack({"rows": 3, "gram": values.reshape(2, 2)}),
    ):
        with pytest.raises(DataError, match=f"statistic 'gram' cannot be summed: {fault}"):
            refused()


@pytest.mark.parametrize("statistic", [1.2345678e25, 123456789012345678])
def test_the_message_of_a_refusal_does_not_quote_the_value(statistic: float) -> None:
    with pytest.raises(DataError) as caught:
        encoding.pack({"income": np.array([statistic])})
    assert "2345678" not in str(caught.value)
    assert isinstance(caught.value, FedError)


# Integers


@deterministic
@given(st.lists(st.integers(-LARGEST_INTEGER, LARGEST_INTEGER), min_size=1, max_size=50))
def test_sums_of_integers_are_exact(values: list[int]) -> None:
    words = [encoding.encode_integers(np.array([value]), name="n") for value in values]
    total = total_of(words)
    assert encoding.decode_integers(total, parties=len(values)).tolist() == [sum(values)]


@pytest.mark.parametrize("value", [LARGEST_INTEGER, -LARGEST_INTEGER])
def test_the_largest_federation_adds_integers_exactly(value: int) -> None:
    word = encoding.encode_integers(np.array([value]), name="n")
    total = word * np.uint64(encoding.MAX_PARTIES)
    assert encoding.decode_integers(total, encoding.MAX_PARTIES)[0] == value * 2**15


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
        lambda: encoding.encode_integers(values, name="counts"),
        lambda: encoding.pack({"x": 0.5, "counts": values}),
    ):
        with pytest.raises(DataError, match=r"statistic 'counts' .* entry 1 has a magnitude"):
            refused()


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_integers_of_every_width_keep_their_extremes(dtype: str) -> None:
    info = (0, 1) if dtype == "?" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    extremes = [min(max(value, -LARGEST_INTEGER), LARGEST_INTEGER) for value in info]
    words = encoding.encode_integers(np.array(extremes, dtype=dtype), name="n")
    assert encoding.decode_integers(words, parties=1).tolist() == extremes


# Sums that no parties can have made


@pytest.mark.parametrize("limb", [0, 1, 2, 3])
@pytest.mark.parametrize("parties", [1, 2, 100, 2**15])
def test_a_sum_out_of_reach_is_refused(parties: int, limb: int) -> None:
    for sign in (1, -1):
        total = np.zeros((3, 4), dtype=np.int64)
        total[1, limb] = sign * parties * 2**47
        encoding.decode(total.view(np.uint64), parties)
        total[1, limb] += sign
        with pytest.raises(ProtocolError, match=f"larger than {parties} parties can make it"):
            encoding.decode(total.view(np.uint64), parties)
        with pytest.raises(ProtocolError, match="masks did not cancel"):
            encoding.decode_integers(total.view(np.uint64)[:, limb], parties)


@pytest.mark.parametrize("parties", [-1, 0, 2**15 + 1])
def test_a_number_of_parties_without_room_is_refused(parties: int) -> None:
    with pytest.raises(DataError, match=f"over {parties} parties"):
        encoding.decode(np.zeros((1, 4), dtype=np.uint64), parties)
    with pytest.raises(DataError, match="room for 1 to 32768"):
        encoding.unpack(np.empty(0, dtype=np.uint64), [], parties)


# Whole messages

STATISTICS: Mapping[str, Any] = {
    "gram": np.arange(12.0).reshape(3, 4) / 7,
    "rows": 17,
    "mean": np.float64(2.5),
    "counts": np.array([[3, 0], [2, 5]], dtype=np.int32),
    "seen": np.array([True, False]),
    "loss": 0.125,
    "nothing": np.empty((0, 3)),
    "narrow": np.array([1.5, 2.5], dtype=np.float32),
    "flag": True,
    "transposed": np.arange(6.0).reshape(2, 3).T,
}


@pytest.mark.parametrize("parties", [1, 2, 10])
def test_packed_statistics_come_back_summed_in_name_order_shape_and_kind(parties: int) -> None:
    vector, layout = encoding.pack(STATISTICS)
    sums = encoding.unpack(vector * np.uint64(parties), layout, parties)
    assert list(sums) == list(STATISTICS)
    for name, statistic in STATISTICS.items():
        expected = parties * np.asarray(statistic, dtype=sums[name].dtype)
        assert isinstance(sums[name], np.ndarray)
        assert sums[name].shape == np.shape(statistic)
        assert sums[name].dtype == (np.float64 if expected.dtype.kind == "f" else np.int64)
        np.testing.assert_allclose(sums[name], expected, rtol=1e-15)
        if parties == 1:
            np.testing.assert_array_equal(sums[name], expected)


def test_a_message_takes_four_words_a_float_and_one_an_integer() -> None:
    vector, layout = encoding.pack({"x": np.zeros((2, 3)), "n": np.zeros(5, dtype=int), "s": 1.0})
    assert vector.shape == (4 * 7 + 5,)
    assert vector.dtype == np.uint64
    assert vector.flags.c_contiguous
    assert layout == [["x", "float", [2, 3]], ["n", "integer", [5]], ["s", "float", []]]


def test_the_layout_survives_json() -> None:
    vector, layout = encoding.pack(STATISTICS)
    assert json.loads(json.dumps(layout)) == layout
    sums = encoding.unpack(vector, json.loads(json.dumps(layout)), parties=1)
    np.testing.assert_array_equal(sums["gram"], STATISTICS["gram"])


def test_the_layout_holds_no_values() -> None:
    other = {name: np.asarray(value) * 0 for name, value in STATISTICS.items()}
    other["seen"], other["flag"] = np.array([False, False]), np.array(False)
    assert encoding.pack(other)[1] == encoding.pack(STATISTICS)[1]


def test_packed_words_are_those_of_encode() -> None:
    values = np.array([math.e, -1e20])
    vector, _ = encoding.pack({"x": values, "n": np.array([-1])})
    np.testing.assert_array_equal(vector[:8].reshape(4, 2).T, encoding.encode(values, name="x"))
    assert vector[8] == 2**64 - 1


@pytest.mark.parametrize("statistics", [{}, {"x": np.empty(0)}, {"n": np.empty(0, dtype=int)}])
def test_nothing_is_a_message_of_no_words(statistics: Mapping[str, Any]) -> None:
    vector, layout = encoding.pack(statistics)
    assert vector.shape == (0,)
    assert list(encoding.unpack(vector, layout, parties=2)) == list(statistics)


def test_the_sums_can_be_written_to_without_touching_each_other() -> None:
    vector, layout = encoding.pack({"a": np.ones(3), "b": np.ones(3), "m": 1, "n": 2})
    kept = vector.copy()
    sums = encoding.unpack(vector, layout, parties=1)
    sums["a"][:], sums["m"][...] = 9.0, 9
    np.testing.assert_array_equal(sums["b"], np.ones(3))
    assert sums["n"] == 2
    np.testing.assert_array_equal(vector, kept)


@pytest.mark.parametrize(
    "statistic",
    [
        pytest.param("text", id="text"),
        pytest.param(np.array(["a", "b"]), id="strings"),
        pytest.param(np.array([1, None]), id="objects"),
        pytest.param(2**70, id="integer-beyond-any-word"),
        pytest.param(1j, id="complex"),
        pytest.param(np.array(["2024-01-01"], dtype="datetime64[D]"), id="dates"),
    ],
)
def test_statistics_that_are_no_numbers_are_refused_by_name(statistic: Any) -> None:
    with pytest.raises(DataError, match="statistic 'odd' cannot be summed: its entries are"):
        encoding.pack({"fine": 1.0, "odd": statistic})


@pytest.mark.parametrize("size", [0, 3, 5])
def test_a_vector_that_does_not_fit_its_layout_is_refused(size: int) -> None:
    with pytest.raises(ProtocolError, match="does not fit its layout of 1 floats and 0 integers"):
        encoding.unpack(np.zeros(size, dtype=np.uint64), [["x", "float", []]], parties=1)


def test_a_layout_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ProtocolError, match="'x' is laid out as unknown kind 'text'"):
        encoding.unpack(np.zeros(1, dtype=np.uint64), [["x", "text", []]], parties=1)
