"""Mask streams: published AES vectors, cancellation, uniformity, and vectors that are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedruntime.aggregation.encoding import pack, unpack
from fedruntime.crypto import keys, masks

Vector = npt.NDArray[np.uint64]
MASKS = [masks.add_mask, masks.subtract_mask]
# Around the size of the blocks in which streams are made.
LENGTHS = [0, 1, 2, 7, 16383, 16384, 16385, 40_001]

# AES-256 under the zero key of the counters 0, 1 and 2: the hash key, the tag mask and the first
# ciphertext block of test cases 13 and 14 of the GCM specification (McGrew and Viega 2005).
ZERO_KEY_STREAM = bytes.fromhex(
    "dc95c078a2408989ad48a21492842087530f8afbc74536b9a963b4f1c4cb738bcea7403d4d606b6e074ec5d3baf39d18"
)


def total_of(vectors: Iterable[Vector]) -> Vector:
    first, *others = vectors
    total: Vector = first.copy()
    for vector in others:
        total += vector
    return total


def key_of(number: int) -> bytes:
    return keys.round_key(bytes(range(32)), number)


def test_the_stream_starts_with_the_published_blocks_read_little_endian() -> None:
    vector = np.zeros(6, dtype=np.uint64)
    masks.add_mask(vector, bytes(32))
    expected = [int.from_bytes(ZERO_KEY_STREAM[at : at + 8], "little") for at in range(0, 48, 8)]
    assert vector.tolist() == expected


def test_the_stream_of_a_longer_vector_is_frozen() -> None:
    vector = np.zeros(40_001, dtype=np.uint64)
    masks.add_mask(vector, bytes(range(32)))
    frozen = {
        0: 0xD09F492AB60090F2,
        16383: 0x4B46B9694BEAEC31,
        16384: 0x1E7AC41779F0CC56,
        40_000: 0x1B9582F6A330B373,
    }
    assert {index: int(vector[index]) for index in frozen} == frozen


def test_a_mask_is_added_modulo_two_to_the_64() -> None:
    start = np.array([2**64 - 1, 2**63, 0, 1], dtype=np.uint64)
    vector = start.copy()
    masks.add_mask(vector, bytes(32))
    words = [int.from_bytes(ZERO_KEY_STREAM[at : at + 8], "little") for at in range(0, 32, 8)]
    assert vector.tolist() == [
        (int(value) + word) % 2**64 for value, word in zip(start, words, strict=True)
    ]


@pytest.mark.parametrize("length", LENGTHS)
def test_subtracting_undoes_adding(length: int) -> None:
    start = np.arange(length, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    vector = start.copy()
    masks.add_mask(vector, key_of(0))
    masks.subtract_mask(vector, key_of(0))
    np.testing.assert_array_equal(vector, start)


@pytest.mark.parametrize("length", LENGTHS[1:])
def test_a_shorter_vector_gets_the_beginning_of_the_same_stream(length: int) -> None:
    whole, part = np.zeros(40_001, dtype=np.uint64), np.zeros(length, dtype=np.uint64)
    masks.add_mask(whole, key_of(0))
    masks.add_mask(part, key_of(0))
    np.testing.assert_array_equal(part, whole[:length])


def test_a_strided_view_is_masked_in_place() -> None:
    table = np.zeros((100, 3), dtype=np.uint64)
    expected = np.zeros(100, dtype=np.uint64)
    masks.add_mask(table[:, 1], key_of(0))
    masks.add_mask(expected, key_of(0))
    np.testing.assert_array_equal(table[:, 1], expected)
    assert not table[:, [0, 2]].any()


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    parties=st.integers(2, 9),
    edges=st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=36),
    length=st.sampled_from(LENGTHS),
    round_number=st.integers(0, 2**64 - 1),
)
def test_the_masks_of_any_graph_of_pairs_cancel(
    parties: int, edges: set[tuple[int, int]], length: int, round_number: int
) -> None:
    total = np.zeros(length, dtype=np.uint64)
    pairs = {(min(edge), max(edge)) for edge in edges if max(edge) < parties and len(set(edge)) > 1}
    for party in range(parties):
        vector = np.full(length, party, dtype=np.uint64)
        for low, high in pairs:
            key = keys.round_key(bytes([low, high] * 16), round_number)
            if party == low:
                masks.add_mask(vector, key)
            elif party == high:
                masks.subtract_mask(vector, key)
        total += vector
    assert (total == parties * (parties - 1) // 2).all()


def test_masked_statistics_of_agreed_pairs_sum_to_the_same_bits_as_plain_ones() -> None:
    privates = {
        name: keys.generate(bytes([fill]).__mul__)
        for fill, name in enumerate(["alice", "bob", "carol", "dave"], start=1)
    }
    source = np.random.default_rng(5)
    vectors = {}
    for name in privates:
        statistics: dict[str, npt.ArrayLike] = {
            "gram": source.normal(size=(30, 30)) * 1e9,
            "rows": source.integers(1000),
        }
        vectors[name], layout = pack(statistics)
    plain = total_of(vectors.values())
    for low, high in combinations(privates, 2):
        for name, other, mask in [
            (low, high, masks.add_mask),
            (high, low, masks.subtract_mask),
        ]:
            secret = keys.agree(
                privates[name], keys.public_bytes(privates[other]), context="session"
            )
            mask(vectors[name], keys.round_key(secret, 3))
    masked = total_of(vectors.values())
    np.testing.assert_array_equal(masked, plain)
    sums = unpack(masked, layout, parties=4)
    assert sums["gram"].shape == (30, 30)
    np.testing.assert_array_equal(sums["gram"], unpack(plain, layout, parties=4)["gram"])


@pytest.mark.parametrize("value", [0, 1, 2**64 - 1], ids=["zeros", "ones", "minus-ones"])
@pytest.mark.parametrize("mask", MASKS)
def test_bytes_of_a_masked_constant_look_uniform(
    mask: Callable[[Vector, bytes], None], value: int
) -> None:
    vector = np.full(100_000, value, dtype=np.uint64)
    mask(vector, key_of(1))
    counts = np.bincount(vector.view(np.uint8), minlength=256)
    expected = vector.nbytes / 256
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    assert 165 < chi_square < 345  # 255 degrees of freedom: four standard deviations of 22.6


def test_no_word_stays_and_half_of_the_bits_change_from_round_to_round() -> None:
    first = np.full(100_000, 12345, dtype=np.uint64)
    second = first.copy()
    masks.add_mask(first, key_of(1))
    masks.add_mask(second, key_of(2))
    for one, other in [(first, second), (first, np.full_like(first, 12345))]:
        assert (one != other).all()
        flipped = np.unpackbits((one ^ other).view(np.uint8)).mean()
        assert abs(flipped - 0.5) < 0.001  # five standard deviations of a fair coin


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(np.zeros(4), id="floats-would-round-the-mask-away"),
        pytest.param(np.zeros(4, dtype=np.int64), id="signed"),
        pytest.param(np.zeros(4, dtype=np.uint32), id="narrow"),
        pytest.param(np.zeros((2, 2), dtype=np.uint64), id="matrix"),
        pytest.param(np.zeros((), dtype=np.uint64), id="scalar"),
    ],
)
def test_vectors_that_would_not_be_hidden_are_refused(
    mask: Callable[[Vector, bytes], None], vector: Vector
) -> None:
    before = vector.copy()
    with pytest.raises(TypeError, match="one-dimensional uint64"):
        mask(vector, key_of(0))
    np.testing.assert_array_equal(vector, before)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("size", [0, 16, 24, 31, 33])
def test_keys_of_another_size_are_refused(mask: Callable[[Vector, bytes], None], size: int) -> None:
    vector = np.zeros(4, dtype=np.uint64)
    with pytest.raises(ValueError, match=f"32 bytes, not {size}"):
        mask(vector, bytes(size))
    assert not vector.any()


@pytest.mark.parametrize("mask", MASKS)
def test_a_read_only_vector_is_refused(mask: Callable[[Vector, bytes], None]) -> None:
    vector = np.zeros(4, dtype=np.uint64)
    vector.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        mask(vector, key_of(0))
