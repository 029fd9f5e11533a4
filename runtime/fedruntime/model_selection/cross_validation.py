"""Cross-validation over handles, run by scikit-learn's own on a stand-in (see ``stand_in``)."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

import numpy as np
from sklearn import model_selection
from sklearn.base import clone, is_classifier

from fedruntime.aggregation.aggregator import Aggregator
from fedruntime.attempts import attempted
from fedruntime.counterpart import assembled, at_parties
from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.errors import UnsupportedError
from fedruntime.messages import Array
from fedruntime.model import FLModel
from fedruntime.model_selection.folds import Folds, draw_folds
from fedruntime.model_selection.scoring import federated_scorer, federated_scorers
from fedruntime.model_selection.stand_in import Places, StandIn, on_places, refusals_raised
from fedruntime.operations import row_op


@attempted
def cross_validate(estimator: Any, X: Any, y: Any = None, **options: Any) -> dict[str, Any]:
    """``sklearn.model_selection.cross_validate``: the scores of the pooled data.

    Parameters
    ----------
    estimator : FLModel or scikit-learn estimator
        Fitted anew, federated, in every fold.
    X, y : handle
        Local data is cross-validated by scikit-learn itself.
    **options
        scikit-learn's. ``cv`` may be an integer, a splitter, or pairs of pooled positions;
        ``scoring`` names, or scorers of metrics that have a counterpart here;
        ``params={"sample_weight": handle}`` goes to ``fit``, ``groups`` to the splitter.
        ``n_jobs`` has no effect: parties answer one round after another.

    Raises
    ------
    UnsupportedError
        For scoring functions that would see rows.
    """
    X, y = assembled(X), assembled(y)
    if not at_parties({"X": X, "y": y}):
        return dict(model_selection.cross_validate(local(estimator), X, y, **options))
    scoring = federated_scorers(options.pop("scoring", None))
    model = stand_in(estimator, X, y, options)
    if options.get("return_indices") and not model.folds.public:
        raise UnsupportedError("return_indices: the row numbers of stratified folds stay put")
    places = Places(model.folds, len(X))
    with refusals_raised():
        result = model_selection.cross_validate(
            model,
            places,
            cv=places.folds,
            scoring=on_places(scoring),
            **{**options, "n_jobs": 1},
        )
    if "indices" in result:
        train, test = zip(*model.folds.positions, strict=True)
        result["indices"] = {"train": train, "test": test}
    if "estimator" in result:
        result["estimator"] = [fitted.model for fitted in result["estimator"]]
    return dict(result)


@attempted
def cross_val_score(estimator: Any, X: Any, y: Any = None, **options: Any) -> Array:
    """``sklearn.model_selection.cross_val_score``: the scores of the pooled data.

    Parameters and errors are those of ``cross_validate``, with one scoring.
    """
    X, y = assembled(X), assembled(y)
    signature(model_selection.cross_val_score).bind(estimator, X, y, **options)
    if not at_parties({"X": X, "y": y}):
        scores = model_selection.cross_val_score(local(estimator), X, y, **options)
    else:
        federated_scorer(options.get("scoring"))  # one scoring, not several
        scores = cross_validate(estimator, X, y, **options)["test_score"]
    return np.asarray(scores)


@attempted
def cross_val_predict(estimator: Any, X: Any, y: Any = None, **options: Any) -> Any:
    """``sklearn.model_selection.cross_val_predict``: a handle to each row's own prediction.

    Parameters
    ----------
    estimator, X, y
        As ``cross_validate``.
    **options
        ``cv``, ``method`` and ``params`` as scikit-learn has them.

    Raises
    ------
    ValueError
        If the test folds are no partition of the rows.
    UnsupportedError
        As ``cross_validate``; also if a class is missing from the training rows of a fold and the
        method gives one column a class.
    """
    X, y = assembled(X), assembled(y)
    signature(model_selection.cross_val_predict).bind(estimator, X, y, **options)
    if not at_parties({"X": X, "y": y}):
        return model_selection.cross_val_predict(local(estimator), X, y, **options)
    method = options.get("method", "predict")
    blank = stand_in(estimator, X, y, options)
    folds = blank.folds
    return predict_out_of_fold(blank.model, blank.rows, folds, method)


def predict_out_of_fold(
    estimator: Any,
    rows: Mapping[str, Handle],
    folds: Folds,
    method: str,
    *,
    aggregator: Aggregator | None = None,
) -> Handle:
    """What models say of rows that they were not fitted on.

    Parameters
    ----------
    estimator : FLModel or scikit-learn estimator
        A clone of it is fitted in every fold.
    rows : mapping
        Handles by the name of the parameter of ``fit`` that they are for.
    folds : Folds
    method : str
        Such as ``predict``.
    aggregator : Aggregator, optional
        For an estimator that is no ``FLModel``.

    Raises
    ------
    ValueError
        If the test folds are no partition of the rows.
    UnsupportedError
        If a class is missing from the training rows of a fold and the method gives one column a
        class.
    """
    if not isinstance(estimator, FLModel):
        estimator = FLModel(model=estimator, aggregator=aggregator)
    X = rows["X"]
    tested = np.concatenate([test for _, test in folds.positions])
    if not np.array_equal(np.sort(tested), np.arange(len(X))):
        raise ValueError("cross_val_predict only works for partitions")
    numbers = X.federation.map(row_numbers, rows=X, purpose="cross_val_predict")
    predictions, places, classes = [], [], []
    for train, test in folds.positions:
        index = folds.index(train)
        model = clone(estimator)
        model.fit(**{name: take(handle, index) for name, handle in rows.items()})
        index = folds.index(test)
        predictions.append(getattr(model, method)(take(X, index)))
        places.append(take(numbers, index))
        classes.append(tuple(getattr(model, "classes_", ())))
    if method != "predict" and len(set(classes)) > 1:
        raise UnsupportedError(
            f"cross_val_predict(method={method!r}): a class is missing from the training rows of a "
            "fold; use stratified folds"
        )
    return X.federation.map(
        put_back,
        layout=X.layout,
        parts=predictions,
        places=places,
        purpose="cross_val_predict",
    )


@row_op("model_selection.row_numbers")
def row_numbers(rows: Any) -> Array:
    """Each row's own number at its party."""
    return np.arange(rows.shape[0])


@row_op("model_selection.put_back")
def put_back(parts: list[Any], places: list[Array]) -> Array:
    """Rows that were predicted fold by fold, in the order in which they lie at the party."""
    predicted: Array = np.concatenate([np.asarray(part) for part in parts])
    return predicted[np.argsort(np.concatenate(places), kind="stable")]


def stand_in(estimator: Any, X: Handle, y: Handle | None, options: dict[str, Any]) -> StandIn:
    """The stand-in, and out of the options what has gone into it."""
    params = dict(options.pop("params", None) or options.pop("fit_params", None) or {})
    groups = assembled(params.pop("groups", options.pop("groups", None)))
    rows = {"X": X, "y": y, **{name: assembled(given) for name, given in params.items()}}
    at_parties({**rows, "groups": groups if isinstance(groups, Handle) else None})
    if not isinstance(estimator, FLModel):
        estimator = FLModel(model=estimator)
    classifier = is_classifier(estimator.to_sklearn())
    folds = draw_folds(options.pop("cv", None), X, y, classifier=classifier, groups=groups)
    given = {name: handle for name, handle in rows.items() if handle is not None}
    return StandIn(estimator, folds, given)


def local(estimator: Any) -> Any:
    """scikit-learn's own estimator, for local data."""
    return estimator.to_sklearn() if isinstance(estimator, FLModel) else estimator
