"""Exact products modulo 2**64, whatever the words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedruntime.crypto.masks import add_mask
from fedruntime.crypto.ring import gram, gram_of_random, matmul, random_words

_EXTREME = [0, 1, 2**63 - 1, 2**63, 2**64 - 1, 2**21, 2**22, 2**43 + 2**21, 2**44 - 1]
words = st.one_of(st.sampled_from(_EXTREME), st.integers(0, 2**64 - 1))


@given(st.integers(1, 6), st.integers(1, 3), st.integers(1, 3), st.data())
@settings(deadline=None)
def test_products_are_those_of_integers(n: int, k: int, m: int, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(words, min_size=n * (k + m), max_size=n * (k + m)))
    both = np.array(drawn, dtype=np.uint64)
    a, b = both[: n * k].reshape(n, k), both[n * k :].reshape(n, m)
    exact = np.array(
        [
            [
                sum(int(x) * int(y) for x, y in zip(left, right, strict=True)) % 2**64
                for right in b.T
            ]
            for left in a.T
        ],
        dtype=np.uint64,
    )
    np.testing.assert_array_equal(gram(a, b), exact)
    np.testing.assert_array_equal(matmul(np.ascontiguousarray(a.T), b), exact)


@pytest.mark.parametrize("rows", [1, 1023, 1024, 1025, 5000])
@pytest.mark.parametrize("value", [2**64 - 1, 2**63, 2**63 - 1, 2**21 + 2**43])
def test_blocks_of_the_largest_words_are_exact(rows: int, value: int) -> None:
    a = np.full((rows, 2), value, dtype=np.uint64)
    assert gram(a, a)[0, 1] == rows * value * value % 2**64


@pytest.mark.parametrize("bits", [9, 20, 22, 23, 24, 27, 40, 45])
@pytest.mark.parametrize("sign", [1, -1])
def test_narrow_operands_are_exact(bits: int, sign: int) -> None:
    a = np.full((3000, 2), sign * 2 ** (bits - 1), dtype=np.int64)
    b = np.full((3000, 3), 2**64 - 2**20, dtype=np.uint64)
    expected = 3000 * int(a[0, 0]) * int(b[0, 0]) % 2**64
    assert (gram(a.view(np.uint64), b, bits=bits) == expected).all()


def test_other_numbers_of_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="of 2 and of 3 rows have no product"):
        gram(np.zeros((2, 1), dtype=np.uint64), np.zeros((3, 1), dtype=np.uint64))


def test_words_are_those_of_the_key() -> None:
    first, second = random_words(bytes(32), (3, 4)), random_words(bytes(32), (12,))
    assert first.ravel().tolist() == second.tolist()
    assert (first != random_words(bytes([1]) * 32, (3, 4))).all()


@pytest.mark.parametrize("words", [0, 1, 16383, 16384, 16385, 40000])
def test_words_are_those_of_the_mask(words: int) -> None:
    """Also where the stream is drawn in several blocks."""
    masked = np.zeros(words, dtype=np.uint64)
    add_mask(masked, bytes(range(32)))
    np.testing.assert_array_equal(random_words(bytes(range(32)), (words,)), masked)


def test_keys_of_other_lengths_make_no_words() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 16"):
        random_words(bytes(16), (3,))


@pytest.mark.parametrize("rows", [1, 8191, 8192, 20_000])
def test_words_that_are_not_held_are_the_same(rows: int) -> None:
    a, key = random_words(bytes([2]) * 32, (rows, 2)), bytes([3]) * 32
    expected = gram(a, random_words(key, (rows, 3)))
    np.testing.assert_array_equal(gram_of_random(a, key, 3), expected)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="a mask key has 32 bytes, not 3"):
        random_words(b"abc", (1,))
