"""Products of columns that lie at different parties: exact, and nothing else is told."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from columns_dealt import binary, deal, regression, split
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier

from fedruntime import FLModel
from fedruntime.aggregation.roster import Roster, SignedKey
from fedruntime.aggregation.sessions import Sessions
from fedruntime.crypto.identity import Identity
from fedruntime.crypto.ring import gram, random_words
from fedruntime.errors import DataError, ProtocolError
from fedruntime.messages import Release
from fedruntime.operations import is_sealed
from fedruntime.vertical.products.fixed_point import decode, encode, limb_bits
from fedruntime.vertical.products.party import (
    as_columns,
    mask_columns,
    multiply_columns,
    receive_columns,
)

_FINITE = st.floats(-1e100, 1e100, allow_subnormal=False)


@given(of_numpy.arrays(float, st.tuples(st.integers(1, 20), st.integers(1, 3)), elements=_FINITE))
@settings(deadline=None)
def test_products_of_encoded_columns_are_those_of_the_columns(columns: Any) -> None:
    bits = limb_bits(len(columns))
    limbs = encode(columns, bits)
    product = decode(gram(limbs.words, limbs.words), limbs.exponents, limbs.exponents, bits)
    wide = columns.astype(np.longdouble)
    size = np.abs(wide).max(axis=0)
    allowed = len(columns) * np.outer(size, size) * 2.0 ** (1 - 2 * bits)
    assert (np.abs(product - wide.T @ wide) <= allowed).all()


@pytest.mark.parametrize("rows", [1, 2, 442, 1000, 10**5, 10**6, 10**9])
def test_sums_of_products_fit_into_a_word(rows: int) -> None:
    bits = limb_bits(rows)
    assert rows * (2**bits) ** 2 < 2**63


def test_more_rows_than_can_be_summed_over_are_refused() -> None:
    with pytest.raises(DataError, match="are more than products across columns"):
        limb_bits(2**50)


def recorded(federation: Any) -> list[tuple[str, Any, Any]]:
    """What parties are asked from now on, and what they answer."""
    messages: list[tuple[str, Any, Any]] = []
    call = federation.engine.call

    def listen(requests: Any, *args: Any, **options: Any) -> Any:
        replies = call(requests, *args, **options)
        messages.extend((party, requests[party], reply) for party, reply in replies.items())
        return replies

    federation.engine.call = listen
    return messages


@pytest.mark.parametrize(
    ("model", "table"),
    [
        (LinearRegression(), regression()),
        (LogisticRegression(), binary()),
        (GaussianNB(), binary()),
        (LinearDiscriminantAnalysis(), binary()),
        (KMeans(3, random_state=0, n_init=1), binary()),
        (MLPClassifier(hidden_layer_sizes=(3,), max_iter=2, batch_size=50), binary()),
        (PCA(3), regression()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_column_leaves_a_party_in_the_clear(model: Any, table: Any) -> None:
    X, y = split(deal(table, "three parties, columns dealt by turns"))
    messages = recorded(X.federation)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = FLModel(model=model).fit(X, y)
    (fitted.transform if isinstance(model, PCA) else fitted.predict)(X)
    rows, seen = len(table), 0
    for _, request, reply in messages:
        if request.release is Release.KEEP:
            assert not reply.arrays
            continue
        for name, values in reply.arrays.items():
            if is_sealed(name):
                seen += 1
                # Ciphertext: all bytes are about equally common.
                octets = np.ascontiguousarray(values).ravel().view(np.uint8)
                assert np.bincount(octets, minlength=256).max() < 3 * len(octets) / 256 + 60
            else:
                assert rows not in np.shape(values), f"{request.operation}: {name}"
    assert seen


def test_masked_terms_are_uniform_and_their_sum_is_the_product() -> None:
    X, y = split(deal(regression()))
    messages = recorded(X.federation)
    FLModel(model=LinearRegression()).fit(X, y)
    terms = [
        np.asarray(values).ravel()
        for _, request, reply in messages
        if request.operation == "across.multiply"
        for values in reply.arrays.values()
    ]
    words = np.concatenate(terms)
    high = (words >> np.uint64(60)).astype(int)
    counts = np.bincount(high, minlength=16)
    assert len(words) > 200
    assert counts.max() < 2.5 * len(words) / 16


def session_of_two() -> tuple[Any, Any]:
    """Two parties that have agreed on keys."""
    identities = {name: Identity.generate() for name in ("alice", "bob")}
    known = {name: identity.public for name, identity in identities.items()}
    sessions = [Sessions(name, identities[name], known)["s"] for name in identities]
    signed = {one.party: SignedKey(*one.advertise()) for one in sessions}
    for one in sessions:
        one.agree(Roster("s", signed))
    return sessions[0], sessions[1]


def test_a_round_masks_one_product_only() -> None:
    alice, bob = session_of_two()
    told = {}
    for session, name in ((alice, "a"), (bob, "b")):
        key = np.frombuffer(bytes([len(told)]) * 32, dtype=np.uint8)
        peer = "bob" if session is alice else "alice"
        told[name] = mask_columns(session, np.ones((4, 1)), name, key, 20, [peer])
    receive_columns(alice, [("bob", "b", 1, told["b"]["sealed for alice"])])
    multiply_columns(alice, [("a", "bob", "b", 7)], 20)
    with pytest.raises(ProtocolError, match="round 7 of products with 'bob' has been masked"):
        multiply_columns(alice, [("a", "bob", "b", 7)], 20)


def test_what_is_not_held_is_not_multiplied() -> None:
    alice, bob = session_of_two()
    with pytest.raises(ProtocolError, match="holds no columns named 'x'"):
        multiply_columns(bob, [("x", "alice", "a", 0)], 20)
    key = np.zeros(32, dtype=np.uint8)
    sealed = mask_columns(alice, np.ones((4, 1)), "a", key, 20, ["bob"])["sealed for bob"]
    receive_columns(bob, [("alice", "a", 1, sealed)])
    with pytest.raises(ProtocolError, match="the columns named 'a' are not those of party 'bob'"):
        multiply_columns(bob, [("a", "alice", "a", 0)], 20)
    with pytest.raises(ProtocolError, match="have been masked in this session already"):
        mask_columns(alice, np.ones((4, 1)), "a", key, 20, ["bob"])


def test_a_pad_comes_off_under_its_own_name_only() -> None:
    alice, bob = session_of_two()
    key = np.zeros(32, dtype=np.uint8)
    sealed = mask_columns(alice, np.ones((4, 1)), "a", key, 20, ["bob"])["sealed for bob"]
    receive_columns(bob, [("alice", "a", 1, sealed), ("alice", "other", 1, sealed)])
    masked = alice.held["a"].words + random_words(bytes(32), (4, 2))
    np.testing.assert_array_equal(bob.held["a"].words, masked)
    assert (bob.held["other"].words != masked).all()
    assert (sealed != masked).all()
    with pytest.raises(ProtocolError, match="these are not 2 masked columns"):
        receive_columns(bob, [("alice", "b", 2, sealed)])


def test_vectors_are_columns() -> None:
    assert as_columns(np.arange(3)).shape == (3, 1)
