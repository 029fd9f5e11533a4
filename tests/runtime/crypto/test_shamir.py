"""Shamir's sharing: vectors worked out by hand, any threshold of holders, and what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import combinations, permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedruntime.crypto import shamir
from fedruntime.crypto.shamir import PRIME
from fedruntime.errors import ProtocolError

Secrets = npt.NDArray[np.uint8]

deterministic = settings(derandomize=True, deadline=None, max_examples=60)


def entropy_from(seed: int) -> Callable[[int], bytes]:
    """A stream of random bytes that is the same in each run."""
    return np.random.default_rng(seed).bytes


def drawing(*elements: int) -> Callable[[int], bytes]:
    """Entropy from which these elements of the field are drawn, in this order."""
    # An element is the upper 21 bits of four bytes.
    stream = iter(b"".join((element << 11).to_bytes(4, "little") for element in elements))
    return lambda count: bytes(next(stream) for _ in range(count))


def secrets_of(*words: int) -> Secrets:
    """Secrets whose words of 16 bits these are, repeated to fill the last."""
    filled = np.resize(np.array(words, dtype="<u2"), -(-len(words) // 16) * 16)
    return filled.view(np.uint8).reshape(-1, 32)


def random_secrets(count: int, seed: int = 0) -> Secrets:
    return np.random.default_rng(seed).integers(0, 256, size=(count, 32), dtype=np.uint8)


def opened(shares: shamir.Shares, points: list[int]) -> Secrets:
    """What the holders at these points put together."""
    return shamir.reconstruct(shares[[point - 1 for point in points]], points)


def test_the_modulus_is_prime_and_leaves_room_for_exact_sums() -> None:
    assert all(PRIME % divisor for divisor in range(2, 1449))
    assert 1449**2 > PRIME > 2**16
    half = PRIME // 2 + 2  # residues are rounded to within two of half the modulus
    assert half < 2**20
    assert shamir.MAX_HOLDERS * half**2 < 2**53


def test_a_line_worked_out_by_hand() -> None:
    # 5 + 3 x at 1, 2, 3; 65535 + (PRIME - 1) x is 65535 - x.
    shares = shamir.share(
        secrets_of(5, 65535), holders=3, threshold=2, entropy=drawing(*[3, PRIME - 1] * 8)
    )
    assert shares.shape == (3, 1, 16)
    assert shares.dtype == np.uint32
    assert shares[:, 0, :2].tolist() == [[8, 65534], [11, 65533], [14, 65532]]
    # At zero the line through 1 and 3 is 3/2 of the first less 1/2 of the second.
    assert opened(shares, [1, 3]).view("<u2")[0, :2].tolist() == [5, 65535]
    assert (3 * 8 - 14) // 2 == 5


def test_a_parabola_worked_out_by_hand() -> None:
    # 7 + 2 x + 10 x^2, and 1 + 0 x + (PRIME - 1) x^2, which is 1 - x^2 modulo PRIME.
    shares = shamir.share(
        secrets_of(7, 1), holders=4, threshold=3, entropy=drawing(*[2, 0] * 8, *[10, PRIME - 1] * 8)
    )
    assert shares[:, 0, 0].tolist() == [19, 51, 103, 175]
    assert shares[:, 0, 1].tolist() == [0, PRIME - 3, PRIME - 8, PRIME - 15]


def test_weights_worked_out_by_hand() -> None:
    # The product of x_j / (x_j - x_i): 3 and 3 for 1 beside 2 and 3, that is 2/1 * 3/2 = 3, ...
    assert shamir.weights([1, 2, 3]).tolist() == [3, -3, 1]
    assert shamir.weights([2, 1]).tolist() == [-1, 2]
    assert shamir.weights([8192]).tolist() == [1]


def test_shares_match_polynomials_of_python_integers() -> None:
    holders, threshold, count = 9, 5, 3
    elements = np.random.default_rng(1).integers(0, PRIME, size=(threshold - 1, 16 * count))
    secrets = random_secrets(count)
    shares = shamir.share(secrets, holders, threshold, entropy=drawing(*elements.ravel().tolist()))
    words = secrets.view("<u2").ravel().tolist()
    for point in range(1, holders + 1):
        expected = [
            (word + sum(int(element) * point**power for power, element in enumerate(column, 1)))
            % PRIME
            for word, column in zip(words, elements.T, strict=True)
        ]
        assert shares[point - 1].ravel().tolist() == expected


@pytest.mark.parametrize(("holders", "threshold"), [(130, 127), (130, 128), (130, 129), (300, 257)])
def test_polynomials_longer_than_a_block_match_horners_rule(holders: int, threshold: int) -> None:
    elements = np.random.default_rng(2).integers(0, PRIME, size=(threshold - 1, 16))
    shares = shamir.share(
        secrets_of(65535), holders, threshold, entropy=drawing(*elements.ravel().tolist())
    )
    for point in (1, 2, holders // 2, holders):
        expected = 0
        for element in reversed([65535, *elements[:, 4].tolist()]):
            expected = (expected * point + element) % PRIME
        assert shares[point - 1, 0, 4] == expected


def test_the_shares_are_frozen() -> None:
    # Holders of different versions put shares together: a change here breaks federations.
    shares = shamir.share(random_secrets(2, seed=4), 5, 3, entropy=drawing(*range(1, 65)))
    digest = hashlib.sha256(shares.astype("<u4").tobytes()).hexdigest()
    assert digest == "12acaeb33810e9894a09b6698387486e831f83b49f097f43b94eb045aa71b774"


@pytest.mark.parametrize("threshold", [1, 2, 3, 4, 5])
def test_any_threshold_of_holders_in_any_order_puts_the_secrets_together(threshold: int) -> None:
    secrets = random_secrets(3)
    shares = shamir.share(secrets, 5, threshold, entropy=entropy_from(threshold))
    for count in range(threshold, 6):
        for points in permutations(range(1, 6), count):
            np.testing.assert_array_equal(opened(shares, list(points)), secrets)


@deterministic
@given(st.data())
def test_what_was_shared_is_put_together(data: st.DataObject) -> None:
    holders = data.draw(st.integers(1, 60))
    threshold = data.draw(st.integers(1, holders))
    count = data.draw(st.integers(0, 4))
    secrets = random_secrets(count, data.draw(st.integers(0, 1000)))
    points = data.draw(st.permutations(range(1, holders + 1)))[:threshold]
    shares = shamir.share(secrets, holders, threshold)
    assert shares.max(initial=0) < PRIME
    np.testing.assert_array_equal(opened(shares, points), secrets)


@pytest.mark.parametrize("fill", [0, 255])
def test_the_extreme_secrets_come_back(fill: int) -> None:
    secrets = np.full((2, 32), fill, dtype=np.uint8)
    shares = shamir.share(secrets, 100, 67)
    np.testing.assert_array_equal(opened(shares, list(range(34, 101))), secrets)


def test_a_thousand_holders_of_whom_two_thirds_are_needed() -> None:
    secrets = random_secrets(2)
    shares = shamir.share(secrets, 1000, 667, entropy=entropy_from(3))
    points = (1 + np.random.default_rng(5).permutation(1000)[:667]).tolist()
    np.testing.assert_array_equal(opened(shares, points), secrets)


def test_the_most_holders_there_can_be_add_exactly() -> None:
    secrets = random_secrets(1)
    shares = shamir.share(secrets, shamir.MAX_HOLDERS, 3, entropy=entropy_from(6))
    points = list(range(1, 1 + shamir.MAX_HOLDERS, 8))
    np.testing.assert_array_equal(opened(shares, points), secrets)


# What the holders must not learn


@pytest.mark.parametrize("threshold", [2, 3, 6])
def test_fewer_holders_than_needed_put_nothing_together(threshold: int) -> None:
    shares = shamir.share(random_secrets(1), 6, threshold, entropy=entropy_from(7))
    for count in range(1, threshold):
        for points in combinations(range(1, 7), count):
            with pytest.raises(ProtocolError, match="do not fit together"):
                opened(shares, list(points))


@pytest.mark.parametrize("threshold", [2, 3, 50])
@pytest.mark.parametrize("point", [1, 60])
def test_shares_of_one_and_the_same_secret_are_uniform(threshold: int, point: int) -> None:
    secrets = np.zeros((4000, 32), dtype=np.uint8)
    shares = shamir.share(secrets, 60, threshold, entropy=entropy_from(8))[point - 1].ravel()
    counts = np.bincount(shares * 64 // PRIME, minlength=64)
    chi_square = float(((counts - len(shares) / 64) ** 2 / (len(shares) / 64)).sum())
    assert 23 < chi_square < 108  # 63 degrees of freedom: 3.6 and 4 standard deviations of 11.2
    assert len(np.unique(shares % 251)) == 251


def test_equal_secrets_have_unrelated_shares() -> None:
    first, second = (shamir.share(random_secrets(1), 5, 3) for _ in range(2))
    assert (first != second).mean() > 0.9
    both = shamir.share(np.repeat(random_secrets(1), 2, axis=0), 5, 3)
    assert (both[:, 0] != both[:, 1]).mean() > 0.9


def test_elements_beyond_the_field_are_drawn_again() -> None:
    # The first draw has one coefficient a word; those at places 1 and 3 are beyond the field.
    first = [5, PRIME, 5, 2**21 - 1, *[5] * 12]
    redrawn = [2**21 - 2, 6, 7]  # again beyond it, for place 1; then 6 for place 3, 7 for place 1
    shares = shamir.share(secrets_of(0), 2, 2, entropy=drawing(*first, *redrawn))
    assert shares[0, 0].tolist() == [5, 7, 5, 6, *[5] * 12]


def test_all_coefficients_come_from_the_entropy_source() -> None:
    asked: list[int] = []

    def entropy(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    shares = shamir.share(random_secrets(2), 10, 7, entropy=entropy)
    assert asked == [6 * 2 * 16 * 4]
    assert (shares == shares[0]).all()  # all coefficients zero: the constant terms themselves


# What is refused


@pytest.mark.parametrize(
    "secrets",
    [
        pytest.param(np.zeros((1, 31), dtype=np.uint8), id="short"),
        pytest.param(np.zeros((1, 33), dtype=np.uint8), id="long"),
        pytest.param(np.zeros(32, dtype=np.uint8), id="flat"),
        pytest.param(np.zeros((1, 32), dtype=np.int64), id="not-bytes"),
        pytest.param(np.zeros((1, 1, 32), dtype=np.uint8), id="deep"),
    ],
)
def test_secrets_of_another_shape_are_refused(secrets: Secrets) -> None:
    with pytest.raises(ValueError, match="secrets to share are 32 bytes each"):
        shamir.share(secrets, 3, 2)


@pytest.mark.parametrize(("holders", "threshold"), [(3, 4), (3, 0), (0, 0), (-1, -1), (8193, 2)])
def test_numbers_of_holders_that_make_no_sense_are_refused(holders: int, threshold: int) -> None:
    with pytest.raises(ValueError, match=f"{holders} holders of whom {threshold} are needed"):
        shamir.share(random_secrets(1), holders, threshold)


SHARES = shamir.share(random_secrets(2), 5, 3, entropy=entropy_from(9))


@pytest.mark.parametrize("points", [[1, 2, 2], [3, 3, 3], [1, 1, 2]])
def test_a_share_given_twice_is_refused(points: list[int]) -> None:
    with pytest.raises(ProtocolError, match="the share of one holder was given twice"):
        shamir.reconstruct(SHARES[:3], points)


@pytest.mark.parametrize("points", [[0, 1, 2], [1, 2, -3], [1, 2, 8193], [1, 2, PRIME + 1]])
def test_points_out_of_range_are_refused(points: list[int]) -> None:
    with pytest.raises(ProtocolError, match="from 1 to 8192"):
        shamir.reconstruct(SHARES[:3], points)


def test_no_shares_are_refused() -> None:
    with pytest.raises(ProtocolError, match="one or more numbers"):
        shamir.reconstruct(SHARES[:0], [])
    with pytest.raises(ProtocolError, match="one or more numbers"):
        shamir.weights([])


@pytest.mark.parametrize(
    "shares",
    [
        pytest.param(SHARES[:2], id="fewer-than-points"),
        pytest.param(SHARES[:4], id="more-than-points"),
        pytest.param(SHARES[:3, :, :15], id="missing-words"),
        pytest.param(SHARES[:3, 0], id="of-one-secret-only"),
    ],
)
def test_shares_of_another_shape_are_refused(shares: shamir.Shares) -> None:
    with pytest.raises(ProtocolError, match="do not fit 3 holders of 16 words"):
        shamir.reconstruct(shares, [1, 2, 3])


@pytest.mark.parametrize("value", [PRIME, 2**21, 2**32 - 1])
def test_shares_beyond_the_field_are_refused(value: int) -> None:
    shares = SHARES[:3].copy()
    shares[1, 0, 7] = value
    with pytest.raises(ProtocolError, match="no unsigned 32-bit number below 2097143"):
        shamir.reconstruct(shares, [1, 2, 3])


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.uint64])
def test_shares_of_another_type_are_refused(dtype: npt.DTypeLike) -> None:
    with pytest.raises(ProtocolError, match="no unsigned 32-bit number"):
        shamir.reconstruct(SHARES[:3].astype(dtype), [1, 2, 3])


@pytest.mark.parametrize(
    "points", [[2, 1, 3], [1, 2, 4], [3, 4, 5]], ids=["swapped", "wrong-point", "shifted"]
)
def test_shares_under_other_points_do_not_fit_together(points: list[int]) -> None:
    with pytest.raises(ProtocolError, match="3 holders do not fit together: one of them is wrong"):
        shamir.reconstruct(SHARES[:3], points)


def test_a_share_of_another_secret_does_not_fit() -> None:
    mixed = SHARES[:3].copy()
    mixed[1, 0] = SHARES[1, 1]
    with pytest.raises(ProtocolError, match="do not fit together"):
        shamir.reconstruct(mixed, [1, 2, 3])
