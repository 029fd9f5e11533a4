"""Row operations that travel in one message with the request after them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

import fedruntime
from fedruntime.errors import DataError, ProtocolError
from fedruntime.estimators.design import as_features, as_targets
from fedruntime.messages import (
    Ref,
    Release,
    Reply,
    Request,
    pack_reply,
    pack_request,
    steps_of,
    unpack_reply,
    unpack_request,
)
from fedruntime.party import Party

X = np.arange(12.0).reshape(6, 2)


@pytest.fixture
def party() -> Party:
    fedruntime.init(parties=["alice", "bob"], ledger="")  # registers what it uses
    party = Party("alice", quote_failures=True)
    party.put("X", X)
    party.put("y", np.array(["a", "b", "c"]))
    return party


def features(keep_as: str, of: str = "X") -> Request:
    arguments = {"X": Ref(of), "finite": True}
    return Request("design.features", arguments, Release.KEEP, keep_as)


def targets(of: str) -> Request:
    return Request("design.targets", {"y": Ref(of)}, Release.KEEP, "targets")


def test_steps_are_worked_on_in_their_order_and_each_is_answered(party: Party) -> None:
    request = replace(features("twice", of="once"), first=(features("once"),))
    reply = party.handle(request)
    assert reply.error is None
    steps = steps_of(request, reply)
    assert [(one.keep_as, answer.facts["rows"]) for one, answer in steps] == [
        ("once", 6),
        ("twice", 6),
    ]


def test_what_fails_ends_the_message(party: Party) -> None:
    request = replace(features("after"), first=(features("before"), targets("y")))
    reply = party.handle(request)
    steps = steps_of(request, reply)
    assert [answer.error is None for _, answer in steps] == [True, False]
    assert reply.error == steps[-1][1].error
    assert party.handle(features("again", of="before")).error is None
    refused = party.handle(features("again", of="after"))
    assert refused.error is not None
    assert "holds no rows named 'after'" in refused.error[1]


@pytest.mark.parametrize(
    "first",
    [
        Request("columns.sums", {"rows": Ref("X")}, Release.CLEAR),
        Request("columns.sums", {"rows": Ref("X")}, Release.PLAIN_SUM),
        replace(features("a"), first=(features("b"),)),
    ],
    ids=["in the clear", "a sum", "of a depth of two"],
)
def test_only_row_operations_come_first(party: Party, first: Request) -> None:
    reply = party.handle(replace(features("never"), first=(first,)))
    assert reply.error == (
        "ProtocolError",
        "only row operations may come before another request in its message",
    )
    assert not reply.arrays
    assert not reply.first[0].arrays


def test_messages_with_steps_are_the_same_after_their_way(party: Party) -> None:
    request = replace(features("twice", of="once"), first=(features("once"),))
    assert unpack_request(pack_request(request)) == request
    reply = party.handle(request)
    assert unpack_reply(pack_reply(reply)) == reply


def test_a_reply_to_another_message_is_refused() -> None:
    request = replace(features("b"), first=(features("a"),))
    for first in ((), (Reply("alice"), Reply("alice"))):
        with pytest.raises(ProtocolError, match=f"has answered {len(first)} of 1 requests"):
            steps_of(request, Reply("alice", first=first))


# -- the federation -----------------------------------------------------------------------------


def test_rows_of_several_operations_are_those_of_one_after_another(deal: Any) -> None:
    dealt = deal([0, 0, 0, 0, 1, 1])
    federation, table, column = dealt.federation, dealt(X), dealt(X[:, 0])
    before = len(federation.ledger)
    both = federation.map_together(
        [(as_features, {"X": table, "finite": True}), (as_targets, {"y": column})], purpose="a fit"
    )
    told = [entry.operation for entry in federation.ledger[before:]]
    assert told == ["design.features", "design.targets"] * 2
    alone = [
        federation.map(as_features, X=table, finite=True),
        federation.map(as_targets, y=column),
    ]
    for one, other in zip(both, alone, strict=True):
        assert (one.shape, one.dtype, one.layout.counts) == (
            other.shape,
            other.dtype,
            other.layout.counts,
        )
        np.testing.assert_array_equal(one.sum(), other.sum())


def test_of_several_failures_the_first_step_is_told() -> None:
    """As it would be one after another, whichever party comes first."""
    fedruntime.init(parties=["alice", "bob"], ledger="")
    rows, labels = X.copy(), np.arange(6.0)
    rows[5, 1], labels[0] = np.nan, np.nan  # at bob, and at alice
    table, column = fedruntime.partition_data(rows), fedruntime.partition_label(labels)
    model = fedruntime.FLModel(model=Ridge())
    with pytest.raises(DataError, match=r"party 'bob': .*X"):
        model.fit(table, column)


def test_a_fit_costs_a_message_for_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    federation = fedruntime.init(parties=["alice", "bob"], ledger="")
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 3))
    table, column = fedruntime.partition_data(rows), fedruntime.partition_label(rows.sum(axis=1))
    fedruntime.FLModel(model=LinearRegression()).fit(table, column)  # agrees on keys
    asked: list[str] = []
    call = federation.engine.call

    def counted(requests, **options):  # type: ignore[no-untyped-def]
        asked.append(next(iter(requests.values())).operation)
        return call(requests, **options)

    monkeypatch.setattr(federation.engine, "call", counted)
    fedruntime.FLModel(model=LinearRegression()).fit(table, column)
    assert [name for name in asked if name != "rows.same"] == [
        "design.targets",
        "gram.pilot",
        "gram.sums",
    ]
