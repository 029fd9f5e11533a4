"""``SelectKBest`` and the other selectors that score each feature by itself: the score's sums are
the parties', the choice among the scores is scikit-learn's own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.feature_selection import (
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    chi2,
    f_classif,
    f_regression,
    mutual_info_classif,
    mutual_info_regression,
    r_regression,
)

from fedruntime.cohort import Cohort
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.design import record_features
from fedruntime.estimators.feature_selection.univariate_scores import (
    chi_squared,
    correlations,
    discrete_information,
    regression_ratios,
    variance_ratios,
)
from fedruntime.estimators.registry import Exactness, Fit, Level, federated
from fedruntime.estimators.tables import example, require_table

_SCORES: dict[Any, Callable[..., Any]] = {
    chi2: chi_squared,
    f_classif: variance_ratios,
    f_regression: regression_ratios,
    r_regression: correlations,
}


def require_known_score(model: Any) -> Level | None:
    """Refuse a score that is no sum over the rows."""
    _federated_score(model.score_func)
    return None


def _federated_score(function: Any) -> Callable[[Cohort], Any]:
    """The federated score of a function, or of a partial of it, known by identity.

    Raises
    ------
    UnsupportedError
    """
    options: dict[str, Any] = {}
    if isinstance(function, functools.partial) and not function.args:
        function, options = function.func, dict(function.keywords)
    # Our counterparts, which a script that also calls a score itself imports, name scikit-learn's.
    function = getattr(function, "counterpart_of", function)
    if function in _SCORES:
        return functools.partial(_SCORES[function], **options)
    if function is mutual_info_classif and options.get("discrete_features") is True:
        return discrete_information
    if function in (mutual_info_classif, mutual_info_regression):
        raise UnsupportedError(
            f"score_func={function.__name__} looks for each row's nearest neighbours over all "
            "rows; use f_classif or f_regression, or for features that are discrete "
            "functools.partial(mutual_info_classif, discrete_features=True)"
        )
    name = getattr(function, "__name__", repr(function))
    raise UnsupportedError(
        f"score_func={name} would be called with the parties' rows; use one of "
        + ", ".join(known.__name__ for known in _SCORES)
    )


def _selector(kind: type) -> Callable[[Fit], Fit]:
    return federated(
        kind,
        Exactness.EXACT,
        "sums by class or with the target; the choice is scikit-learn's own",
        judge=require_known_score,
    )


@_selector(SelectKBest)
@_selector(SelectPercentile)
@_selector(SelectFpr)
@_selector(SelectFdr)
@_selector(SelectFwe)
@_selector(GenericUnivariateSelect)
def fit(model: Any, cohort: Cohort) -> None:
    """Score the features of the pooled rows."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    record_features(model, X)
    model._check_params(example(X.facts), None)
    scored = _federated_score(model.score_func)(cohort.only(X=X, y=cohort.rows.get("y")))
    scores, p_values = scored if isinstance(scored, tuple) else (scored, None)
    model.scores_ = np.asarray(scores)
    model.pvalues_ = None if p_values is None else np.asarray(p_values)
