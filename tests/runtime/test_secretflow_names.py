"""The lines of SecretFlow's published migration guide run, and give the pooled model."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

import fedruntime as sf
from fedruntime import SecureAggregator, current, partition_data, partition_label
from fedruntime.errors import SettingsError


@pytest.fixture(autouse=True)
def _no_federation_yet() -> None:
    current.use(None)


def test_the_guide_runs_with_nothing_changed_but_the_import() -> None:
    X_train, y_train = load_diabetes(return_X_y=True)
    alice = sf.PYU("alice")
    bob = sf.PYU("bob")
    spu = sf.SPU(sf.utils.testing.cluster_def(["alice", "bob"]))
    x_alice, x_bob = partition_data(X_train)
    y_alice, y_bob = partition_label(y_train)
    fed_model = sf.FLModel(
        device_list=[alice, bob], model=LinearRegression, aggregator=SecureAggregator(spu)
    )
    with pytest.warns(UserWarning, match="epochs=10 has no effect"):
        fed_model.fit(x=[x_alice, x_bob], y=[y_alice, y_bob], epochs=10)

    pooled = LinearRegression().fit(X_train, y_train)
    scale = np.abs(pooled.coef_).max()
    assert np.abs(fed_model.coef_ - pooled.coef_).max() / scale <= 1e-12
    assert abs(fed_model.intercept_ - pooled.intercept_) <= 1e-12 * abs(pooled.intercept_)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.allclose(fed_model.predict(X_train[:3]), pooled.predict(X_train[:3]))


def test_a_function_runs_on_a_device_and_its_result_is_summed() -> None:
    alice, bob = sf.PYU("alice"), sf.PYU("bob")

    def fn(x: int) -> np.ndarray:
        return np.full(3, x)

    a, b = alice(fn)(1), bob(fn)(2)
    assert repr(a) == "<PYUObject at alice, shape (3,)>"
    assert sf.reveal(SecureAggregator(sf.SPU()).sum([a, b], axis=0)).tolist() == [3, 3, 3]


def test_devices_join_a_federation_that_they_opened_but_not_one_of_init() -> None:
    sf.PYU("alice")
    sf.PYU("carol")
    assert current.current().parties == ("alice", "carol")
    sf.init(["alice", "bob"])
    with pytest.raises(SettingsError, match=r"'carol' is not a party .* are alice, bob"):
        sf.PYU("carol")


def test_values_of_one_device_are_not_used_on_another() -> None:
    alice, bob = sf.PYU("alice"), sf.PYU("bob")
    with pytest.raises(sf.DataError, match="lies at 'alice' and cannot be used at 'bob'"):
        bob(np.sum)(alice(np.ones)(2))
