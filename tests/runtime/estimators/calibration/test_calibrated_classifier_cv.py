"""Calibration: the pooled sigmoids and temperatures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn
from parts_cases import classes, fit_both, two_classes
from pooled_twin import pooled_rows
from sklearn import calibration
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel
from fedruntime.errors import UnsupportedError

_PART = LogisticRegression(C=0.1)
_METHODS = ["sigmoid", *(["temperature"] if hasattr(calibration, "_TemperatureScaling") else [])]


def _calibrations(model: Any) -> list[dict[str, float]]:
    return [
        {name: float(value) for name, value in vars(calibrator).items()}
        for pair in model.calibrated_classifiers_
        for calibrator in pair.calibrators
    ]


@pytest.mark.parametrize("data", [classes, two_classes], ids=["three classes", "two classes"])
@pytest.mark.parametrize("ensemble", [True, False])
@pytest.mark.parametrize("method", _METHODS)
def test_the_pooled_calibration(method: str, ensemble: bool, data: Any, deal: Any) -> None:
    X, y = data()
    model = CalibratedClassifierCV(_PART, method=method, ensemble=ensemble, cv=3)
    ours, pooled, dealt = fit_both(model, X, y, deal)
    assert ours.classes_.tolist() == pooled.classes_.tolist()
    found, expected = _calibrations(ours), _calibrations(pooled)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=1e-7)
    shown = pooled_rows(ours.predict_proba(dealt(X))).astype(float)
    np.testing.assert_allclose(shown, pooled.predict_proba(X), rtol=0, atol=1e-7)


def test_probabilities_that_are_calibrated(deal: Any) -> None:
    class Probabilities(LogisticRegression):
        pass

    X, y = two_classes()
    model = CalibratedClassifierCV(make_pipeline(StandardScaler(), _PART), cv=2)
    ours, pooled, _ = fit_both(model, X, y, deal)
    assert _calibrations(ours)[0] == pytest.approx(_calibrations(pooled)[0], rel=1e-7)
    with pytest.raises(UnsupportedError, match="Probabilities"):
        FLModel(model=CalibratedClassifierCV(Probabilities())).fit(
            *map(deal(np.arange(len(y)) % 2), (X, y))
        )


def test_weights_count(deal: Any) -> None:
    X, y = two_classes()
    weight = np.arange(len(y)) % 3 + 0.5
    ours, pooled, _ = fit_both(CalibratedClassifierCV(_PART), X, y, deal, sample_weight=weight)
    for one, other in zip(_calibrations(ours), _calibrations(pooled), strict=True):
        assert one == pytest.approx(other, rel=1e-7)


def test_a_classifier_that_was_fitted_before(deal: Any) -> None:
    X, y = two_classes()
    fitted = LogisticRegression().fit(X, y)
    if hasattr(sklearn, "frozen"):
        from sklearn.frozen import FrozenEstimator

        model = CalibratedClassifierCV(FrozenEstimator(fitted))
    else:
        model = CalibratedClassifierCV(fitted, cv="prefit")
    ours, pooled, dealt = fit_both(model, X, y, deal)
    assert _calibrations(ours)[0] == pytest.approx(_calibrations(pooled)[0], rel=1e-7)
    assert pooled_rows(ours.predict(dealt(X))).tolist() == pooled.predict(X).tolist()


def test_isotonic_calibration_is_refused(deal: Any) -> None:
    X, y = two_classes()
    dealt = deal(np.arange(len(y)) % 2)
    with pytest.raises(UnsupportedError, match="method = 'sigmoid', 'temperature'"):
        FLModel(model=CalibratedClassifierCV(_PART, method="isotonic")).fit(dealt(X), dealt(y))


def test_the_default_classifier_reaches_its_optimum(deal: Any) -> None:
    X, y = two_classes()
    ours, pooled, dealt = fit_both(CalibratedClassifierCV(cv=2), X, y, deal)
    shown = pooled_rows(ours.predict_proba(dealt(X))).astype(float)
    np.testing.assert_allclose(shown, pooled.predict_proba(X), rtol=0, atol=1e-2)
