"""Learning and validation curves over handles, run by scikit-learn's own on stand-ins."""

from __future__ import annotations

from typing import Any

from sklearn import model_selection

from fedruntime.attempts import attempted
from fedruntime.counterpart import assembled, at_parties
from fedruntime.errors import UnsupportedError
from fedruntime.model_selection.cross_validation import local, stand_in
from fedruntime.model_selection.scoring import federated_scorer
from fedruntime.model_selection.stand_in import Places, on_places, refusals_raised


@attempted
def learning_curve(estimator: Any, X: Any, y: Any = None, **options: Any) -> Any:
    """``sklearn.model_selection.learning_curve``: the scores of the pooled data.

    Parameters
    ----------
    estimator : FLModel or scikit-learn estimator
    X, y : handle
        Local data is left to scikit-learn itself.
    **options
        scikit-learn's; the rows of each training size are those that it takes.

    Raises
    ------
    UnsupportedError
        For ``exploit_incremental_learning``.
    """
    if options.get("exploit_incremental_learning"):
        raise UnsupportedError(
            "learning_curve: exploit_incremental_learning has no federated counterpart; use False"
        )
    return _curve(model_selection.learning_curve, estimator, X, y, options)


@attempted
def validation_curve(estimator: Any, X: Any, y: Any = None, **options: Any) -> Any:
    """``sklearn.model_selection.validation_curve``: the scores of the pooled data.

    Parameters and errors are those of ``learning_curve``.
    """
    return _curve(model_selection.validation_curve, estimator, X, y, options)


def _curve(function: Any, estimator: Any, X: Any, y: Any, options: dict[str, Any]) -> Any:
    X, y = assembled(X), assembled(y)
    if not at_parties({"X": X, "y": y}):
        return function(local(estimator), X, y, **options)
    scorer = federated_scorer(options.pop("scoring", None))
    model = stand_in(estimator, X, y, options)
    places = Places(model.folds, len(X))
    options = {**options, "cv": places.folds, "scoring": on_places(scorer), "n_jobs": None}
    with refusals_raised():
        return function(model, places, None, **options)
