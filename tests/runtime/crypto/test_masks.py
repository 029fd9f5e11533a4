"""Mask streams: published AES vectors, cancellation, uniformity, and vectors that are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
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


# NIST SP 800-38A, section F.5.5: CTR-AES256.Encrypt, the output blocks of the first counter on.
PUBLISHED_KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
PUBLISHED_COUNTER = 0xF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF
PUBLISHED_STREAM = (
    "0bdf7df1591716335e9a8b15c860c5025a6e699d536119065433863c8f657b94"
    "1bc12c9c01610d5d0d8bd6a3378eca622956e1c8693536b1bee99c73a31576b6"
)


def stream_by_definition(key: bytes, counter: int, blocks: int) -> bytes:
    """The counter mode of SP 800-38A, section 6.5, from single blocks of AES."""
    encryptor = Cipher(AES(key), ECB()).encryptor()
    counters = b"".join((counter + at).to_bytes(16, "big") for at in range(blocks))
    return encryptor.update(counters)


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


def test_the_reference_code_matches_sp_800_38a() -> None:
    assert stream_by_definition(PUBLISHED_KEY, PUBLISHED_COUNTER, 4).hex() == PUBLISHED_STREAM


@pytest.mark.parametrize("length", [1, 2, 1000, 40_001])
def test_the_stream_is_aes_256_in_counter_mode_from_zero(length: int) -> None:
    vector = np.zeros(length, dtype=np.uint64)
    masks.add_mask(vector, PUBLISHED_KEY)
    expected = stream_by_definition(PUBLISHED_KEY, 0, length // 2 + 1)[: 8 * length]
    assert vector.astype("<u8").tobytes() == expected


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


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(("added", "subtracted"), [(0, 0), (1, 0), (0, 1), (3, 2), (17, 30)])
def test_many_masks_at_once_are_those_one_by_one(length: int, added: int, subtracted: int) -> None:
    start = np.arange(length, dtype=np.uint64)
    at_once, one_by_one = start.copy(), start.copy()
    add = [key_of(number) for number in range(added)]
    subtract = [key_of(number) for number in range(100, 100 + subtracted)]
    masks.apply_masks(at_once, add=add, subtract=subtract)
    for key in add:
        masks.add_mask(one_by_one, key)
    for key in subtract:
        masks.subtract_mask(one_by_one, key)
    np.testing.assert_array_equal(at_once, one_by_one)


def test_one_bad_key_among_many_leaves_the_vector_as_it_was() -> None:
    vector = np.zeros(40_001, dtype=np.uint64)
    for keys_given in ({"add": [key_of(0), b"short"]}, {"add": [key_of(0)], "subtract": [b""]}):
        with pytest.raises(ValueError, match="a mask key has 32 bytes"):
            masks.apply_masks(vector, **keys_given)
        assert not vector.any()


def test_threads_that_mask_at_the_same_time_do_not_disturb_each_other() -> None:
    def masked(number: int) -> Vector:
        vector = np.zeros(200_000, dtype=np.uint64)
        masks.add_mask(vector, key_of(number))
        return vector

    expected = [masked(number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            for one, other in zip(pool.map(masked, range(8)), expected, strict=True):
                np.testing.assert_array_equal(one, other)


def test_a_mask_that_was_interrupted_does_not_spoil_the_next() -> None:
    read_only = np.zeros(4, dtype=np.uint64)
    read_only.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        masks.add_mask(read_only, key_of(1))
    vector = np.zeros(4, dtype=np.uint64)
    masks.add_mask(vector, key_of(0))
    masks.subtract_mask(vector, key_of(0))
    assert not vector.any()


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
