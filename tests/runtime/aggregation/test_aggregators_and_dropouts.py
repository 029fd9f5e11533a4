"""Aggregators in a federation whose parties fall silent: the sum is that of the others, or there
is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import fedruntime
from fedruntime.aggregation.aggregator import Aggregator
from fedruntime.data.layout import RowLayout
from fedruntime.errors import DropoutError, SettingsError
from fedruntime.messages import Reply, Request
from fedruntime.operations import Statistics, party_op

pytestmark = pytest.mark.filterwarnings("ignore::fedruntime.dropouts.DropoutWarning")

PARTIES = ["alice", "bob", "carol", "dave", "erin"]
X = np.arange(30.0).reshape(10, 3)  # two rows a party; sums of these are exact in any order


@party_op("test.sums_of_survivors")
def sums(X: Any) -> Statistics:
    return {"total": X.sum(axis=0), "rows": len(X)}


SET_UP = ["secure.advertise", "secure.agree", "secure.share", "secure.deliver"]
Sum = Callable[[], Mapping[str, Any]]


class Silence:
    """Parties that do not answer some operation, or any.

    Parameters
    ----------
    federation : Federation
    patch : MonkeyPatch
    silent : mapping of str to str
        An operation by party; ``""`` for all of them.
    """

    def __init__(
        self,
        federation: fedruntime.Federation,
        patch: pytest.MonkeyPatch,
        silent: Mapping[str, str],
    ) -> None:
        self.silent = dict(silent)
        self.asked: list[str] = []
        self._call = federation.engine.call
        patch.setattr(federation.engine, "call", self.call)
        patch.setattr(federation.engine, "reachable", lambda party: party not in self.silent)

    def call(
        self, requests: Mapping[str, Request], *, timeout: float | None = None
    ) -> dict[str, Reply]:
        self.asked += {request.operation for request in requests.values()}
        heard = {
            party: request
            for party, request in requests.items()
            if self.silent.get(party) not in (request.operation, "")
        }
        return self._call(heard, timeout=timeout)


def opened(
    aggregator: Aggregator, min_parties: int | None = 2
) -> tuple[fedruntime.Federation, Sum]:
    """A federation that holds X, and how to sum it there."""
    federation = fedruntime.init(PARTIES, min_parties=min_parties)
    layout = RowLayout(federation.parties, np.repeat(np.arange(5), 2))
    rows = federation.place(
        {party: X[layout.positions[party]] for party in federation.parties}, layout
    )

    def run() -> Mapping[str, Any]:
        def ask() -> Mapping[str, Any]:
            return aggregator.sum_statistics(federation, sums, {"X": rows}, purpose="the test")

        return federation.attempt(ask, rows)

    return federation, run


def held_by(*parties: str) -> dict[str, Any]:
    """The sums of some parties' rows."""
    rows = [X[2 * PARTIES.index(party) :][:2] for party in parties]
    return {"total": np.sum(rows, axis=(0, 1)).tolist(), "rows": 2 * len(parties)}


def plain(statistics: Mapping[str, Any]) -> dict[str, Any]:
    return {name: statistic.tolist() for name, statistic in statistics.items()}


@pytest.mark.parametrize("operation", [*SET_UP, sums.name])
@pytest.mark.parametrize("silent", [["bob"], ["alice", "erin"]], ids="-".join)
def test_a_masked_sum_is_that_of_those_who_answer(
    operation: str, silent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    federation, run = opened(fedruntime.SecureAggregator())
    Silence(federation, monkeypatch, dict.fromkeys(silent, operation))
    left = [party for party in PARTIES if party not in silent]
    assert plain(run()) == held_by(*left)
    assert [entry.party for entry in federation.dropouts] == silent


@pytest.mark.parametrize("kind", [fedruntime.SecureAggregator, fedruntime.PlainAggregator])
def test_parties_that_vanish_one_by_one_leave_the_sum_of_the_others(
    kind: type[Aggregator], monkeypatch: pytest.MonkeyPatch
) -> None:
    federation, run = opened(kind())
    silence = Silence(federation, monkeypatch, {})
    assert plain(run()) == held_by(*PARTIES)
    for gone in range(1, 4):
        silence.silent[PARTIES[-gone]] = ""
        assert plain(run()) == held_by(*PARTIES[:-gone])
    silence.silent[PARTIES[1]] = ""
    with pytest.raises(DropoutError, match=r"1 party is left, and min_parties is 2"):
        run()


def test_too_many_for_the_shares_leave_a_sum_in_which_all_the_others_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    federation, run = opened(fedruntime.SecureAggregator())
    run()
    silence = Silence(federation, monkeypatch, dict.fromkeys(PARTIES[:3], ""))
    assert plain(run()) == held_by(*PARTIES[3:])
    assert "secure.unmask" not in silence.asked


@pytest.mark.parametrize("silent", [1, 2, 3, 5])
def test_when_unmasking_fails_the_sum_is_begun_again(
    silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A party whose vector is there is in the sum, as long as enough others help to unmask it."""
    federation, run = opened(fedruntime.SecureAggregator())
    Silence(federation, monkeypatch, dict.fromkeys(PARTIES[:silent], "secure.unmask"))
    if silent == 1:
        assert plain(run()) == held_by(*PARTIES)
        assert not federation.dropouts
    elif silent <= 3:
        assert plain(run()) == held_by(*PARTIES[silent:])
    else:
        with pytest.raises(DropoutError):
            run()


def test_a_party_that_is_back_is_in_the_sum_again(monkeypatch: pytest.MonkeyPatch) -> None:
    federation, run = opened(fedruntime.SecureAggregator())
    silence = Silence(federation, monkeypatch, {"bob": sums.name})
    assert plain(run()) == held_by("alice", "carol", "dave", "erin")
    silence.silent.clear()
    assert plain(run()) == held_by(*PARTIES)


@pytest.mark.parametrize("operation", [*SET_UP[:2], sums.name])
def test_where_everyone_has_to_answer_there_is_no_sum_without_one(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    federation, run = opened(fedruntime.SecureAggregator(), min_parties=None)
    silence = Silence(federation, monkeypatch, {"carol": operation})
    with pytest.raises(DropoutError, match="carol"):
        run()
    assert not {"secure.share", "secure.unmask"} & set(silence.asked)


def test_keys_are_agreed_once_and_shares_made_once_a_batch() -> None:
    federation, run = opened(fedruntime.SecureAggregator())
    for _ in range(3):
        assert plain(run()) == held_by(*PARTIES)
    asked = [entry.operation for entry in federation.ledger if entry.party == "bob"]
    assert asked == [*SET_UP, *[sums.name, "secure.unmask"] * 3]


def test_an_unsafe_combination_is_refused_before_anything_is_masked() -> None:
    federation, run = opened(fedruntime.SecureAggregator(corrupt=0.4, dropout=0.4))
    with pytest.raises(SettingsError, match="no sum over 5 parties is safe"):
        run()
    assert sums.name not in {entry.operation for entry in federation.ledger}


def test_a_session_that_failed_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    federation, run = opened(fedruntime.SecureAggregator())
    run()

    def refuse(requests: Mapping[str, Request], *, timeout: float | None = None) -> Any:
        raise ConnectionError("the line is down")

    with monkeypatch.context() as patch:
        patch.setattr(federation.engine, "call", refuse)
        with pytest.raises(ConnectionError):
            run()
    assert plain(run()) == held_by(*PARTIES)
    asked = [entry.operation for entry in federation.ledger if entry.party == "bob"]
    assert asked.count("secure.advertise") == 2


class TestLikeSecretFlow:
    @pytest.mark.parametrize("kind", [fedruntime.SecureAggregator, fedruntime.PlainAggregator])
    def test_values_of_missing_parties_do_not_count(
        self, kind: type[Aggregator], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        federation = fedruntime.init(PARTIES[:4], min_parties=2)
        values = [device(np.full)(3, float(n)) for n, device in enumerate(federation.devices)]
        aggregator = kind()
        assert aggregator.average(values, axis=0).tolist() == [1.5] * 3
        Silence(federation, monkeypatch, {"dave": ""})
        assert aggregator.average(values, axis=0).tolist() == [1.0] * 3
        assert aggregator.average(values) == 1.0
        assert aggregator.sum(values) == 9.0
        assert aggregator.average(values, axis=0, weights=[1, 2, 3, 100])[0] == 8 / 6
