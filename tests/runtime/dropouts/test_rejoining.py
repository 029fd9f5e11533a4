"""A party that is back takes part again, with what it has missed, from the next operation on."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from vanishing import PARTIES, How, Pool, Vanishing, VanishingEngine, federation_of, quietly

from fedruntime import FLModel
from fedruntime.dropouts import Dropout, DropoutWarning
from fedruntime.engines.local import LocalEngine
from fedruntime.errors import DropoutError
from fedruntime.federation import Federation
from fedruntime.messages import Release, Request
from fedruntime.operations import row_op
from fedruntime.settings import Settings

_RNG = np.random.default_rng(1)
X = _RNG.normal(size=(60, 3))
Y = X @ [1.0, 2.0, -1.0]
FRAME = pd.DataFrame({"a": X[:, 0], "b": np.arange(60)})
POOL = Pool(np.arange(60) % 3)


def _engine(federation: Federation) -> VanishingEngine:
    engine = federation.engine
    assert isinstance(engine, VanishingEngine)
    return engine


def _come_back(federation: Federation) -> None:
    _engine(federation).vanishing.clear()


def _asked_of(federation: Federation, party: str) -> list[str]:
    return [request.operation for to, request in _engine(federation).sent if to == party]


@pytest.mark.parametrize("how", ["before", "after", "late"])
def test_rows_made_while_it_was_missing_get_its_part(how: How) -> None:
    federation = federation_of(Vanishing("bob", 1, how))
    rows, frame = POOL.deal(federation, X), POOL.deal(federation, FRAME)
    before = rows + 1.0
    during = quietly(lambda: np.exp(rows * 2.0))
    renamed = quietly(lambda: frame.rename(columns={"a": "c"}))[["c"]]
    assert len(during) == 40
    _come_back(federation)
    np.testing.assert_allclose(during.mean(axis=0), np.exp(X * 2.0).mean(axis=0))
    assert [str(entry.event) for entry in federation.dropouts] == ["missing", "back"]
    assert during.shape == before.shape == (60, 3)
    assert during.layout.same_as(rows.layout)
    np.testing.assert_allclose(renamed["c"].sum(), FRAME["a"].sum())
    fitted = FLModel(model=Ridge()).fit(during, POOL.deal(federation, Y))
    np.testing.assert_allclose(fitted.coef_, Ridge().fit(np.exp(X * 2.0), Y).coef_)


def test_it_does_not_rejoin_in_the_middle_of_an_operation() -> None:
    federation = federation_of(Vanishing("bob", 0, for_messages=1))
    rows = POOL.deal(federation, X)
    counts = quietly(lambda: federation.attempt(lambda: [rows.sum() and len(rows) for _ in "ab"]))
    assert counts == [40, 40]
    assert rows.sum() == pytest.approx(X.sum())
    assert len(rows) == 60


def test_it_is_not_asked_while_it_cannot_be_reached() -> None:
    federation = federation_of(Vanishing("bob", 0))
    rows = POOL.deal(federation, X)
    for _ in range(4):
        quietly(lambda: rows.mean(axis=0))
    assert len(_asked_of(federation, "bob")) == 1


def test_rows_that_were_chosen_without_it_stay_without_it() -> None:
    federation = federation_of(Vanishing("bob", 0))
    frame = POOL.deal(federation, FRAME)
    kept = quietly(lambda: frame[frame["a"] > 0])
    _come_back(federation)
    left = POOL.without(FRAME, 1)
    assert frame["b"].sum() == FRAME["b"].sum()
    assert kept["b"].sum() == left.loc[left["a"] > 0, "b"].sum()
    assert len(kept) == (left["a"] > 0).sum()


def test_an_operation_on_rows_with_and_without_it_is_over_those_who_hold_all_of_them() -> None:
    federation = federation_of(Vanishing("bob", 0))
    rows, target = POOL.deal(federation, X), POOL.deal(federation, Y)
    quietly(lambda: rows.mean())
    weights = np.linspace(1.0, 2.0, 40)  # public, so dealt to those who are there
    weighted = rows[:, 0] * 0.0 + weights
    _come_back(federation)
    assert len(rows) == 40
    fitted = FLModel(model=Ridge()).fit(rows, target, sample_weight=weighted)
    expected = Ridge().fit(POOL.without(X, 1), POOL.without(Y, 1), weights)
    np.testing.assert_allclose(fitted.coef_, expected.coef_)
    assert rows.mean() == pytest.approx(X.mean())


def test_too_few_hold_all_of_them() -> None:
    federation = federation_of(Vanishing("bob", 0))
    rows = POOL.deal(federation, X)
    chosen = quietly(lambda: rows[rows[:, 0] > 0])
    _engine(federation).vanishing[:] = [Vanishing("carol", 0)]
    quietly(lambda: rows.mean())
    with pytest.raises(DropoutError, match=r"'bob' holds no part of these rows.*'carol' did not"):
        chosen.mean()


def test_what_nobody_refers_to_any_more_is_neither_made_nor_kept() -> None:
    federation = federation_of(Vanishing("bob", 0))
    rows = POOL.deal(federation, X)
    quietly(lambda: rows.mean())
    for _ in range(5):
        (rows * 2.0 + 1.0).mean()
    kept = rows * 3.0
    _come_back(federation)
    kept.sum(axis=0)
    rows.sum(axis=0)
    made = [request for to, request in _engine(federation).sent if to == "bob" and request.keep_as]
    assert [request.arguments["operands"][1] for request in made] == [3.0]
    held = _engine(federation)._parties["bob"]._rows
    assert set(held) == {rows.ref.name, kept.ref.name}


def test_a_missing_party_drops_later_what_was_forgotten_meanwhile() -> None:
    federation = federation_of(Vanishing("bob", 1))
    rows, other = POOL.deal(federation, X), POOL.deal(federation, X)
    quietly(lambda: rows.mean())
    del other
    quietly(lambda: rows.mean())
    parties = _engine(federation)._parties
    assert len(parties["bob"]._rows) == 2
    _come_back(federation)
    rows.mean()
    rows.mean()
    assert {len(party._rows) for party in parties.values()} == {1}


def test_a_party_that_cannot_catch_up_stays_out_with_the_reason() -> None:
    federation = federation_of(Vanishing("bob", 0))
    rows = POOL.deal(federation, X)
    doubled = quietly(lambda: rows * 2.0)
    _engine(federation)._parties["bob"]._rows.clear()
    _come_back(federation)
    with pytest.warns(DropoutWarning, match="'bob' answers again, but stays out: .*holds no rows"):
        total = doubled.sum(axis=0)
    np.testing.assert_allclose(total, 2.0 * POOL.without(X, 1).sum(axis=0))
    assert [entry.event for entry in federation.dropouts] == ["missing", "left out"]
    asked = len(_asked_of(federation, "bob"))
    np.testing.assert_allclose(rows.sum(axis=0), POOL.without(X, 1).sum(axis=0))
    assert len(_asked_of(federation, "bob")) == asked


def test_one_that_vanishes_while_it_catches_up_is_missing_as_before() -> None:
    federation = federation_of(Vanishing("bob", 0))
    rows = POOL.deal(federation, X)
    doubled = quietly(lambda: rows * 2.0)
    _engine(federation).vanishing[:] = [Vanishing("bob", _engine(federation).messages)]
    _engine(federation).reachable = lambda party: True  # type: ignore[method-assign]
    np.testing.assert_allclose(doubled.sum(axis=0), 2.0 * POOL.without(X, 1).sum(axis=0))
    _come_back(federation)
    np.testing.assert_allclose(doubled.sum(axis=0), 2.0 * X.sum(axis=0))


def test_rows_loaded_while_it_was_missing_are_dealt_to_it_all_the_same() -> None:
    federation = federation_of(Vanishing("bob", 0))
    quietly(lambda: POOL.deal(federation, X).mean())
    frame = federation.load(FRAME.copy)
    assert len(frame) == 40
    _come_back(federation)
    assert frame["b"].mean() == FRAME["b"].mean()
    assert len(frame) == 60


class _Apart(VanishingEngine):
    """Parties that are real: each request knows at whose site it runs."""

    simulated = False

    def _deliver(self, party: str, request: Request) -> Any:
        _AT.party = party
        return super()._deliver(party, request)


_AT = threading.local()


def load_own() -> Any:
    return X[POOL.owner == PARTIES.index(_AT.party)]


@pytest.mark.parametrize("message", range(3))
def test_a_party_that_is_missing_at_the_load_stays_without_these_rows(message: int) -> None:
    settings = Settings(parties=PARTIES, min_parties=2)
    engine = _Apart(PARTIES, [Vanishing("bob", message)])
    federation = Federation(settings, engine=engine)
    rows = quietly(lambda: federation.load(load_own))
    assert len(rows) == 40
    _come_back(federation)
    assert rows.mean() == pytest.approx(POOL.without(X, 1).mean())
    assert federation.load(load_own).mean() == pytest.approx(X.mean())
    federation.stop()


# -- nobody may be missing ------------------------------------------------------------------


def test_without_a_floor_a_missing_party_is_an_error_until_it_is_back() -> None:
    federation = federation_of(Vanishing("bob", 1), min_parties=None)
    rows = POOL.deal(federation, X)
    advice = (
        r"'bob' did not answer .* \(after message \d\)\. 2 parties are left, and min_parties is 3: "
        "run the statement again when bob can be reached, or open the federation with a smaller"
    )
    with pytest.raises(DropoutError, match=advice):
        (rows * 2.0).mean()
    with pytest.raises(DropoutError, match=advice):
        rows.mean()
    _come_back(federation)
    assert rows.mean() == pytest.approx(X.mean())
    assert [entry.event for entry in federation.dropouts] == ["missing", "back"]


def test_below_the_floor_no_result_is_given() -> None:
    parties = (*PARTIES, "dora")
    pool = Pool(np.arange(60) % 4)
    gone = [Vanishing("bob", 0), Vanishing("dora", 1)]
    federation = federation_of(*gone, parties=parties, min_parties=3)
    rows = pool.deal(federation, X)
    with pytest.raises(DropoutError, match=r"'bob' did not .*'dora' did not .*2 parties are left"):
        quietly(lambda: rows.std(axis=0))


def test_the_report_reads_as_a_sentence() -> None:
    entry = Dropout("missing", "bob", "gram.sums", "Ridge.fit", 7, ("alice", "carol", "dora"))
    assert str(entry) == (
        "'bob' did not answer 'gram.sums' of Ridge.fit (after message 7); from here on results "
        "equal the pooled results on the rows of alice, carol and dora"
    )


# -- stragglers of the local engine ---------------------------------------------------------

_GO_ON = threading.Event()


@row_op("test_rejoining.slow")
def slow(rows: Any, wait_for: str) -> Any:
    if wait_for == threading.current_thread().name.split("_")[0]:
        _GO_ON.wait(60)
    return rows


def _request(name: str, wait: bool) -> Request:
    rows: Any = np.arange(3.0)
    arguments = {"rows": rows, "wait_for": "party" if wait else ""}
    return Request(slow.name, arguments, Release.KEEP, keep_as=name)


def test_an_engine_returns_without_those_who_take_too_long() -> None:
    _GO_ON.clear()
    engine = LocalEngine(["alice", "bob"])
    try:
        replies = engine.call(
            {"alice": _request("r0", False), "bob": _request("r0", True)}, timeout=0.05
        )
        assert (set(replies), engine.reachable("alice")) == ({"alice"}, True)
        assert not engine.reachable("bob")
        # It is given nothing else before it is done, and what it is late with is thrown away.
        assert engine.call({"bob": _request("r1", False)}, timeout=0.001) == {}
        _GO_ON.set()
        replies = engine.call({"bob": _request("r2", False)})
        assert replies["bob"].error is None
        assert set(engine._parties["bob"]._rows) == {"r0", "r2"}
        assert engine.reachable("bob")
    finally:
        _GO_ON.set()
        engine.stop()


def test_requests_of_a_party_are_worked_off_in_order() -> None:
    engine = LocalEngine(["alice"])
    _GO_ON.clear()
    threads = []
    try:
        assert engine.call({"alice": _request("r0", True)}, timeout=0.001) == {}
        for number in (1, 2, 3):
            request = {"alice": _request(f"r{number}", False)}
            threads.append(threading.Thread(target=engine.call, args=(request,)))
            threads[-1].start()
            while engine._lines._lines["alice"]._open < number + 1:
                pass
        assert engine._parties["alice"]._rows == {}
        _GO_ON.set()
        for thread in threads:
            thread.join(60)
        assert list(engine._parties["alice"]._rows) == ["r0", "r1", "r2", "r3"]
    finally:
        _GO_ON.set()
        engine.stop()


def test_a_straggler_counts_as_missing_and_takes_part_again() -> None:
    _GO_ON.clear()
    settings = Settings(parties=PARTIES, min_parties=2, round_timeout=0.05)
    federation = Federation(settings)
    rows = POOL.deal(federation, X)
    each = {party: {"wait_for": "party" if party == "bob" else ""} for party in PARTIES}
    try:
        with pytest.warns(DropoutWarning, match="'bob' did not answer 'test_rejoining.slow'"):
            federation.attempt(lambda: federation.map(slow, each=each, rows=rows))
        assert rows.mean() == pytest.approx(POOL.without(X, 1).mean())
        _GO_ON.set()
        federation.engine.call({"bob": _request("other", False)})  # until it is done
        assert rows.mean() == pytest.approx(X.mean())
    finally:
        _GO_ON.set()
        federation.stop()
