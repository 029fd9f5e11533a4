"""Plots show what scikit-learn's show for the pooled rows; nothing is compared by its pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import sklearn.metrics
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC

import fedruntime
from fedruntime import metrics

CURVES = {
    "RocCurveDisplay": ["fpr", "tpr", "roc_auc"],
    "DetCurveDisplay": ["fpr", "fnr"],
    "PrecisionRecallDisplay": ["precision", "recall", "average_precision", "prevalence_pos_label"],
}


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    with mpl.rc_context({"backend": "Agg"}):
        yield
    plt.close("all")


@pytest.fixture(name="rows")
def _rows(deal: Any) -> tuple[Any, Any, Any, Any]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = np.where(X[:, 0] + rng.normal(size=60) > 0.3, "spam", "ham")
    return deal(rng.integers(0, 3, 60), parties=4), X, y, rng.integers(1, 4, 60)


def same_plot(ours: Any, theirs: Any, attributes: list[str]) -> bool:
    pairs = [(getattr(ours, name), getattr(theirs, name)) for name in attributes]
    labels = [
        [ax.get_xlabel(), ax.get_ylabel(), *(line.get_label() for line in ax.lines)]
        for ax in (ours.ax_, theirs.ax_)
    ]
    return all(np.allclose(*pair, rtol=1e-14) for pair in pairs) and labels[0] == labels[1]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", CURVES)
def test_curve_from_predictions(name: str, weighted: bool, rows: Any) -> None:
    dealt, X, y, weight = rows
    weight = weight if weighted else None
    options = {"pos_label": "spam", "name": "mine", "drop_intermediate": False}
    if name == "DetCurveDisplay" and sklearn.__version__ < "1.7":
        del options["drop_intermediate"]
    ours = getattr(metrics, name).from_predictions(
        dealt(y), dealt(X[:, 0].round(1)), sample_weight=dealt(weight), **options
    )
    theirs = getattr(sklearn.metrics, name).from_predictions(
        y, X[:, 0].round(1), sample_weight=weight, **options
    )
    assert isinstance(ours, getattr(sklearn.metrics, name))
    assert same_plot(ours, theirs, CURVES[name])


@pytest.mark.parametrize("positive", [None, "ham"])
@pytest.mark.parametrize("model", [LogisticRegression(), LinearSVC()], ids=type)
@pytest.mark.parametrize("name", CURVES)
def test_curve_from_estimator(name: str, model: Any, positive: Any, rows: Any) -> None:
    dealt, X, y, _ = rows
    model.fit(X, y)
    theirs = getattr(sklearn.metrics, name).from_estimator(model, X, y, pos_label=positive)
    for estimator in (model, fedruntime.FLModel(model=model)):
        ours = getattr(metrics, name).from_estimator(
            estimator, dealt(X), dealt(y), pos_label=positive
        )
        assert same_plot(ours, theirs, CURVES[name])


@pytest.mark.parametrize("name", ["RocCurveDisplay", "PrecisionRecallDisplay"])
def test_chance_level_and_axes(name: str, rows: Any) -> None:
    dealt, X, y, _ = rows
    _, axes = plt.subplots(1, 2)
    ours = getattr(metrics, name).from_predictions(
        dealt(y), dealt(X[:, 0]), pos_label="ham", plot_chance_level=True, ax=axes[0]
    )
    theirs = getattr(sklearn.metrics, name).from_predictions(
        y, X[:, 0], pos_label="ham", plot_chance_level=True, ax=axes[1]
    )
    assert ours.ax_ is axes[0]
    assert ours.chance_level_.get_label() == theirs.chance_level_.get_label()
    assert np.allclose(ours.chance_level_.get_ydata(), theirs.chance_level_.get_ydata())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"normalize": "true", "display_labels": ["H", "S"], "cmap": "Blues", "colorbar": False},
        {"labels": ["spam", "ham"], "xticks_rotation": 45},
    ],
    ids=str,
)
def test_confusion_matrix(options: dict[str, Any], rows: Any) -> None:
    dealt, X, y, weight = rows
    model = LogisticRegression().fit(X, y)
    predicted = model.predict(X)
    theirs = sklearn.metrics.ConfusionMatrixDisplay.from_predictions(
        y, predicted, sample_weight=weight, **options
    )
    ours = [
        metrics.ConfusionMatrixDisplay.from_predictions(
            dealt(y), dealt(predicted), sample_weight=dealt(weight), **options
        ),
        metrics.ConfusionMatrixDisplay.from_estimator(
            fedruntime.FLModel(model=model),
            dealt(X),
            dealt(y),
            sample_weight=dealt(weight),
            **options,
        ),
    ]
    for shown in ours:
        assert np.array_equal(shown.confusion_matrix, theirs.confusion_matrix)
        assert list(shown.display_labels) == list(theirs.display_labels)
        assert [text.get_text() for text in shown.text_.ravel()] == [
            text.get_text() for text in theirs.text_.ravel()
        ]


@pytest.mark.parametrize("name", [*CURVES, "ConfusionMatrixDisplay"])
def test_local_rows_are_scikit_learns(name: str, rows: Any) -> None:
    _, X, y, _ = rows
    model = LogisticRegression().fit(X, y)
    shown = getattr(metrics, name).from_estimator(fedruntime.FLModel(model=model), X, y)
    assert type(shown) is getattr(metrics, name)


@pytest.mark.parametrize("name", [*CURVES, "ConfusionMatrixDisplay"])
def test_only_classifiers_are_shown(name: str, rows: Any) -> None:
    dealt, X, y, _ = rows
    model = Ridge().fit(X, y == "spam")
    with pytest.raises(ValueError, match="classifier"):
        getattr(metrics, name).from_estimator(model, dealt(X), dealt(y))


@pytest.mark.parametrize("name", CURVES)
def test_curves_are_of_two_classes(name: str, rows: Any) -> None:
    dealt, X, _, _ = rows
    y = np.arange(60) % 3
    model = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match="binary classifier"):
        getattr(metrics, name).from_estimator(model, dealt(X), dealt(y))
    with pytest.raises(ValueError, match="binary"):
        getattr(metrics, name).from_predictions(dealt(y), dealt(X[:, 0]))


def test_only_classes_and_masked_counts_leave_for_a_matrix(rows: Any) -> None:
    dealt, _, y, _ = rows
    labels = dealt(y)
    before = len(dealt.federation.ledger)
    metrics.ConfusionMatrixDisplay.from_predictions(labels, labels)
    left = {
        (entry.operation, entry.protection, entry.purpose)
        for entry in dealt.federation.ledger[before:]
        if not entry.operation.startswith("secure.")
    }
    purpose = "ConfusionMatrixDisplay.from_predictions"
    assert left == {
        ("metrics.labels", "in the clear", purpose),
        ("metrics.label_pairs", "masked", purpose),
    }
