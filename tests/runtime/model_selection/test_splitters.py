"""Every splitter chooses the rows that scikit-learn's chooses from the pooled labels, in its order;
and what leaves the parties for it are class counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.model_selection
from hypothesis import given
from hypothesis import strategies as st
from row_layouts import LAYOUTS, SEEDS, examples, owners
from split_cases import pooled

from fedruntime import model_selection
from fedruntime.data.layout import RowLayout
from fedruntime.errors import DataError, FedError, RevealError
from fedruntime.model_selection.strata import class_counts, stratified_rows

SPLITTERS = [
    ("KFold", {"n_splits": 4}),
    ("KFold", {"n_splits": 3, "shuffle": True}),
    ("RepeatedKFold", {"n_splits": 2, "n_repeats": 2}),
    ("ShuffleSplit", {"n_splits": 2, "test_size": 0.3}),
    ("StratifiedKFold", {"n_splits": 2}),
    ("StratifiedKFold", {"n_splits": 3, "shuffle": True}),
    ("RepeatedStratifiedKFold", {"n_splits": 2, "n_repeats": 2}),
    ("StratifiedShuffleSplit", {"n_splits": 2, "test_size": 0.3}),
    ("TimeSeriesSplit", {"n_splits": 3}),
]
BY_GROUP = [
    ("GroupKFold", {"n_splits": 3}),
    ("GroupShuffleSplit", {"n_splits": 2, "test_size": 0.4, "random_state": 3}),
    ("LeaveOneGroupOut", {}),
    ("LeavePGroupsOut", {"n_groups": 2}),
    ("StratifiedGroupKFold", {"n_splits": 2}),
    ("StratifiedGroupKFold", {"n_splits": 2, "shuffle": True, "random_state": 4}),
]
STRATIFIED = [case for case in SPLITTERS if "Stratified" in case[0]]


def seeded(options: dict[str, Any], seed: int, name: str) -> dict[str, Any]:
    unshuffled = name.endswith("KFold") and "Repeated" not in name and "shuffle" not in options
    unshuffled |= name == "TimeSeriesSplit"
    return options if unshuffled else {**options, "random_state": seed}


@pytest.mark.parametrize(("name", "options"), SPLITTERS, ids=str)
@examples(12)
@given(n=st.integers(12, 60), seed=SEEDS, layout=LAYOUTS, kind=st.sampled_from(["int", "str"]))
def test_same_rows_in_the_same_order(
    name: str, options: dict[str, Any], n: int, seed: int, layout: Any, kind: str, deal: Any
) -> None:
    rng = np.random.default_rng(seed)
    y = np.r_[[0] * 3, [1] * 3, [2] * 3, rng.integers(0, 3, n - 9)][rng.permutation(n)]
    labels = np.array(["b", "c", "a"], dtype=object)[y] if kind == "str" else y
    dealt = deal(owners(rng, y, *layout), parties=layout[0])
    X, numbers, handle = dealt(rng.normal(size=(n, 2))), dealt(np.arange(n)), dealt(labels)
    options = seeded(options, seed, name)
    ours = getattr(model_selection, name)(**options)
    theirs = getattr(sklearn.model_selection, name)(**options)
    assert repr(ours) == repr(theirs)
    assert ours.get_n_splits(X, handle) == theirs.get_n_splits(np.arange(n), labels)
    expected = list(theirs.split(np.arange(n), labels))
    folds = list(ours.split(X, handle))
    assert len(folds) == len(expected)
    for fold, indices in zip(folds, expected, strict=True):
        for chosen, positions in zip(fold, indices, strict=True):
            assert len(chosen) == len(positions)
            assert pooled(numbers[chosen]).tolist() == positions.tolist()


@pytest.mark.parametrize(("name", "options"), BY_GROUP, ids=str)
@examples(12)
@given(n=st.integers(12, 60), seed=SEEDS, layout=LAYOUTS, kind=st.sampled_from(["int", "str"]))
def test_groups_stay_together_as_in_scikit_learn(
    name: str, options: dict[str, Any], n: int, seed: int, layout: Any, kind: str, deal: Any
) -> None:
    rng = np.random.default_rng(seed)
    y = np.r_[[0] * 6, [1] * 6, rng.integers(0, 2, n - 12)][rng.permutation(n)]
    groups = np.r_[[0] * 4, [1] * 4, [2] * 4, rng.integers(0, 4, n - 12)][rng.permutation(n)]
    members = np.array(["north", "east", "south", "west"])[groups] if kind == "str" else groups
    dealt = deal(owners(rng, y, *layout), parties=layout[0])
    numbers = dealt(np.arange(n))
    ours = getattr(model_selection, name)(**options)
    theirs = getattr(sklearn.model_selection, name)(**options)
    expected = list(theirs.split(np.arange(n), y, members))
    folds = list(ours.split(dealt(rng.normal(size=(n, 2))), dealt(y), dealt(members)))
    assert len(folds) == len(expected)
    for fold, indices in zip(folds, expected, strict=True):
        for chosen, positions in zip(fold, indices, strict=True):
            assert pooled(numbers[chosen]).tolist() == positions.tolist()
    assert [len(test) for _, test in ours.split(dealt(y), y, members)] == [
        len(test) for _, test in expected
    ]


def test_predefined_folds(deal: Any) -> None:
    dealt = deal([0] * 5 + [1] * 5)
    splitter = model_selection.PredefinedSplit([0, 1] * 5)
    for (train, test), (expected, _) in zip(
        splitter.split(dealt(np.arange(10))), splitter.split(), strict=True
    ):
        assert pooled(dealt(np.arange(10))[train]).tolist() == expected.tolist()
        assert len(test) == 5


def test_groups_that_hardly_repeat_are_not_told(deal: Any) -> None:
    dealt = deal([0] * 30 + [1] * 30)
    with pytest.raises(RevealError, match="30 distinct values in 30 rows"):
        next(model_selection.GroupKFold(3).split(dealt(np.arange(60)), None, dealt(np.arange(60))))


@pytest.mark.parametrize("name", ["LeaveOneOut", "LeavePOut"])
def test_single_rows_are_left_out_of_local_data_only(name: str, deal: Any) -> None:
    options = {"p": 2} if name == "LeavePOut" else {}
    splitter = getattr(model_selection, name)(**options)
    assert len(list(splitter.split(np.arange(4)))) == splitter.get_n_splits(np.arange(4))
    with pytest.raises(RevealError, match="leaves out single rows"):
        next(splitter.split(deal([0, 1, 1])(np.arange(3))))


def test_indices_of_frames_and_series(deal: Any) -> None:
    table = pd.DataFrame({"a": np.arange(20.0), "y": ["u", "v"] * 10})
    dealt = deal([0] * 9 + [1] * 11)
    X, y = dealt(table), dealt(table["y"])
    train, test = next(model_selection.StratifiedKFold(5).split(X, y))
    expected, _ = next(sklearn.model_selection.StratifiedKFold(5).split(table, table["y"]))
    assert pooled(X.iloc[train]).tolist() == table.iloc[expected].to_numpy().tolist()
    assert pooled(y.iloc[train]).tolist() == table["y"].iloc[expected].tolist()
    assert repr(test) == "<RowSelection: 4 of 20 rows>"


def test_indices_of_a_plain_splitter(deal: Any) -> None:
    dealt = deal([0] * 9 + [1] * 11)
    X = dealt(np.arange(20))
    for train, test in sklearn.model_selection.KFold(5).split(range(20)):
        assert pooled(X[train]).tolist() == train.tolist()
        assert pooled(X[test]).tolist() == test.tolist()


def test_strata_need_only_the_length_of_X(deal: Any) -> None:
    dealt = deal([0] * 9 + [1] * 11)
    y = np.arange(20) % 2
    ours = next(model_selection.StratifiedKFold(5).split(np.zeros(20), dealt(y)))
    theirs = next(sklearn.model_selection.StratifiedKFold(5).split(np.zeros(20), y))
    numbers = dealt(np.arange(20))
    assert pooled(numbers[ours[1]]).tolist() == theirs[1].tolist()


def test_scikit_learns_own_stratified_splitter_sees_no_labels(deal: Any) -> None:
    y = deal([0] * 5 + [1] * 5)(np.arange(10) % 2)
    with pytest.raises(FedError):
        next(sklearn.model_selection.StratifiedKFold(2).split(np.zeros(10), y))


def test_lengths_and_places_must_agree(deal: Any) -> None:
    dealt = deal([0] * 5 + [1] * 5)
    y = dealt(np.arange(10) % 2)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        next(model_selection.KFold(2).split(np.zeros(9), y))
    other = type(dealt)(dealt.federation, RowLayout(dealt.layout.parties, np.arange(10) % 2))
    with pytest.raises(DataError, match="same places"):
        next(model_selection.StratifiedKFold(2).split(other(np.arange(10)), y))


def test_selection_fits_only_the_rows_it_was_drawn_from(deal: Any) -> None:
    dealt = deal([0] * 5 + [1] * 5)
    y = dealt(np.arange(10) % 2)
    train, _ = next(model_selection.StratifiedKFold(2).split(y, y))
    half = y[train]
    with pytest.raises(DataError, match="drawn from other rows"):
        half[train]


@pytest.mark.parametrize(("name", "options"), STRATIFIED, ids=str)
def test_a_contiguous_stratified_split_reveals_class_counts_only(
    name: str, options: dict[str, Any], deal: Any
) -> None:
    dealt = deal([0] * 40 + [1] * 50)
    y = dealt(np.arange(90) % 3)
    before = len(dealt.federation.ledger)
    folds = list(getattr(model_selection, name)(**options).split(y, y))
    left = dealt.federation.ledger[before:]
    counts = (("classes", (3,)), ("counts", (3,)))
    clear = [entry for entry in left if entry.protection != "facts"]
    assert [(e.party, e.operation, e.content) for e in clear] == [
        ("party0", "model_selection.class_counts", counts),
        ("party1", "model_selection.class_counts", counts),
    ]
    kept = [entry for entry in left if entry.protection == "facts"]
    assert {(e.operation, e.content) for e in kept} == {("model_selection.stratified_rows", ())}
    assert len(kept) == 2 * 2 * len(folds)


@pytest.mark.parametrize(("name", "options"), SPLITTERS[:4], ids=str)
def test_unstratified_splits_ask_nothing(name: str, options: dict[str, Any], deal: Any) -> None:
    dealt = deal([0] * 10 + [1] * 10)
    X, y = dealt(np.arange(20)), dealt(np.arange(20) % 2)
    before = len(dealt.federation.ledger)
    assert list(getattr(model_selection, name)(**options).split(X, y))
    assert len(dealt.federation.ledger) == before


def test_counts_of_few_rows_are_refused_in_deployment(
    deal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealt = deal([0] * 30 + [1] * 9)
    y = dealt(np.arange(39) % 2)
    before = len(dealt.federation.ledger)
    monkeypatch.setattr(dealt.federation.engine, "simulated", False)
    with pytest.raises(RevealError, match="9 rows in a row at 'party1', less than 10"):
        model_selection.train_test_split(y, stratify=y)
    assert len(dealt.federation.ledger) == before


def test_class_counts_of_runs() -> None:
    y = np.array(["b", "a", "b", "c", "c"])
    counts = class_counts(y, np.array([3, 2]), joined=False)
    assert {name: value.tolist() for name, value in counts.items()} == {
        "classes": ["b", "a", "c"],
        "counts": [2, 1, 2],
    }


def test_a_party_without_rows_has_no_class() -> None:
    counts = class_counts(np.empty(0, dtype=int), np.empty(0, dtype=int), joined=False)
    assert counts["counts"].tolist() == []
    assert counts["classes"].dtype == int
    rows = stratified_rows(
        np.empty(0, dtype=int), np.empty(0, dtype=int), False, np.empty(0, dtype=int), True
    )
    assert rows.tolist() == []


@pytest.mark.parametrize(("in_order", "rows"), [(True, [0, 1, 4]), (False, [1, 0, 4])])
def test_surrogate_positions_become_own_rows(in_order: bool, rows: list[int]) -> None:
    y = np.array(["b", "a", "b", "c", "c"])  # the surrogate is b b a, c c
    found = stratified_rows(y, np.array([3, 2]), False, np.array([2, 0, 4]), in_order)
    assert found.tolist() == rows
