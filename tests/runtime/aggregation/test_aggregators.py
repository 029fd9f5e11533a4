"""Sums over parties: exact, equal with and without masks, and refused where they make no sense."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import fedruntime
from fedruntime.aggregation.aggregator import Aggregator
from fedruntime.errors import DataError, RevealError
from fedruntime.messages import Release, Reply
from fedruntime.operations import Statistics, party_op

_AGGREGATORS: list[type[Aggregator]] = [fedruntime.SecureAggregator, fedruntime.PlainAggregator]


@party_op("test.column_sums")
def column_sums(X: Any) -> Statistics:
    return {"total": X.sum(axis=0), "rows": len(X)}


@party_op("test.uneven")
def uneven(X: Any) -> Statistics:
    return {"first": X[0]} if len(X) > 2 else {"other": X[0]}


@pytest.mark.parametrize("kind", _AGGREGATORS)
@pytest.mark.parametrize("parties", [1, 2, 3, 10])
def test_sums_are_correctly_rounded(kind: type[Aggregator], parties: int, deal: Any) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(parties, 4)) * 10.0 ** rng.integers(-12, 12, size=(parties, 4))
    dealt = deal(range(parties))
    sums = kind().sum_statistics(dealt.federation, column_sums, {"X": dealt(X)})
    assert sums["total"].tolist() == [math.fsum(column) for column in X.T]
    assert sums["rows"] == parties
    assert sums["rows"].dtype.kind == "i"


def test_what_leaves_under_masks_is_not_the_statistic_and_changes_every_round(
    deal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealt = deal([0, 0, 1, 1])
    seen: list[dict[str, Reply]] = []
    call = dealt.federation.engine.call

    def record(requests: Any, **options: Any) -> dict[str, Reply]:
        seen.append(call(requests, **options))
        return seen[-1]

    monkeypatch.setattr(dealt.federation.engine, "call", record)
    X = dealt(np.ones((4, 2)))
    masked, plain = fedruntime.SecureAggregator(), fedruntime.PlainAggregator()
    for aggregator in (masked, masked, plain):
        aggregator.sum_statistics(dealt.federation, column_sums, {"X": X})
    vectors = [
        replies["party0"].arrays["vector"]
        for replies in seen
        if "vector" in replies["party0"].arrays
    ]
    first, second, clear = vectors
    assert not np.array_equal(first, second)
    assert not (first == clear).any()
    assert not (second == clear).any()
    protections = [entry.protection for entry in dealt.federation.ledger][-6:]
    assert protections == ["masked"] * 4 + ["in the clear"] * 2


def test_a_party_alone_is_not_said_to_be_masked(deal: Any) -> None:
    dealt = deal([0, 0])
    fedruntime.SecureAggregator().sum_statistics(
        dealt.federation, column_sums, {"X": dealt(np.ones((2, 1)))}
    )
    assert dealt.federation.ledger[-1].protection == "in the clear"


def test_keys_are_agreed_once_a_federation(deal: Any) -> None:
    dealt = deal([0, 1, 2])
    X = dealt(np.ones((3, 1)))
    aggregator = fedruntime.SecureAggregator()
    for _ in range(3):
        aggregator.sum_statistics(dealt.federation, column_sums, {"X": X})
    operations = [entry.operation for entry in dealt.federation.ledger if entry.party == "party1"]
    assert operations.count("secure.advertise") == 1


def test_parties_whose_statistics_differ_are_named(deal: Any) -> None:
    dealt = deal([0, 0, 0, 1, 1])
    with pytest.raises(
        DataError, match="parties 'party0' and 'party1' gave statistics of different"
    ):
        fedruntime.PlainAggregator().sum_statistics(
            dealt.federation, uneven, {"X": dealt(np.ones(5))}
        )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 2.0**80])
def test_what_cannot_be_encoded_is_refused_by_statistic_and_party(bad: float, deal: Any) -> None:
    dealt = deal([0, 1])
    with pytest.raises(DataError, match=r"party 'party1'.*total"):
        fedruntime.SecureAggregator().sum_statistics(
            dealt.federation, column_sums, {"X": dealt(np.array([[1.0], [bad]]))}
        )


class TestLikeSecretFlow:
    def _objects(self) -> tuple[Any, Any]:
        fedruntime.init(["alice", "bob"])
        alice, bob = fedruntime.PYU("alice"), fedruntime.PYU("bob")
        return alice(np.multiply)(np.eye(2), 2.0), bob(np.add)(np.eye(2), 1.0)

    @pytest.mark.parametrize("kind", _AGGREGATORS)
    def test_sum(self, kind: type[Aggregator]) -> None:
        a, b = self._objects()
        aggregator = kind(fedruntime.SPU())  # type: ignore[call-arg]
        assert fedruntime.reveal(aggregator.sum([a, b], axis=0)).tolist() == [[4, 1], [1, 4]]
        assert aggregator.sum([a, b]) == 10

    def test_average(self) -> None:
        a, b = self._objects()
        aggregator = fedruntime.SecureAggregator()
        assert aggregator.average([a, b], axis=0).tolist() == [[2, 0.5], [0.5, 2]]
        assert aggregator.average([a, b]) == 1.25
        assert aggregator.average([a, b], axis=0, weights=[3, 1])[0, 0] == 2.0
        with pytest.raises(DataError, match="3 weights were given for 2 values"):
            aggregator.average([a, b], weights=[1, 2, 3])

    def test_what_makes_no_sense_is_refused(self) -> None:
        a, b = self._objects()
        aggregator = fedruntime.SecureAggregator()
        with pytest.raises(DataError, match="axis=1 is not known"):
            aggregator.sum([a, b], axis=1)
        with pytest.raises(DataError, match="two of the values lie on the same device"):
            aggregator.sum([a, a], axis=0)
        with pytest.raises(DataError, match="nothing to aggregate"):
            aggregator.sum([], axis=0)
        with pytest.raises(RevealError, match="lies at a party and is not revealed"):
            fedruntime.reveal({"deep": [a]})

    @pytest.mark.parametrize("kind", _AGGREGATORS)
    def test_rows_are_not_summed_one_by_one(self, kind: type[Aggregator]) -> None:
        fedruntime.init(["alice", "bob"])
        alice, bob = fedruntime.PYU("alice"), fedruntime.PYU("bob")
        x_alice, x_bob = fedruntime.partition_data(np.ones((4, 2)))
        for ask in (kind().sum, kind().average):
            with pytest.raises(RevealError, match=r"holds rows.*such as alice\(np\.sum\)"):
                ask([x_alice, x_bob], axis=0)
        assert kind().sum([alice(np.sum)(x_alice), bob(np.sum)(x_bob)], axis=0) == 8

    def test_one_party_alone_cannot_be_summed_in_a_federation_of_two(self) -> None:
        a, _ = self._objects()
        with pytest.raises(DataError, match=r"no value at bob"):
            fedruntime.SecureAggregator().sum([a], axis=0)

    def test_shapes_that_differ_are_not_broadcast(self) -> None:
        fedruntime.init(["alice", "bob"])
        a = fedruntime.PYU("alice")(np.ones)(2)
        b = fedruntime.PYU("bob")(np.ones)((1,))
        with pytest.raises(DataError, match="different names or shapes"):
            fedruntime.SecureAggregator().sum([a, b], axis=0)

    def test_release_names_differ(self) -> None:
        assert {kind.release for kind in _AGGREGATORS} == {Release.MASKED_SUM, Release.PLAIN_SUM}
