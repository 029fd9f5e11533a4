"""scikit-learn's plots of learning and validation curves, for rows at the parties.

The scores are those of the functions of this package; scikit-learn draws them, and imports
matplotlib when it does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from sklearn import model_selection
from sklearn.utils._plotting import _validate_score_name

from fedruntime.counterpart import assembled
from fedruntime.data.handle import Handle
from fedruntime.model_selection.curves import learning_curve, validation_curve

_VARIED: tuple[str, ...] = ("param_name", "param_range")


class LearningCurveDisplay(model_selection.LearningCurveDisplay):  # type: ignore[misc]
    """``sklearn.model_selection.LearningCurveDisplay`` whose constructor also takes handles."""

    @classmethod
    def from_estimator(cls, *args: Any, **kwargs: Any) -> Any:
        """As scikit-learn's; rows may be handles, the estimator an ``FLModel``."""
        local = super().from_estimator
        return _display(cls, local, learning_curve, args, kwargs, {})


class ValidationCurveDisplay(model_selection.ValidationCurveDisplay):  # type: ignore[misc]
    """``sklearn.model_selection.ValidationCurveDisplay`` whose constructor also takes handles."""

    @classmethod
    def from_estimator(cls, *args: Any, **kwargs: Any) -> Any:
        """As scikit-learn's; rows may be handles, the estimator an ``FLModel``."""
        local = super().from_estimator
        named = {name: kwargs[name] for name in _VARIED if name in kwargs}
        return _display(cls, local, validation_curve, args, kwargs, named)


def _display(
    cls: Any,
    local: Callable[..., Any],
    curve: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    named: dict[str, Any],
) -> Any:
    options = dict(inspect.signature(local).bind(*args, **kwargs).arguments)
    estimator, X, y = (options.pop(name, None) for name in ("estimator", "X", "y"))
    X = assembled(X)
    if not isinstance(X, Handle):
        plain = estimator.to_sklearn() if hasattr(estimator, "to_sklearn") else estimator
        return local(plain, X, y, **options)
    drawing = inspect.signature(cls.plot).parameters.keys() - {"self", "score_name"}
    drawn = {name: options.pop(name) for name in drawing if name in options}
    score_name = _validate_score_name(
        options.pop("score_name", None), options.get("scoring"), drawn.get("negate_score", False)
    )
    *sizes, train_scores, test_scores = curve(estimator, X, y, **options)
    places = named or {"train_sizes": sizes[0]}
    display = cls(
        **places, train_scores=train_scores, test_scores=test_scores, score_name=score_name
    )
    return display.plot(**drawn)
