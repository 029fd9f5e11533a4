from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from linear_cases import (
    LAYOUTS,
    breast_cancer,
    diabetes,
    digits,
    fit_both,
    gap,
    moved_by_permutation,
    spectrum,
    weights,
)
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from fedruntime import DataError, FLModel

_HAS_TOL = "tol" in LinearRegression().get_params()  # its cut-off; before that, machine precision


def _assert_same(ours: Any, pooled: Any, bar: float = 1e-12) -> None:
    assert gap(ours.coef_, pooled.coef_) <= bar
    np.testing.assert_allclose(ours.intercept_, pooled.intercept_, rtol=bar, atol=bar)
    assert ours.rank_ == pooled.rank_
    assert gap(ours.singular_, pooled.singular_) <= 1e-13


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("data", [diabetes, breast_cancer], ids=lambda data: data.__name__)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_equals_pooled(data: Any, layout: str, fit_intercept: bool, deal: Any) -> None:
    _assert_same(*fit_both(LinearRegression(fit_intercept=fit_intercept), *data(), deal, layout))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sample_weight(layout: str, deal: Any) -> None:
    X, y = diabetes()
    _assert_same(*fit_both(LinearRegression(), X, y, deal, layout, weights(len(X))))


@pytest.mark.parametrize("columns", [1, 2])
def test_several_targets(columns: int, deal: Any) -> None:
    X, y = diabetes()
    _assert_same(*fit_both(LinearRegression(), X, np.c_[y, y**2][:, :columns], deal))


def test_dataframe_gives_feature_names(deal: Any) -> None:
    X, y = diabetes()
    frame = pd.DataFrame(X, columns=[f"column {number}" for number in range(X.shape[1])])
    ours, pooled = fit_both(LinearRegression(), frame, pd.Series(y), deal)
    assert ours.feature_names_in_.tolist() == pooled.feature_names_in_.tolist()
    assert ours.n_features_in_ == pooled.n_features_in_
    _assert_same(ours, pooled)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("tol", [None, 1e-14] if _HAS_TOL else [None])
@pytest.mark.parametrize("exponent", range(1, 13))
def test_ill_conditioned_rows(exponent: int, tol: Any, fit_intercept: bool, deal: Any) -> None:
    X, y = spectrum(10.0**exponent)
    model = LinearRegression(fit_intercept=fit_intercept)
    if tol is not None:
        model.set_params(tol=tol)
    ours, pooled = fit_both(model, X, y, deal, "interleaved")
    allowed = max(1e-12, 10 * moved_by_permutation(model, X, y, pooled))
    assert gap(ours.coef_, pooled.coef_) <= allowed
    assert ours.rank_ == pooled.rank_
    assert gap(ours.singular_, pooled.singular_) <= 1e-13


def test_columns_in_tiny_and_huge_units(deal: Any) -> None:
    X, y = diabetes()
    units = np.logspace(-6, 6, X.shape[1])
    ours, pooled = fit_both(LinearRegression(), X * units, y, deal)
    assert ours.rank_ == pooled.rank_
    assert gap(ours.singular_, pooled.singular_) <= 1e-13
    predicted, expected = ours.predict(X * units), pooled.predict(X * units)
    np.testing.assert_allclose(predicted, expected, rtol=1e-5 if ours.rank_ == 10 else 1e-12)


def test_magnitudes_beyond_the_range_of_plain_sums(deal: Any) -> None:
    X, y = diabetes()
    ours, pooled = fit_both(LinearRegression(), X * 1e15, y * 1e15, deal)
    _assert_same(ours, pooled)
    ours, pooled = fit_both(LinearRegression(), X * 1e-15, y * 1e-15, deal)
    _assert_same(ours, pooled)


def test_columns_far_from_zero(deal: Any) -> None:
    X, y = diabetes()
    far = X + 1e4
    ours, pooled = fit_both(LinearRegression(), far, y, deal)
    allowed = max(1e-12, 10 * moved_by_permutation(LinearRegression(), far, y, pooled))
    assert gap(ours.coef_, pooled.coef_) <= allowed


def test_sorted_rows_mislead_no_provisional_centre(deal: Any) -> None:
    """A column whose evenly spread rows tell nothing of its mean is centred in a second round."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(9000, 3))
    X[:, 0] = 1e3 + 1e-3 * X[:, 0]
    X[0::3, 0] = -1e6  # the rows that the pilot looks at
    y = X[:, 1] + rng.normal(size=len(X))
    ours, pooled = fit_both(LinearRegression(), X, y, deal, "one row, no row, the rest")
    _assert_same(ours, pooled)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_duplicated_columns_share_their_coefficient(fit_intercept: bool, deal: Any) -> None:
    X, y = diabetes()
    ours, _ = fit_both(LinearRegression(fit_intercept=fit_intercept), np.c_[X, X[:, :2]], y, deal)
    single = LinearRegression(fit_intercept=fit_intercept).fit(X, y)
    assert ours.rank_ == X.shape[1]
    np.testing.assert_allclose(ours.coef_[:2], ours.coef_[-2:], rtol=1e-9)
    np.testing.assert_allclose(ours.coef_[:2], single.coef_[:2] / 2, rtol=1e-9)


def test_constant_column_has_no_coefficient(deal: Any) -> None:
    X, y = diabetes()
    ours, _ = fit_both(LinearRegression(), np.c_[X, np.full(len(X), 0.1)], y, deal)
    single = LinearRegression().fit(X, y)
    assert ours.coef_[-1] == 0.0
    assert ours.rank_ == X.shape[1]
    assert gap(ours.coef_[:-1], single.coef_) <= 1e-12


def test_digits_with_their_constant_columns(deal: Any) -> None:
    ours, pooled = fit_both(LinearRegression(), *digits(), deal)
    assert gap(ours.coef_, pooled.coef_) <= 1e-12
    assert ours.rank_ == pooled.rank_


def test_only_constant_columns(deal: Any) -> None:
    X, y = np.ones((6, 2)), np.arange(6.0)
    ours, pooled = fit_both(LinearRegression(), X, y, deal)
    assert ours.coef_.tolist() == [0.0, 0.0]
    assert ours.intercept_ == pytest.approx(pooled.intercept_, rel=1e-12)
    assert ours.rank_ == 0


def test_more_columns_than_rows_without_intercept(deal: Any) -> None:
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(30, 80)), rng.normal(size=30)
    _assert_same(*fit_both(LinearRegression(fit_intercept=False), X, y, deal))


def test_more_columns_than_rows_gives_the_smallest_solution(deal: Any) -> None:
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(30, 80)), rng.normal(size=30)
    ours, _ = fit_both(LinearRegression(), X, y, deal)
    expected = np.linalg.pinv(X - X.mean(axis=0), rcond=1e-10) @ (y - y.mean())
    assert ours.rank_ == 29
    assert len(ours.singular_) == 30
    assert gap(ours.coef_, expected) <= 1e-12


@pytest.mark.parametrize("tol", [1e-6, 1e-1])
def test_cut_off_of_the_installed_version(tol: float, deal: Any) -> None:
    model = LinearRegression(**({"tol": tol} if _HAS_TOL else {}))
    ours, pooled = fit_both(model, *spectrum(1e3), deal)
    assert ours.rank_ == pooled.rank_
    assert gap(ours.coef_, pooled.coef_) <= 1e-11


def test_one_pass_is_enough_for_well_conditioned_rows(deal: Any) -> None:
    rng = np.random.default_rng(0)
    dealt = deal([0, 1] * 100)
    FLModel(model=LinearRegression()).fit(
        dealt(rng.normal(size=(200, 4))), dealt(rng.normal(size=200))
    )
    operations = [entry.operation for entry in dealt.federation.ledger]
    assert operations.count("gram.sums") == 2


def test_all_sums_leave_masked(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(np.arange(len(X)) % 2)
    FLModel(model=LinearRegression()).fit(dealt(X), dealt(y))
    fitted = [entry for entry in dealt.federation.ledger if entry.operation.startswith("gram")]
    assert fitted
    assert {entry.protection for entry in fitted} == {"masked"}
    assert all(len(X) not in shape for entry in fitted for _, shape in entry.content)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_positive_coefficients(fit_intercept: bool, layout: str, deal: Any) -> None:
    X, y = diabetes()
    model = LinearRegression(positive=True, fit_intercept=fit_intercept)
    for targets, weight in ((y, None), (np.c_[y, -y], None), (y, weights(len(X)))):
        ours, pooled = fit_both(model, X, targets, deal, layout, weight)
        assert gap(ours.coef_, pooled.coef_) <= 1e-12
        assert ((ours.coef_ == 0) == (pooled.coef_ == 0)).all()
        assert vars(ours).keys() == vars(pooled).keys()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_sparse_rows_take_the_steps_of_the_iterative_solver(
    fit_intercept: bool, layout: str, deal: Any
) -> None:
    X, y = diabetes()
    rows = sparse.csr_matrix(np.where(X > 0, X, 0.0))
    model = LinearRegression(fit_intercept=fit_intercept)
    for weight in (None, weights(len(y))):
        ours, pooled = fit_both(model, rows, y, deal, layout, weight)
        # The steps of a Krylov method carry rounding along, in scikit-learn, too.
        moved = moved_by_permutation(model, rows, y, clone(model).fit(rows, y))
        assert gap(ours.coef_, pooled.coef_) <= max(1e-12, 10 * moved)
        assert vars(ours).keys() == vars(pooled).keys()


def test_sparse_rows_with_positive_coefficients_are_refused_as_in_scikit_learn(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(TypeError, match="dense data is required"):
        FLModel(model=LinearRegression(positive=True)).fit(dealt(sparse.csr_matrix(X)), dealt(y))


def test_weights_that_vanish_are_refused(deal: Any) -> None:
    X, y = diabetes()
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(DataError, match="weights add up to zero"):
        FLModel(model=LinearRegression()).fit(dealt(X), dealt(y), dealt(np.zeros(len(X))))
