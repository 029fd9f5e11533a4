"""``MinCovDet`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fitted import too_far
from pooled_twin import assert_same_rows, pooled_rows
from sklearn.base import clone
from sklearn.covariance import MinCovDet
from specimens import Specimen

from fedruntime import FLModel
from fedruntime.cohort import Cohort
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.covariance import fast_mcd
from fedruntime.estimators.covariance.fast_mcd import drawn_supports

_RNG = np.random.default_rng(0)


def _outlying(n: int, p: int) -> Any:
    rows = _RNG.normal(size=(n, p)) * np.arange(1, p + 1) + 2.0
    rows[: n // 10] += 15.0
    return _RNG.permutation(rows)


_FEW = _outlying(80, 3)


@pytest.fixture
def same_draws(monkeypatch: Any) -> None:
    """Let trials start from the supports that scikit-learn draws, which a fit must not know."""

    def from_pooled_draws(
        rows: Cohort, centre: Any, size: int, n_trials: int, random_state: Any
    ) -> list[fast_mcd.Estimate]:
        outside = np.ones((rows.n_samples, n_trials))
        for number in range(n_trials):
            outside[random_state.permutation(rows.n_samples)[:size], number] = 0.0
        layout = rows["X"].layout
        parts = {party: outside[own] for party, own in layout.positions.items()}
        drawn = rows.federation.place(parts, layout)
        centres = np.tile(centre, (n_trials, 1))
        moments = fast_mcd._moments(rows, drawn, np.full(n_trials, 0.5), centres, size)
        trials = [fast_mcd._Trial(*moment, chosen_by=None, remaining=2) for moment in moments]
        return fast_mcd._run(rows, size, trials)

    monkeypatch.setattr(fast_mcd, "_from_draws", from_pooled_draws)


def _assert_same(model: Any, rows: Any, dealer: Any) -> tuple[FLModel, Any, Any]:
    handle = dealer(rows)
    ours = FLModel(model=clone(model)).fit(handle)
    specimen = Specimen(model, rows, None)
    assert too_far(ours, specimen) == {}
    return ours, specimen.pooled(), handle


@pytest.mark.usefixtures("same_draws")
@pytest.mark.parametrize(
    "model",
    [
        MinCovDet(random_state=0),
        MinCovDet(random_state=0, assume_centered=True),
        MinCovDet(random_state=1, support_fraction=0.8, store_precision=False),
        MinCovDet(random_state=0, support_fraction=1.0),
    ],
    ids=str,
)
def test_from_the_same_supports_the_pooled_fit_comes_out(model: Any, dealt: Any) -> None:
    """The same supports and distances, row for row, and estimates to rounding."""
    ours, pooled, handle = _assert_same(model, _FEW, dealt(80))
    assert_same_rows(ours.support_, pooled.support_)
    assert_same_rows(ours.raw_support_, pooled.raw_support_)
    assert_same_rows(ours.dist_, pooled.dist_, atol=1e-9)
    assert_same_rows(ours.mahalanobis(handle), pooled.mahalanobis(_FEW), atol=1e-9)
    assert ours.score(handle) == pytest.approx(pooled.score(_FEW), rel=1e-10)


@pytest.mark.usefixtures("same_draws")
@pytest.mark.parametrize("n", [700, 1501])
def test_trials_on_subsets(n: int, deal: Any) -> None:
    """More than 500 rows are drawn in subsets, more than 1500 are merged in part."""
    rows = _outlying(n, 2)
    ours, pooled, _ = _assert_same(MinCovDet(random_state=0), rows, deal(np.arange(n) % 2))
    assert_same_rows(ours.raw_support_, pooled.raw_support_)


@pytest.mark.usefixtures("same_draws")
def test_copies_of_rows_stand_for_one_another(dealt: Any) -> None:
    rows = np.r_[_FEW[:40], _FEW[:40]]
    ours = FLModel(model=MinCovDet(random_state=0)).fit(dealt(80)(rows))
    pooled = MinCovDet(random_state=0).fit(rows)
    np.testing.assert_allclose(ours.covariance_, pooled.covariance_, rtol=1e-10)
    assert pooled_rows(ours.raw_support_).sum() == pooled.raw_support_.sum()


def test_from_other_supports_outliers_are_those_of_the_pooled_fit(dealt: Any) -> None:
    ours = FLModel(model=MinCovDet(random_state=0)).fit(dealt(80)(_FEW))
    pooled = MinCovDet(random_state=0).fit(_FEW)
    assert pooled_rows(ours.raw_support_).sum() == pooled.raw_support_.sum()
    far = _FEW[:, 0] > 9
    assert not pooled_rows(ours.support_)[far].any()
    best, other = (np.linalg.slogdet(one.raw_covariance_)[1] for one in (pooled, ours))
    assert other == pytest.approx(best, abs=0.2)


def test_a_frame_keeps_its_names(deal: Any) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(_FEW, columns=["a", "b", "c"])
    ours = FLModel(model=MinCovDet(random_state=0)).fit(deal(np.arange(80) % 2)(frame))
    assert ours.feature_names_in_.tolist() == ["a", "b", "c"]


def test_a_dependent_column_is_told(deal: Any) -> None:
    rows = np.column_stack([_FEW, _FEW[:, 0]])
    with pytest.warns(UserWarning, match="not full rank"):
        FLModel(model=MinCovDet(random_state=0)).fit(deal(np.arange(80) % 2)(rows))


def test_a_single_column(deal: Any) -> None:
    """Its shortest half would be looked for among single values."""
    rows = _FEW[:, :1]
    _assert_same(MinCovDet(support_fraction=1.0), rows, deal(np.arange(80) % 3))
    with pytest.raises(UnsupportedError, match=r"shortest half.*support_fraction=1\.0"):
        FLModel(model=MinCovDet()).fit(deal(np.arange(80) % 3)(rows))


def test_what_scikit_learn_refuses(deal: Any) -> None:
    with pytest.raises(ValueError, match=r"Found array with 1 sample\(s\)"):
        MinCovDet().fit(_FEW[:1])
    with pytest.raises(DataError, match=r"Found array with 1 sample\(s\)"):
        FLModel(model=MinCovDet()).fit(deal([0], 2)(_FEW[:1]))
    spike = np.zeros((40, 2))
    spike[:5] = np.arange(10.0).reshape(5, 2)
    with pytest.raises(DataError, match="try to increase support_fraction"):
        FLModel(model=MinCovDet(random_state=0)).fit(deal(np.arange(40) % 2)(spike))


def test_random_supports_are_known_to_nobody_but_repeated(deal: Any) -> None:
    counts, seed = np.array([5, 5]), 1
    drawn = drawn_supports(_FEW[:20], counts, seed)
    assert (drawn == 0).sum(axis=0).tolist() == [5, 5]
    assert (drawn[:, 0] != drawn[:, 1]).any()
    assert (drawn == drawn_supports(_FEW[:20], counts, seed)).all()
    assert (drawn != drawn_supports(_FEW[20:40], counts, seed)).any()
    assert (drawn != drawn_supports(_FEW[:20], counts, seed + 1)).any()


def test_only_sums_leave_a_party(deal: Any) -> None:
    dealer = deal(np.arange(80) % 2)
    FLModel(model=MinCovDet(random_state=0)).fit(dealer(_FEW))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose == "MinCovDet.fit"]
    assert {entry.protection for entry in sent if entry.content} == {"masked"}
    assert not {40, 80} & {
        extent for entry in sent for _, shape in entry.content for extent in shape
    }
