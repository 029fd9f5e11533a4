"""``FactorAnalysis`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from decomposition_cases import fit_like_pooled
from pooled_twin import assert_same_rows
from sklearn.base import clone
from sklearn.decomposition import FactorAnalysis
from sklearn.exceptions import ConvergenceWarning

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(0)


def _factors(n: int, p: int) -> Any:
    common = _RNG.normal(size=(n, 2)) @ _RNG.normal(size=(2, p))
    return common + _RNG.normal(size=(n, p)) * 0.3 + 5.0


_TALL, _WIDE = _factors(90, 6), _factors(25, 40)
_ROWS = {"tall": _TALL, "wide": _WIDE}


@pytest.mark.parametrize("rotation", [None, "varimax", "quartimax"])
def test_the_default_method(rotation: Any, dealt: Any) -> None:
    """As many iterations, the same likelihoods, and signs by the rows of the pooled fit."""
    model = FactorAnalysis(2, rotation=rotation)
    ours, pooled, handle = fit_like_pooled(model, _TALL, dealt, rtol=1e-10)
    assert_same_rows(ours.transform(handle), pooled.transform(_TALL), atol=1e-9)
    assert ours.score(handle) == pytest.approx(pooled.score(_TALL), rel=1e-10)


def test_more_columns_than_rows(dealt: Any) -> None:
    """The pooled fit approximates decompositions here; its random draws would reveal rows."""
    ours = FLModel(model=FactorAnalysis(2)).fit(dealt(25)(_WIDE))
    pooled = FactorAnalysis(2, iterated_power=30).fit(_WIDE)
    assert ours.n_iter_ == pooled.n_iter_
    np.testing.assert_allclose(ours.loglike_, pooled.loglike_, rtol=1e-9)
    np.testing.assert_allclose(ours.components_, pooled.components_, atol=1e-6)


@pytest.mark.parametrize("rows", _ROWS.values(), ids=_ROWS)
@pytest.mark.parametrize("rotation", [None, "varimax"])
def test_lapack_up_to_signs(rotation: Any, rows: Any, dealt: Any) -> None:
    model = FactorAnalysis(2, svd_method="lapack", rotation=rotation)
    ours = FLModel(model=model).fit(dealt(len(rows))(rows))
    pooled = FactorAnalysis(2, svd_method="lapack", rotation=rotation).fit(rows)
    assert ours.n_iter_ == pooled.n_iter_
    np.testing.assert_allclose(ours.loglike_, pooled.loglike_, rtol=1e-12)
    np.testing.assert_allclose(ours.noise_variance_, pooled.noise_variance_, rtol=1e-9)
    np.testing.assert_allclose(abs(ours.components_), abs(pooled.components_), atol=1e-9)


@pytest.mark.parametrize("svd_method", ["lapack", "randomized"])
def test_given_noise_and_all_components(svd_method: str, dealt: Any) -> None:
    noise = np.linspace(0.5, 2.0, 6)
    model = FactorAnalysis(svd_method=svd_method, noise_variance_init=noise)
    ours = FLModel(model=clone(model)).fit(dealt(90)(_TALL))
    pooled = model.fit(_TALL)
    np.testing.assert_allclose(ours.noise_variance_, pooled.noise_variance_, rtol=1e-11)
    np.testing.assert_allclose(ours.get_covariance(), pooled.get_covariance(), rtol=1e-11)


def test_no_convergence_is_told(deal: Any) -> None:
    model = FLModel(model=FactorAnalysis(2, max_iter=1))
    with pytest.warns(ConvergenceWarning, match="FactorAnalysis did not converge"):
        model.fit(deal(np.arange(90) % 2)(_TALL))
    assert model.n_iter_ == 1


def test_given_noise_of_another_length(deal: Any) -> None:
    model = FactorAnalysis(2, noise_variance_init=[1.0])
    with pytest.raises(ValueError, match="noise_variance_init dimension"):
        model.fit(_TALL)
    with pytest.raises(DataError, match="noise_variance_init dimension"):
        FLModel(model=model).fit(deal(np.arange(90) % 2)(_TALL))


def test_only_sums_leave_a_party(deal: Any) -> None:
    dealer = deal(np.arange(90) % 2)
    FLModel(model=FactorAnalysis(2)).fit(dealer(_TALL))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose == "FactorAnalysis.fit"]
    assert {entry.protection for entry in sent if entry.content} == {"masked"}
