"""Cross-validation over handles, run by scikit-learn's own on a stand-in.

scikit-learn is given the row positions for X, and an estimator that turns positions into rows at
the parties. So folds, errors, warnings and results are its own, and no row is needed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

import numpy as np
from sklearn import model_selection
from sklearn.base import BaseEstimator, clone, is_classifier

from fedruntime.counterpart import assembled, at_parties
from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.errors import UnsupportedError
from fedruntime.messages import Array
from fedruntime.model import FLModel
from fedruntime.model_selection.folds import Folds, draw_folds
from fedruntime.model_selection.scoring import Scorer, federated_scorer, federated_scorers
from fedruntime.operations import row_op


class FoldModel(BaseEstimator):  # type: ignore[misc]
    """An estimator for positions: fits a federated model on the rows that are there.

    Parameters
    ----------
    model : FLModel
    folds : Folds
    rows : mapping
        Handles by the name of the parameter of ``fit`` that they are for.
    """

    def __init__(self, model: FLModel, folds: Folds, rows: Mapping[str, Handle]) -> None:
        self.model = model
        self.folds = folds
        self.rows = rows

    def __sklearn_clone__(self) -> FoldModel:
        return FoldModel(clone(self.model), self.folds, self.rows)

    def fit(self, positions: Array, y: None = None) -> FoldModel:
        rows = self.at(positions)
        self.model.fit(rows["X"], rows.get("y"), rows.get("sample_weight"))
        return self

    def at(self, positions: Array) -> dict[str, Handle]:
        """The rows at these positions."""
        index = self.folds.index(positions)
        return {name: take(rows, index) for name, rows in self.rows.items()}


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
        ``params={"sample_weight": handle}`` goes to ``fit``. ``n_jobs`` has no effect: parties
        answer one round after another.

    Raises
    ------
    UnsupportedError
        For groups, for scoring functions that would see rows, for other fit parameters.
    """
    X, y = assembled(X), assembled(y)
    if not at_parties({"X": X, "y": y}):
        return dict(model_selection.cross_validate(_local(estimator), X, y, **options))
    scoring = federated_scorers(options.pop("scoring", None))
    fold_model = _fold_model(estimator, X, y, options)
    folds = fold_model.folds
    if options.get("return_indices") and not folds.public:
        raise UnsupportedError("return_indices: the row numbers of stratified folds stay put")
    result = model_selection.cross_validate(
        fold_model,
        np.arange(len(X)),
        cv=folds.positions,
        scoring=_on_positions(scoring),
        **{**options, "n_jobs": 1},
    )
    if "estimator" in result:
        result["estimator"] = [fitted.model for fitted in result["estimator"]]
    return dict(result)


def cross_val_score(estimator: Any, X: Any, y: Any = None, **options: Any) -> Array:
    """``sklearn.model_selection.cross_val_score``: the scores of the pooled data.

    Parameters and errors are those of ``cross_validate``, with one scoring.
    """
    X, y = assembled(X), assembled(y)
    signature(model_selection.cross_val_score).bind(estimator, X, y, **options)
    if not at_parties({"X": X, "y": y}):
        scores = model_selection.cross_val_score(_local(estimator), X, y, **options)
    else:
        federated_scorer(options.get("scoring"))  # one scoring, not several
        scores = cross_validate(estimator, X, y, **options)["test_score"]
    return np.asarray(scores)


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
        return model_selection.cross_val_predict(_local(estimator), X, y, **options)
    method = options.get("method", "predict")
    stand_in = _fold_model(estimator, X, y, options)
    folds = stand_in.folds
    tested = np.concatenate([test for _, test in folds.positions])
    if not np.array_equal(np.sort(tested), np.arange(len(X))):
        raise ValueError("cross_val_predict only works for partitions")
    numbers = X.federation.map(row_numbers, rows=X, purpose="cross_val_predict")
    predictions, places, classes = [], [], []
    for train, test in folds.positions:
        model = clone(stand_in).fit(train).model
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


def _fold_model(estimator: Any, X: Handle, y: Handle | None, options: dict[str, Any]) -> FoldModel:
    """The stand-in, and out of the options what has gone into it."""
    if options.pop("groups", None) is not None:
        raise UnsupportedError("groups: cross-validation by groups has no federated counterpart")
    params = dict(options.pop("params", None) or options.pop("fit_params", None) or {})
    rows = {"X": X, "y": y, "sample_weight": assembled(params.pop("sample_weight", None))}
    if params:
        raise UnsupportedError(f"params: {', '.join(params)} cannot be passed to a federated fit")
    at_parties(rows)
    if not isinstance(estimator, FLModel):
        estimator = FLModel(model=estimator)
    classifier = is_classifier(estimator.to_sklearn())
    folds = draw_folds(options.pop("cv", None), X, y, classifier=classifier)
    given = {name: handle for name, handle in rows.items() if handle is not None}
    return FoldModel(estimator, folds, given)


def _on_positions(scorers: Scorer | dict[str, Scorer]) -> Any:
    if isinstance(scorers, dict):
        return {name: _on_positions(scorer) for name, scorer in scorers.items()}

    def score(fitted: FoldModel, positions: Array, y: None = None) -> float:
        rows = fitted.at(positions)
        return scorers(fitted.model, rows["X"], rows.get("y"))

    return score


def _local(estimator: Any) -> Any:
    return estimator.to_sklearn() if isinstance(estimator, FLModel) else estimator
