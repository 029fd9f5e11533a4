"""``PCA`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from decomposition_cases import SHAPES, SPARSE, SQUARE, TALL, WIDE, fit_like_pooled, spectrum
from pooled_twin import assert_same_rows
from sklearn.decomposition import PCA

from fedruntime import FLModel
from fedruntime.errors import DataError

_BAR = 1e-11


@pytest.mark.parametrize("rows", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("solver", ["auto", "full", "arpack", "randomized"])
def test_every_solver_on_every_shape(solver: str, rows: Any, dealt: Any) -> None:
    model = PCA(3, svd_solver=solver, random_state=0)
    bar = 1e-7 if solver == "randomized" and rows is WIDE else _BAR
    ours, pooled, handle = fit_like_pooled(model, rows, dealt, rtol=bar)
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=10 * bar)
    assert ours.score(handle) == pytest.approx(pooled.score(rows), rel=1e-9)


@pytest.mark.parametrize("solver", ["covariance_eigh", "full"])
@pytest.mark.parametrize("n_components", [None, 0, 1, 0.5, 0.9, "mle"])
def test_numbers_of_components(n_components: Any, solver: str, dealt: Any) -> None:
    model = PCA(n_components, svd_solver=solver)
    fit_like_pooled(model, TALL, dealt, rtol=_BAR)


def test_whitening(dealt: Any) -> None:
    ours, pooled, handle = fit_like_pooled(PCA(3, whiten=True), TALL, dealt, rtol=_BAR)
    assert_same_rows(ours.transform(handle), pooled.transform(TALL), atol=1e-11)


@pytest.mark.parametrize("n_components", [5, 65, 0.7])
def test_large_tables_choose_their_solver(n_components: Any, deal: Any) -> None:
    rows = spectrum(600, 70, 1.05)
    model = PCA(n_components, random_state=0)
    ours, pooled, _ = fit_like_pooled(model, rows, lambda n: deal(np.arange(n) % 3), rtol=_BAR)
    assert ours._fit_svd_solver == pooled._fit_svd_solver


def test_large_wide_tables_are_decomposed_where_scikit_learn_approximates(deal: Any) -> None:
    rows = spectrum(70, 600, 1.05)
    model = PCA(5, random_state=0)
    ours = FLModel(model=model).fit(deal(np.arange(70) % 3)(rows))
    pooled = PCA(5, random_state=0).fit(rows)
    exact = PCA(5, svd_solver="full").fit(rows)
    assert ours._fit_svd_solver == pooled._fit_svd_solver == "randomized"
    np.testing.assert_allclose(ours.singular_values_, exact.singular_values_, rtol=1e-13)
    np.testing.assert_allclose(ours.components_, exact.components_, atol=1e-11)
    np.testing.assert_allclose(ours.explained_variance_, pooled.explained_variance_, rtol=1e-2)
    assert ours.noise_variance_ == pytest.approx(exact.noise_variance_, rel=1e-12)


@pytest.mark.parametrize("options", [{"iterated_power": 1}, {"n_oversamples": 2}])
def test_the_randomised_solver_makes_the_same_error(options: Any, deal: Any) -> None:
    """Few iterations are far from the decomposition, and still those of scikit-learn."""
    noisy = SQUARE + np.random.default_rng(1).normal(size=SQUARE.shape)
    model = PCA(2, svd_solver="randomized", random_state=0, **options)
    ours, pooled, _ = fit_like_pooled(model, noisy, lambda n: deal(np.arange(n) % 2))
    exact = PCA(2, svd_solver="full").fit(noisy)
    gap = np.abs(pooled.singular_values_ - exact.singular_values_).max()
    assert np.abs(ours.singular_values_ - pooled.singular_values_).max() < 1e-6 * gap


@pytest.mark.parametrize("solver", ["auto", "arpack", "covariance_eigh"])
def test_sparse_rows(solver: str, dealt: Any) -> None:
    fit_like_pooled(PCA(4, svd_solver=solver, random_state=0), SPARSE, dealt)


@pytest.mark.parametrize("decay", [10.0, 100.0])
def test_small_singular_values_are_as_accurate_as_those_of_the_rows(
    decay: float, deal: Any
) -> None:
    rows = spectrum(200, 6, decay, offset=0.0)
    ours = FLModel(model=PCA(svd_solver="full")).fit(deal(np.arange(200) % 3)(rows))
    pooled = PCA(svd_solver="full").fit(rows)
    condition = pooled.singular_values_[0] / pooled.singular_values_[-1]
    np.testing.assert_allclose(
        ours.singular_values_, pooled.singular_values_, rtol=1e-14 * condition + 1e-12
    )


@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_units_do_not_matter(unit: float, dealt: Any) -> None:
    fit_like_pooled(PCA(svd_solver="full"), TALL * unit, dealt, rtol=_BAR)


def test_dependent_and_constant_columns(dealt: Any) -> None:
    rows = np.column_stack([TALL, TALL[:, 0], np.full(90, 7.0)])
    dealer = dealt(90)
    ours = FLModel(model=PCA(svd_solver="full")).fit(dealer(rows))
    pooled = PCA(svd_solver="full").fit(rows)
    largest = pooled.singular_values_[0]
    np.testing.assert_allclose(ours.singular_values_, pooled.singular_values_, atol=1e-14 * largest)
    np.testing.assert_allclose(ours.components_[:5], pooled.components_[:5], atol=1e-11)
    np.testing.assert_allclose(ours.components_ @ ours.components_.T, np.eye(7), atol=1e-12)


def test_large_offsets_do_not_cancel(dealt: Any) -> None:
    rows = np.round(TALL, 3) + 1e6
    fit_like_pooled(PCA(svd_solver="full"), rows, dealt)


def test_single_precision(dealt: Any) -> None:
    rows = TALL.astype(np.float32)
    ours = FLModel(model=PCA(2)).fit(dealt(90)(rows))
    pooled = PCA(2).fit(rows)
    assert ours.components_.dtype == ours.singular_values_.dtype == np.float32
    np.testing.assert_allclose(ours.components_, pooled.components_, atol=1e-5)
    assert type(ours.noise_variance_) is type(pooled.noise_variance_)


@pytest.mark.parametrize(
    ("model", "rows", "message"),
    [
        (PCA(6), TALL, "n_components=6 must be between 0 and"),
        (PCA(0, svd_solver="randomized"), TALL, "n_components=0 must be between 1 and"),
        (PCA(5, svd_solver="arpack"), TALL, "must be strictly less than"),
        (PCA("mle", svd_solver="randomized"), TALL, "cannot be a string with svd_solver"),
        (PCA("mle"), WIDE, "only supported if n_samples >= n_features"),
        (PCA(2, svd_solver="full"), SPARSE, "PCA only support sparse inputs"),
    ],
)
def test_what_scikit_learn_refuses(model: Any, rows: Any, message: str, deal: Any) -> None:
    handle = deal(np.arange(rows.shape[0]) % 2)(rows)
    sent = len(handle.federation.ledger)
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(rows)
    with pytest.raises(DataError, match=message):
        FLModel(model=model).fit(handle)
    assert not [entry for entry in handle.federation.ledger[sent:] if entry.protection == "masked"]


def test_an_approximate_arpack_is_said_to_be(deal: Any) -> None:
    assert FLModel(model=PCA(2, svd_solver="arpack")).exactness == "exact"
    assert FLModel(model=PCA(2, svd_solver="arpack", tol=0.1)).exactness == "equivalent"


@pytest.mark.parametrize("solver", ["auto", "full", "randomized"])
def test_only_sums_leave_a_party(solver: str, deal: Any) -> None:
    dealer = deal(np.arange(90) % 2)
    FLModel(model=PCA(2, svd_solver=solver)).fit(dealer(TALL))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose == "PCA.fit"]
    assert {entry.protection for entry in sent if entry.content} == {"masked"}


def test_no_mixture_of_rows_is_known(deal: Any) -> None:
    """Sums over rows with public weights, one a row, would be equations for the rows."""
    dealer = deal(np.arange(30) % 2)
    for solver in ("full", "arpack", "randomized"):
        FLModel(model=PCA(3, svd_solver=solver)).fit(dealer(WIDE))
    used = {entry.operation for entry in dealer.federation.ledger if entry.purpose == "PCA.fit"}
    assert used <= {"design.features", "columns.sums", "columns.deviations", "row_products.normal"}


def test_the_default_takes_one_pass_over_the_rows(deal: Any) -> None:
    dealer = deal(np.arange(90) % 2)
    FLModel(model=PCA(2)).fit(dealer(TALL))
    passes = [entry for entry in dealer.federation.ledger if entry.operation == "moments.sums"]
    assert len(passes) == 2  # one a party
