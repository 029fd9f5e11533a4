"""A party that has lost all that it held makes it again before it takes part again."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from vanishing import PARTIES, Pool, quietly

from fedruntime import FLModel
from fedruntime.backlog import Backlog, RowsToMake
from fedruntime.dropouts import DropoutWarning
from fedruntime.engines.local import LocalEngine
from fedruntime.errors import DropoutError
from fedruntime.federation import Federation
from fedruntime.messages import Ref, Release, Reply, Request
from fedruntime.model_selection import train_test_split
from fedruntime.party import Party
from fedruntime.settings import Settings

_RNG = np.random.default_rng(3)
FRAME = pd.DataFrame({"a": _RNG.normal(size=60), "b": np.arange(60.0)})
FRAME["c"] = FRAME["a"] * 2.0 - FRAME["b"] + _RNG.normal(size=60)
POOL = Pool(np.arange(60) // 20)
_AT = threading.local()


class Mortal(LocalEngine):
    """Parties that load their own rows, die, and begin again with nothing."""

    simulated = False

    def __init__(self) -> None:
        super().__init__(PARTIES)
        self.lives = dict.fromkeys(PARTIES, 1)
        self.dead: set[str] = set()
        self.sent: list[tuple[str, Request]] = []
        self.dies_at: str | None = None  # the operation at which bob dies next
        self.tables = {
            party: FRAME.iloc[20 * number :][:20].reset_index(drop=True)
            for number, party in enumerate(PARTIES)
        }

    def die(self, party: str) -> None:
        gone = self._parties[party]
        self._parties[party] = Party(
            party,
            quote_failures=True,
            guard=gone._guard.__class__(gone._guard.policy, enforce=False),
            identity=gone._sessions._identity,
            identities=self._identities,
        )
        self.dead.add(party)

    def begin_again(self, party: str) -> None:
        self.dead.remove(party)
        self.lives[party] += 1

    def call(self, requests: Any, *, timeout: float | None = None) -> dict[str, Reply]:
        if "bob" in requests and requests["bob"].operation == self.dies_at:
            self.dies_at = None
            self.die("bob")
        living = {party: one for party, one in requests.items() if party not in self.dead}
        self.sent.extend(living.items())
        return super().call(living)

    def _deliver(self, party: str, request: Request) -> Reply:
        _AT.table = self.tables[party]
        return super()._deliver(party, request)

    def reachable(self, party: str) -> bool:
        return party not in self.dead

    def begun(self, party: str) -> int:
        return self.lives[party]


def load_own() -> pd.DataFrame:
    return _AT.table


@pytest.fixture(params=[2, None], ids=["a floor", "no floor"])
def federation(request: pytest.FixtureRequest) -> Any:
    federation = Federation(Settings(PARTIES, min_parties=request.param), Mortal())
    yield federation
    federation.stop()


def engine_of(federation: Federation) -> Mortal:
    assert isinstance(federation.engine, Mortal)
    return federation.engine


def lose(federation: Federation, party: str, rows: Any) -> None:
    """Let a party die, and the federation notice."""
    engine_of(federation).die(party)
    notice(federation, rows)


def notice(federation: Federation, rows: Any) -> None:
    try:
        quietly(lambda: rows.sum())
    except DropoutError:
        assert not federation.may_go_on_without


def held_by(federation: Federation, party: str) -> set[str]:
    return set(engine_of(federation)._parties[party]._rows)


def test_all_that_is_needed_is_made_again_and_nothing_else(federation: Federation) -> None:
    frame = federation.load(load_own)
    doubled = frame[["a", "b"]] * 2.0
    shifted = np.exp(frame["a"]) + 1.0  # of rows that nobody refers to any more
    for number in range(5):
        (frame["b"] + float(number)).sum()
    lose(federation, "bob", frame["b"])
    engine_of(federation).begin_again("bob")
    engine_of(federation).sent.clear()
    np.testing.assert_allclose(doubled.sum(), 2.0 * FRAME[["a", "b"]].sum())
    np.testing.assert_allclose(shifted.sum(), (np.exp(FRAME["a"]) + 1.0).sum())
    assert frame["c"].mean() == pytest.approx(FRAME["c"].mean())
    made = [one for party, one in engine_of(federation).sent if one.keep_as and party == "bob"]
    assert len(made) <= 10
    frame["b"].sum()
    frame["b"].sum()  # by now it was told what may go
    assert held_by(federation, "bob") == held_by(federation, "alice")
    assert [entry.event for entry in federation.dropouts] == ["missing", "back"]


def test_splits_are_the_same_ones(federation: Federation) -> None:
    frame = federation.load(load_own)
    train, test = train_test_split(frame, test_size=0.25, random_state=0)
    before = train["b"].sum(), test["b"].sum()
    lose(federation, "bob", frame["b"])
    engine_of(federation).begin_again("bob")
    assert (train["b"].sum(), test["b"].sum()) == before
    model = FLModel(model=LinearRegression()).fit(train[["a", "b"]], train["c"])
    other = Federation(Settings(PARTIES), Mortal())
    undisturbed, _ = train_test_split(other.load(load_own), test_size=0.25, random_state=0)
    expected = FLModel(model=LinearRegression()).fit(undisturbed[["a", "b"]], undisturbed["c"])
    assert np.array_equal(model.coef_, expected.coef_)
    other.stop()


def test_it_may_die_again_while_it_catches_up(federation: Federation) -> None:
    frame = federation.load(load_own)
    kept, column = frame[["a"]] * 3.0, frame["b"]
    lose(federation, "bob", column)
    engine = engine_of(federation)
    engine.begin_again("bob")
    engine.dies_at = "load.entry"
    notice(federation, column)  # bob is asked for its rows, and dies in the middle
    assert engine.dies_at is None
    engine.begin_again("bob")
    np.testing.assert_allclose(kept.sum(), 3.0 * FRAME[["a"]].sum())
    lose(federation, "alice", frame["b"])
    engine.begin_again("alice")
    np.testing.assert_allclose(kept.sum(), 3.0 * FRAME[["a"]].sum())


def test_what_was_made_while_it_was_away_comes_after_what_it_had() -> None:
    federation = Federation(Settings(PARTIES, min_parties=2), Mortal())
    frame = federation.load(load_own)
    scaled = frame["a"] * 2.0
    lose(federation, "bob", frame["b"])
    meanwhile = scaled + frame["b"]
    del scaled
    engine_of(federation).begin_again("bob")
    np.testing.assert_allclose(meanwhile.sum(), (FRAME["a"] * 2.0 + FRAME["b"]).sum())
    assert len(meanwhile) == 60
    federation.stop()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: table.iloc[:-1], "gave 19 rows there where 20 were expected"),
        (lambda table: table.rename(columns={"c": "d"}), "gives other columns or dtypes there now"),
        (lambda table: table.astype({"b": int}), "gives other columns or dtypes there now"),
        (lambda table: table["a"].to_numpy(), "gives other columns or dtypes there now"),
    ],
    ids=["fewer rows", "another column", "another dtype", "no table"],
)
def test_a_party_that_loads_something_else_stays_out(change: Any, reason: str) -> None:
    federation = Federation(Settings(PARTIES, min_parties=2), Mortal())
    frame = federation.load(load_own)
    lose(federation, "bob", frame["b"])
    engine = engine_of(federation)
    engine.tables["bob"] = change(engine.tables["bob"])
    engine.begin_again("bob")
    with pytest.warns(DropoutWarning, match=f"stays out: 'device.run', .* {reason}"):
        assert frame["b"].sum() == POOL.without(FRAME, 1)["b"].sum()
    federation.stop()


# -- what is kept for that --------------------------------------------------------------------


def _entry(name: str, *of: str) -> RowsToMake:
    arguments = {"rows": [Ref(one) for one in of]}
    return RowsToMake(Request("some.rows", arguments, Release.KEEP, keep_as=name), 1)


def _names(backlog: Backlog) -> list[str]:
    return [entry.request.keep_as for entry in backlog.entries]


def test_a_backlog_keeps_what_is_needed_in_order() -> None:
    backlog = Backlog([_entry("a"), _entry("b", "a"), _entry("c"), _entry("d", "b")])
    backlog.forget(["a", "b", "c"])
    backlog.prune()
    assert _names(backlog) == ["a", "b", "d"]
    assert backlog.passing() == ["a", "b"]
    backlog.forget(["d"])
    backlog.prune()
    assert _names(backlog) == []


def test_a_backlog_does_not_grow_by_what_comes_and_goes() -> None:
    backlog = Backlog([_entry("base")])
    for number in range(10_000):
        backlog.add(_entry(f"r{number}", "base"))
        backlog.forget([f"r{number}"])
    assert len(backlog.entries) < 130
    assert len(backlog._forgotten) < 130


def test_two_backlogs_in_a_row() -> None:
    first, second = Backlog([_entry("a"), _entry("b")]), Backlog([_entry("c", "a")])
    first.forget(["a"])
    second.forget(["b"])
    both = first.then(second)
    assert _names(both) == ["a", "c"]
    assert both.passing() == ["a"]
    assert both.makes("c")
    assert not both.makes("b")
