"""scikit-learn's plots of classifier results, for rows at the parties. Matrices and curves come
from the same summed counts as those of the functions of this package; scikit-learn draws them,
and imports matplotlib when it does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from sklearn import metrics
from sklearn.base import is_classifier

from fedruntime.attempts import attempted
from fedruntime.cohort import Cohort
from fedruntime.counterpart import assembled, counterpart
from fedruntime.data.handle import Handle
from fedruntime.estimators.apply import apply
from fedruntime.metrics.label_pairs import LabelPairs
from fedruntime.metrics.ranking import ScoreTable, one_column
from fedruntime.metrics.response import response

_ROWS = ("y_true", "y_score", "y_pred", "sample_weight")


class ConfusionMatrixDisplay(metrics.ConfusionMatrixDisplay):  # type: ignore[misc]
    """``sklearn.metrics.ConfusionMatrixDisplay`` whose constructors also take handles.

    The labels that occur and the summed confusion matrix are then revealed.
    """

    @classmethod
    def from_predictions(cls, *args: Any, **kwargs: Any) -> Any:
        """As scikit-learn's; ``y_true``, ``y_pred`` and ``sample_weight`` may be handles."""
        local = super().from_predictions

        def federated(cohort: Cohort, **options: Any) -> Any:
            pairs = LabelPairs.of(cohort.named(f"{cls.__name__}.from_predictions"))
            y_true, y_pred, weights = pairs.surrogate()
            return local(y_true, y_pred, sample_weight=weights, **options)

        return counterpart(local, *_ROWS)(federated)(*args, **kwargs)

    @classmethod
    @attempted
    def from_estimator(cls, *args: Any, **kwargs: Any) -> Any:
        """As scikit-learn's; rows may be handles, the estimator an ``FLModel``."""
        local = super().from_estimator
        model, rows, options = _estimator_arguments(local, args, kwargs)
        if not isinstance(rows["X"], Handle):
            return local(model, **rows, **options)
        if not is_classifier(model):
            raise ValueError(f"{cls.__name__}.from_estimator only supports classifiers")
        X, y_true = rows.pop("X"), rows.pop("y")
        return cls.from_predictions(y_true, apply(model, "predict", X), **rows, **options)


class _CurveDisplay:
    """What curves of scores share: the constructor from an estimator."""

    @classmethod
    @attempted
    def from_estimator(cls, *args: Any, **kwargs: Any) -> Any:
        """As scikit-learn's; rows may be handles, the estimator an ``FLModel``."""
        local = super().from_estimator  # type: ignore[misc]
        model, rows, options = _estimator_arguments(local, args, kwargs)
        if not isinstance(rows["X"], Handle):
            return local(model, **rows, **options)
        X, y_true = rows.pop("X"), rows.pop("y")
        scores, positive = _scores(
            model, X, options.pop("response_method", "auto"), options.pop("pos_label", None)
        )
        if options.get("name") is None:
            options["name"] = type(model).__name__
        return cls.from_predictions(y_true, scores, **rows, pos_label=positive, **options)

    @classmethod
    def from_predictions(cls, *args: Any, **kwargs: Any) -> Any:
        """As scikit-learn's; true labels, scores and ``sample_weight`` may be handles."""
        local = super().from_predictions  # type: ignore[misc]

        def federated(cohort: Cohort, kwargs: Any = None, **options: Any) -> Any:
            given = "y_score" if cohort.has("y_score") else "y_pred"
            table = one_column(cohort.named(f"{cls.__name__}.from_predictions"), given)
            return cls._of_table(local, table, given, {**options, **(kwargs or {})})

        return counterpart(local, *_ROWS)(federated)(*args, **kwargs)

    @classmethod
    def _of_table(
        cls, local: Callable[..., Any], table: ScoreTable, given: str, options: dict[str, Any]
    ) -> Any:
        labels, scores, weights = table.surrogate()
        return local(labels, **{given: scores}, sample_weight=weights, **options)


class RocCurveDisplay(_CurveDisplay, metrics.RocCurveDisplay):  # type: ignore[misc]
    """``sklearn.metrics.RocCurveDisplay`` whose constructors also take handles.

    The distinct scores of each party are then revealed, and the summed counts of each class.
    """


class DetCurveDisplay(_CurveDisplay, metrics.DetCurveDisplay):  # type: ignore[misc]
    """``sklearn.metrics.DetCurveDisplay`` whose constructors also take handles.

    The distinct scores of each party are then revealed, and the summed counts of each class.
    """


class PrecisionRecallDisplay(_CurveDisplay, metrics.PrecisionRecallDisplay):  # type: ignore[misc]
    """``sklearn.metrics.PrecisionRecallDisplay`` whose constructors also take handles.

    The distinct scores of each party are then revealed, and the summed counts of each class.
    """

    @classmethod
    def _of_table(
        cls, local: Callable[..., Any], table: ScoreTable, given: str, options: dict[str, Any]
    ) -> Any:
        # scikit-learn counts rows for the prevalence, whatever their weights, so what stands for
        # several rows here would mislead it: the same steps, with the true counts.
        labels, scores, weights = table.surrogate()
        drop_intermediate = options.pop("drop_intermediate", False)
        positive, name = cls._validate_from_predictions_params(
            labels,
            scores,
            sample_weight=weights,
            pos_label=options.pop("pos_label", None),
            name=options.pop("name", None),
        )
        precision, recall, _ = metrics.precision_recall_curve(
            labels,
            scores,
            pos_label=positive,
            sample_weight=weights,
            drop_intermediate=drop_intermediate,
        )
        counts = table.counts.sum(axis=0)
        named = "name" if "name" in inspect.signature(cls).parameters else "estimator_name"
        shown = cls(
            precision=precision,
            recall=recall,
            average_precision=metrics.average_precision_score(
                labels, scores, pos_label=positive, sample_weight=weights
            ),
            pos_label=positive,
            prevalence_pos_label=counts[table.labels == positive].sum() / counts.sum(),
            **{named: name},
        )
        return shown.plot(name=name, **options)


def _estimator_arguments(
    local: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """The plain estimator, the rows, and all other arguments of ``from_estimator``."""
    options = dict(inspect.signature(local).bind(*args, **kwargs).arguments)
    options.update(options.pop("kwargs", {}))
    model = options.pop("estimator")
    plain = getattr(model, "to_sklearn", None)
    rows: dict[str, Any] = {
        name: assembled(options.pop(name))
        for name in ("X", "y", "sample_weight")
        if name in options
    }
    return (model if plain is None else plain()), rows, options


def _scores(model: Any, X: Handle, response_method: str, positive: Any) -> tuple[Handle, Any]:
    """The scores of the positive class of a binary classifier, and which class that is."""
    if not is_classifier(model):
        raise ValueError(
            f"Expected 'estimator' to be a binary classifier. Got {type(model).__name__} instead."
        )
    if len(model.classes_) != 2:
        raise ValueError(
            "Expected 'estimator' to be a binary classifier. Got "
            f"{len(model.classes_)} classes instead."
        )
    methods = (
        ("predict_proba", "decision_function") if response_method == "auto" else (response_method,)
    )
    return response(model, lambda method: apply(model, method, X), methods, positive)
