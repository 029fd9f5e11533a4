"""Cross-validation gives the scores that scikit-learn gives on the pooled rows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
import sklearn.model_selection
from labels import label
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from split_cases import pooled

from fedruntime import FLModel, metrics, model_selection
from fedruntime.errors import DataError, RevealError, UnsupportedError

SEED = 11


def classification() -> tuple[Any, Any]:
    X, y = load_iris(return_X_y=True)
    order = np.random.default_rng(SEED).permutation(len(y))
    return StandardScaler().fit_transform(X)[order], y[order]


def binary() -> tuple[Any, Any]:
    X, y = classification()
    rng = np.random.default_rng(SEED)
    return X[:, :2] + rng.normal(0, 1, (len(y), 2)), (y == 1).astype(int)


def regression() -> tuple[Any, Any]:
    X, y = load_diabetes(return_X_y=True)
    return X[:200], y[:200]


def dealer(n: int, deal: Any, split: str = "contiguous") -> Any:
    rng = np.random.default_rng(SEED)
    return deal(np.sort(rng.integers(0, 3, n)) if split == "contiguous" else rng.integers(0, 3, n))


CASES = [
    (LogisticRegression(), classification, {}),
    (LogisticRegression(), classification, {"scoring": "f1_macro", "cv": 4}),
    (LogisticRegression(), classification, {"scoring": "neg_log_loss"}),
    (LogisticRegression(), classification, {"scoring": "roc_auc_ovr"}),
    (LogisticRegression(), binary, {"scoring": "roc_auc"}),
    (LogisticRegression(), binary, {"scoring": "f1", "cv": 3}),
    (LogisticRegression(), binary, {"scoring": "neg_log_loss", "cv": 3}),
    (LogisticRegression(), binary, {"scoring": "average_precision", "cv": 3}),
    (
        LogisticRegression(),
        classification,
        {"cv": sklearn.model_selection.StratifiedShuffleSplit(3, random_state=1)},
    ),
    (make_pipeline(StandardScaler(), LogisticRegression()), classification, {"cv": 3}),
    (LinearRegression(), regression, {}),
    (LinearRegression(), regression, {"scoring": "neg_mean_squared_error", "cv": 3}),
    (Ridge(), regression, {"cv": model_selection.KFold(4, shuffle=True, random_state=2)}),
    (Ridge(), regression, {"scoring": "neg_mean_absolute_error", "cv": 3}),
    (
        Ridge(),
        regression,
        {"cv": model_selection.RepeatedKFold(n_splits=2, n_repeats=2, random_state=0)},
    ),
    (Ridge(), regression, {"cv": [(np.arange(150), np.arange(150, 200))]}),
]


@pytest.mark.parametrize("split", ["contiguous", "iid"])
@pytest.mark.parametrize(("estimator", "data", "options"), CASES, ids=label)
def test_scores(estimator: Any, data: Any, options: dict[str, Any], split: str, deal: Any) -> None:
    X, y = data()
    dealt = dealer(len(y), deal, split)
    ours = model_selection.cross_val_score(estimator, dealt(X), dealt(y), **options)
    theirs = sklearn.model_selection.cross_val_score(estimator, X, y, **options)
    assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_fl_model_is_cloned(deal: Any) -> None:
    X, y = regression()
    dealt = dealer(len(y), deal)
    model = FLModel(model=Ridge())
    ours = model_selection.cross_val_score(model, dealt(X), dealt(y))
    assert np.allclose(ours, sklearn.model_selection.cross_val_score(Ridge(), X, y), rtol=1e-12)
    assert not hasattr(model.to_sklearn(), "coef_")


def test_integer_targets_of_a_regressor_and_of_a_classifier(deal: Any) -> None:
    X, y = binary()
    dealt = dealer(len(y), deal)
    ours = model_selection.cross_val_score(Ridge(), dealt(X), dealt(y))
    assert np.allclose(ours, sklearn.model_selection.cross_val_score(Ridge(), X, y), rtol=1e-11)
    assert "model_selection.class_counts" not in {e.operation for e in dealt.federation.ledger}


def test_sample_weight(deal: Any) -> None:
    X, y = regression()
    weight = np.random.default_rng(0).random(len(y))
    dealt = dealer(len(y), deal)
    ours = model_selection.cross_val_score(
        Ridge(), dealt(X), dealt(y), params={"sample_weight": dealt(weight)}
    )
    theirs = sklearn.model_selection.cross_val_score(
        Ridge(), X, y, params={"sample_weight": weight}
    )
    assert np.allclose(ours, theirs, rtol=1e-12)


def test_cross_validate(deal: Any) -> None:
    X, y = regression()
    dealt = dealer(len(y), deal)
    options = {
        "scoring": ["r2", "neg_mean_squared_error"],
        "cv": 3,
        "return_train_score": True,
        "return_indices": True,
        "return_estimator": True,
    }
    ours = model_selection.cross_validate(Ridge(), dealt(X), dealt(y), **options)
    theirs = sklearn.model_selection.cross_validate(Ridge(), X, y, **options)
    assert list(ours) == list(theirs)
    for name in theirs:
        if name.startswith(("test_", "train_")):
            assert np.allclose(ours[name], theirs[name], rtol=1e-12)
    for part in ("train", "test"):
        for mine, pooled_indices in zip(
            ours["indices"][part], theirs["indices"][part], strict=True
        ):
            assert np.array_equal(mine, pooled_indices)
    assert np.allclose(ours["estimator"][0].coef_, theirs["estimator"][0].coef_, rtol=1e-10)


@pytest.mark.parametrize("split", ["contiguous", "iid"])
@pytest.mark.parametrize(
    ("estimator", "data", "options"),
    [
        (LogisticRegression(), classification, {"cv": 3}),
        (LogisticRegression(), classification, {"cv": 3, "method": "predict_proba"}),
        (Ridge(), regression, {}),
        (Ridge(), regression, {"cv": model_selection.KFold(3, shuffle=True, random_state=1)}),
    ],
    ids=label,
)
def test_predictions(
    estimator: Any, data: Any, options: dict[str, Any], split: str, deal: Any
) -> None:
    X, y = data()
    dealt = dealer(len(y), deal, split)
    ours = model_selection.cross_val_predict(estimator, dealt(X), dealt(y), **options)
    theirs = sklearn.model_selection.cross_val_predict(estimator, X, y, **options)
    assert np.allclose(pooled(ours), theirs, rtol=1e-9, atol=1e-12)


def test_predictions_need_a_partition(deal: Any) -> None:
    X, y = regression()
    dealt = dealer(len(y), deal)
    with pytest.raises(ValueError, match="only works for partitions"):
        model_selection.cross_val_predict(
            Ridge(), dealt(X), dealt(y), cv=model_selection.ShuffleSplit(2, random_state=0)
        )


def test_failing_fits_score_as_in_scikit_learn(deal: Any) -> None:
    X, y = binary()
    y = np.sort(y)[::-1]  # unshuffled folds: the first has one class only, and cannot be fitted
    cut = int(y.sum())
    folds = [(np.arange(cut), np.arange(cut, len(y))), (np.arange(len(y)), np.arange(len(y)))]
    dealt = dealer(len(y), deal)
    with pytest.warns(FitFailedWarning, match="1 fits failed out of a total of 2"):
        ours = model_selection.cross_val_score(LogisticRegression(), dealt(X), dealt(y), cv=folds)
    with pytest.warns(FitFailedWarning):
        theirs = sklearn.model_selection.cross_val_score(LogisticRegression(), X, y, cv=folds)
    assert np.allclose(ours, theirs, rtol=1e-12, equal_nan=True)
    with pytest.raises(ValueError):
        model_selection.cross_val_score(
            LogisticRegression(), dealt(X), dealt(y), cv=folds, error_score="raise"
        )


def test_failing_scores_are_nan_with_a_warning(deal: Any) -> None:
    X, y = classification()
    dealt = dealer(len(y), deal)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scores = model_selection.cross_val_score(
            LogisticRegression(), dealt(X), dealt(y), scoring="f1", cv=2
        )
    assert np.isnan(scores).all()
    assert any("Scoring failed" in str(entry.message) for entry in caught)


def test_estimator_without_federated_fit_fails_with_its_reason(deal: Any) -> None:
    X, y = classification()
    dealt = dealer(len(y), deal)
    with pytest.raises(UnsupportedError, match="KNeighborsClassifier has no federated fit"):
        model_selection.cross_val_score(
            KNeighborsClassifier(), dealt(X), dealt(y), error_score="raise"
        )


def test_local_data_goes_to_scikit_learn() -> None:
    X, y = regression()
    theirs = sklearn.model_selection.cross_val_score(Ridge(), X, y)
    assert np.array_equal(model_selection.cross_val_score(Ridge(), X, y), theirs)
    assert np.array_equal(model_selection.cross_val_score(FLModel(model=Ridge()), X, y), theirs)


def shows_rows(y_true: Any, y_pred: Any) -> float:
    return max(abs(a - b) for a, b in zip(y_true, y_pred, strict=True))


def shows_predictions(model: Any, X: Any, y: Any) -> float:
    return float(model.predict(X)[0])


def f1_score(y_true: Any, y_pred: Any) -> float:
    """A function of the script's own, whatever its name."""
    return 1.0 - float(np.sqrt(((y_true - y_pred) ** 2).mean()))


def correct(model: Any, X: Any, y: Any) -> float:
    return float((model.predict(X) * 2 - y).mean())


@pytest.mark.parametrize("scoring", [sklearn.metrics.make_scorer(f1_score), correct])
def test_functions_of_the_script_score_handles(deal: Any, scoring: Any) -> None:
    X, y = regression()
    dealt = deal([row % 3 for row in range(len(y))])
    ours = model_selection.cross_val_score(Ridge(), dealt(X), dealt(y), scoring=scoring)
    theirs = sklearn.model_selection.cross_val_score(Ridge(), X, y, scoring=scoring)
    assert ours == pytest.approx(theirs, rel=1e-9)


def several(model: Any, X: Any, y: Any) -> dict[str, float]:
    return {"twice": correct(model, X, y), "r2": model.score(X, y)}


def test_a_function_of_the_script_may_give_several_scores(deal: Any) -> None:
    X, y = regression()
    dealt = deal([row % 3 for row in range(len(y))])
    ours = model_selection.cross_validate(Ridge(), dealt(X), dealt(y), scoring=several)
    theirs = sklearn.model_selection.cross_validate(Ridge(), X, y, scoring=several)
    assert ours.keys() == theirs.keys()
    for name in ("test_twice", "test_r2"):
        assert ours[name] == pytest.approx(theirs[name], rel=1e-9)


@pytest.mark.filterwarnings("error")  # and no fold counts as NaN
def test_what_is_refused_in_one_fold_ends_the_whole(deal: Any) -> None:
    X, y = regression()
    dealt = deal([row % 3 for row in range(len(y))])
    with pytest.raises(UnsupportedError, match="KNeighborsRegressor"):
        model_selection.cross_val_score(KNeighborsRegressor(), dealt(X), dealt(y))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"scoring": shows_predictions}, RevealError, "row"),
        ({"scoring": sklearn.metrics.make_scorer(shows_rows)}, RevealError, "row"),
        (
            {"scoring": sklearn.metrics.make_scorer(sklearn.metrics.consensus_score)},
            UnsupportedError,
            "consensus_score has no counterpart",
        ),
        ({"scoring": "no such"}, ValueError, "no such"),
        ({"params": {"other": 1}}, DataError, "other does not"),
        (
            {"groups": [0] * 60, "cv": sklearn.model_selection.StratifiedGroupKFold(2)},
            DataError,
            "needs the groups where the labels are",
        ),
        ({"cv": sklearn.model_selection.LeaveOneOut()}, RevealError, "leaves out single rows"),
        ({"cv": 1}, ValueError, "n_splits=1"),
    ],
    ids=label,
)
def test_refusals(options: dict[str, Any], error: Any, message: str, deal: Any) -> None:
    X, y = regression()
    dealt = dealer(len(y), deal)
    with pytest.raises(error, match=message):
        model_selection.cross_val_score(Ridge(), dealt(X), dealt(y), **options)


@pytest.mark.parametrize("name", ["cross_val_score", "cross_val_predict", "cross_validate"])
def test_unknown_options_are_refused(name: str, deal: Any) -> None:
    X, y = regression()
    dealt = dealer(len(y), deal)
    with pytest.raises(TypeError, match="folds"):
        getattr(model_selection, name)(Ridge(), dealt(X), dealt(y), folds=3)


def test_lists_of_opaque_selections_are_refused(deal: Any) -> None:
    X, y = classification()
    dealt = dealer(len(y), deal)
    folds = list(model_selection.StratifiedKFold(3).split(dealt(X), dealt(y)))
    with pytest.raises(UnsupportedError, match="pass the splitter itself"):
        model_selection.cross_val_score(LogisticRegression(), dealt(X), dealt(y), cv=folds)
    with pytest.raises(UnsupportedError, match="return_indices"):
        model_selection.cross_validate(
            LogisticRegression(), dealt(X), dealt(y), return_indices=True
        )


def test_own_scorers_of_known_metrics(deal: Any) -> None:
    X, y = binary()
    dealt = dealer(len(y), deal)
    for function in (sklearn.metrics.fbeta_score, metrics.fbeta_score):
        ours = model_selection.cross_val_score(
            LogisticRegression(),
            dealt(X),
            dealt(y),
            scoring=sklearn.metrics.make_scorer(function, beta=2, pos_label=0),
        )
        theirs = sklearn.model_selection.cross_val_score(
            LogisticRegression(),
            X,
            y,
            scoring=sklearn.metrics.make_scorer(sklearn.metrics.fbeta_score, beta=2, pos_label=0),
        )
        assert np.allclose(ours, theirs, rtol=1e-12)


def test_local_labels_do_not_mix_with_rows(deal: Any) -> None:
    X, y = regression()
    dealt = dealer(len(y), deal)
    with pytest.raises(DataError, match="X lies at the parties, but y does not"):
        model_selection.cross_val_score(Ridge(), dealt(X), y)


def test_no_row_leaves_in_a_whole_cross_validation(deal: Any) -> None:
    X, y = classification()
    dealt = deal([0] * 70 + [1] * 80)
    model_selection.cross_val_score(LogisticRegression(), dealt(X), dealt(y), cv=3)
    clear = [
        entry
        for entry in dealt.federation.ledger
        if entry.protection == "in the clear" and not entry.operation.startswith("secure.")
    ]
    sizes = [int(np.prod(shape)) for entry in clear for _, shape in entry.content]
    assert max(sizes) <= 3  # classes and their counts
