"""Folds that a script has in hand while a party vanishes, or comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from vanishing import Pool, Vanishing, VanishingEngine, federation_of, quietly

from fedruntime.data.positions import Positions
from fedruntime.errors import DropoutError
from fedruntime.federation import Federation
from fedruntime.model_selection import GroupKFold, KFold, ShuffleSplit, StratifiedKFold

_RNG = np.random.default_rng(4)
X = np.column_stack([np.arange(60.0), _RNG.normal(size=60)])
Y = _RNG.integers(2, size=60)
GROUPS = np.repeat(np.arange(12), 5)
POOL = Pool(_RNG.integers(3, size=60))

SPLITS: dict[str, Callable[..., Any]] = {
    "KFold": lambda X, y, groups: KFold(4).split(X),
    "ShuffleSplit": lambda X, y, groups: ShuffleSplit(4, random_state=0).split(X, y),
    "GroupKFold": lambda X, y, groups: GroupKFold(4).split(X, y, groups),
    "StratifiedKFold": lambda X, y, groups: StratifiedKFold(4).split(X, y),
}


def _vanishes(federation: Federation, party: str) -> None:
    engine = federation.engine
    assert isinstance(engine, VanishingEngine)
    engine.vanishing.append(Vanishing(party, engine.messages))


def _come_back(federation: Federation) -> None:
    engine = federation.engine
    assert isinstance(engine, VanishingEngine)
    engine.vanishing.clear()


def _sums(rows: Any) -> Any:
    """What tells which rows these are: row numbers are in the first column."""
    return quietly(lambda: [(rows[:, 0] ** 2).sum(), rows[:, 0].sum(), len(rows)])


def _of_left(fold: Any) -> Any:
    left = X[fold[POOL.owner[fold] != 1]]
    return [(left[:, 0] ** 2).sum(), left[:, 0].sum(), len(left)]


@pytest.mark.parametrize("split", SPLITS)
def test_folds_stand_for_the_same_rows_when_a_party_has_vanished(split: str) -> None:
    federation = federation_of()
    rows, labels, groups = (POOL.deal(federation, given) for given in (X, Y, GROUPS))
    expected = list(SPLITS[split](X, Y, GROUPS))
    found = []
    for number, (train, test) in enumerate(SPLITS[split](rows, labels, groups)):
        if number == 1:
            _vanishes(federation, "bob")
            _sums(rows)
        found.append((_sums(rows[train]), _sums(rows[test])))
    for number, (train, test) in enumerate(expected):
        if number:
            assert found[number] == (_of_left(train), _of_left(test))
    assert len(found) == 4


@pytest.mark.parametrize("split", ["KFold", "StratifiedKFold"])
def test_folds_drawn_without_a_party_stay_without_it(split: str) -> None:
    federation = federation_of()
    rows, labels, groups = (POOL.deal(federation, given) for given in (X, Y, GROUPS))
    _vanishes(federation, "bob")
    _sums(rows)
    folds = list(SPLITS[split](rows, labels, groups))
    before = [_sums(rows[test]) for _, test in folds]
    _come_back(federation)
    assert _sums(rows)[-1] == 60
    assert [_sums(rows[test]) for _, test in folds] == before
    assert sum(count for *_, count in before) == (POOL.owner != 1).sum()


def test_folds_of_rows_of_others_are_refused() -> None:
    federation = federation_of()
    rows = POOL.deal(federation, X)
    _, test = next(iter(KFold(4).split(rows)))
    _vanishes(federation, "bob")
    chosen = quietly(lambda: rows[rows[:, 0] >= 0])
    _come_back(federation)
    with pytest.raises(DropoutError, match=r"over the rows of alice, bob, carol.*split again"):
        chosen[test]


def test_where_nobody_may_vanish_folds_are_scikit_learns_own_arrays() -> None:
    federation = federation_of(min_parties=None)
    for train, test in KFold(3).split(POOL.deal(federation, X)):
        assert type(train) is type(test) is np.ndarray
    for train, _ in KFold(3).split(POOL.deal(federation_of(), X)):
        assert type(train) is Positions
        assert np.array_equal(X[train], X[np.asarray(train)])
