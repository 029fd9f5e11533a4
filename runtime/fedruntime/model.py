"""``FLModel``: a scikit-learn estimator that is fitted where the rows are.

The wrapped object itself gets fitted: its attributes and its own ``predict`` on local arrays work
as after a pooled fit, and ``joblib.dump(model, path)`` writes a plain scikit-learn estimator. On
handles, methods run at the parties and give handles.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import _name_estimators
from sklearn.tree._tree import ccp_pruning_path
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from fedruntime.aggregation.aggregator import Aggregator
from fedruntime.aggregation.default import AGGREGATOR
from fedruntime.attempts import Restartable, attempted
from fedruntime.caller import levels_above
from fedruntime.cohort import Cohort
from fedruntime.counterpart import assembled, at_parties
from fedruntime.data.handle import Handle
from fedruntime.data.public_rows import deal_like
from fedruntime.devices import PYU
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply
from fedruntime.estimators.fit_transform import fit_transform
from fedruntime.estimators.private.families import PrivateFit, private_fit_of
from fedruntime.estimators.score import score
from fedruntime.estimators.staged import staged
from fedruntime.vertical.aligned import Aligned
from fedruntime.vertical.model import fit_across
from fedruntime.vertical.registry import AT_PARTIES, fitted_across, stays_at_parties

_REVEAL = ("logits", "none")

Rows = Any  # a handle, a list of device objects (one a party), or local public data


class FLModel(Restartable):
    """A scikit-learn estimator fitted over parties.

    Parameters
    ----------
    device_list : sequence of PYU, optional
        The parties; by default all of the current federation.
    model : estimator or class
        A scikit-learn estimator; a class stands for its defaults.
    aggregator : Aggregator, optional
        By default a ``SecureAggregator``.
    reveal : {"logits", "none"}, optional
        Of a logistic regression on columns at several parties: whether the label party may see
        the others' parts of linear predictors, which the exact fit needs. By default it may.

    Raises
    ------
    UnsupportedError
        From ``fit``, before anything is sent, if the estimator or one of its parameters has no
        federated fit.
    """

    def __init__(
        self,
        device_list: Sequence[PYU] | None = None,
        model: Any = None,
        aggregator: Aggregator | None = None,
        *,
        reveal: str | None = None,
    ) -> None:
        if reveal not in (None, *_REVEAL):
            raise ValueError(f"reveal={reveal!r} is not one of {', '.join(_REVEAL)}")
        self._reveal = reveal
        if model is None:
            raise TypeError("FLModel needs model=, a scikit-learn estimator")
        self._devices = device_list
        self._model = _plain(model() if isinstance(model, type) else model)
        self._aggregator = aggregator or AGGREGATOR
        self._attributes_of_rows = registry.attributes_of_rows(self._model)

    # -- fitting ----------------------------------------------------------------------------

    def fit(
        self,
        X: Rows = None,
        y: Rows = None,
        sample_weight: Rows = None,
        *,
        x: Rows = None,
        epochs: int | None = None,
        **other: Rows,
    ) -> FLModel:
        """Fit the wrapped estimator.

        Parameters
        ----------
        X : handle, list of PYUObject, or local array
            Rows at the parties. Local data is public and fitted by scikit-learn itself.
        y, sample_weight : as X, optional
            Weights may be public beside rows at the parties: each party is told those of its own.
        x : optional
            SecretFlow's name for X.
        epochs : int, optional
            Accepted as SecretFlow has it. The fit goes to the estimator's own end instead.
        **other
            What else the estimator's own ``fit`` takes with one entry a row, such as ``groups`` or
            a step's ``classify__sample_weight``.
        """
        if epochs is not None:
            warnings.warn(
                f"epochs={epochs} has no effect: {type(self._model).__name__} is fitted to its "
                "own convergence, as scikit-learn does",
                stacklevel=levels_above(),
            )
        rows = {
            name: assembled(given)
            for name, given in (
                ("X", x if X is None else X),
                ("y", y),
                ("sample_weight", sample_weight),
                *other.items(),
            )
        }
        if isinstance(rows["X"], Aligned):
            self._fit_across(rows)
            return self
        if self._reveal is not None:
            raise UnsupportedError(
                f"reveal={self._reveal!r} is about columns at several parties: leave it out where "
                "parties have rows of their own"
            )
        if isinstance(rows["X"], Handle):
            rows["sample_weight"] = _dealt(rows["X"], rows["sample_weight"])
        if not at_parties(rows):
            self._attributes_of_rows = {}
            self._model.fit(rows.pop("X"), **_given(rows))
            return self
        with self._fitting(rows) as cohort:
            self._attributes_of_rows = registry.fit(self._model, cohort)
        return self

    def _fit_across(self, rows: Mapping[str, Any]) -> None:
        """Fit where parties hold other columns of the same rows."""
        federation = rows["X"].federation
        self._require_all(federation.all_parties)
        purpose = f"{type(self._model).__name__}.fit"
        with federation.progress.fit(purpose):
            fit_across(self._model, self._aggregator, rows, purpose, self._reveal)
        self._attributes_of_rows = fitted_across(self._model).of_rows

    @contextmanager
    def _fitting(self, rows: Mapping[str, Handle | None]) -> Iterator[Cohort]:
        cohort = self._cohort(rows, "fit")
        self._require_all(cohort.federation.all_parties)
        with cohort.federation.progress.fit(cohort.purpose):
            yield cohort

    def _cohort(self, rows: Mapping[str, Handle | None], method: str) -> Cohort:
        federation = next(handle.federation for handle in rows.values() if handle is not None)
        purpose = f"{type(self._model).__name__}.{method}"
        return Cohort(federation, self._aggregator, rows, purpose)

    def _require_all(self, parties: Sequence[str]) -> None:
        if self._devices is not None:
            named = {device.name for device in self._devices}
            if named != set(parties):
                raise DataError(
                    f"device_list names {', '.join(sorted(named))}, but the rows lie at "
                    f"{', '.join(parties)}: all parties that hold rows take part in a fit"
                )

    def fit_transform(self, X: Rows, y: Rows = None, **other: Rows) -> Any:
        """Fit, then transform the same rows, as the estimator's own ``fit_transform`` does."""
        return self._fit_then("transform", X, y, other)

    def fit_predict(self, X: Rows, y: Rows = None, **other: Rows) -> Any:
        """Fit, then predict the same rows."""
        return self._fit_then("predict", X, y, other)

    def _fit_then(self, method: str, X: Rows, y: Rows, other: Mapping[str, Rows]) -> Any:
        rows = assembled(X)
        if isinstance(rows, Aligned):
            return self.fit(rows, y, **other)._apply(method, rows)
        if not isinstance(rows, Handle):
            return getattr(self._model, f"fit_{method}")(rows, **_given({"y": y, **other}))
        if not hasattr(self._model, f"fit_{method}"):
            raise AttributeError(f"{type(self._model).__name__!r} has no 'fit_{method}'")
        if method != "transform":
            return self.fit(rows, y, **other)._apply(method, rows)
        given = {"X": rows, **{name: assembled(each) for name, each in {"y": y, **other}.items()}}
        at_parties(given)
        with self._fitting(given) as cohort:
            self._attributes_of_rows, transformed = fit_transform(self._model, cohort)
        return transformed

    # -- using the fitted model -------------------------------------------------------------

    def score(self, X: Rows, y: Rows = None, sample_weight: Rows = None) -> float:
        """What scikit-learn's own ``score`` gives, such as accuracy or R2."""
        rows = {
            "X": assembled(X),
            "y": assembled(y),
            "sample_weight": assembled(sample_weight),
        }
        if isinstance(rows["X"], Aligned):
            return fitted_across(self._model).score(rows["X"], rows["y"])
        if not at_parties(rows):
            return float(self._model.score(rows.pop("X"), **_given(rows)))
        return score(self._model, self._cohort(rows, "score"))

    @property  # type: ignore[misc]
    def __class__(self) -> type[Any]:
        """The wrapped estimator's class: what ``isinstance`` and a script's messages look for."""
        return type(self._model)

    def __sklearn_tags__(self) -> Any:
        return self._model.__sklearn_tags__()

    def __sklearn_is_fitted__(self) -> bool:
        try:
            check_is_fitted(self._model)
        except NotFittedError:
            return False
        return True

    def to_sklearn(self) -> Any:
        """The wrapped scikit-learn estimator, fitted once ``fit`` has run."""
        return self._model

    @property
    def exactness(self) -> str:
        """The exactness class of this estimator with these parameters; "private" if it has been
        fitted under a privacy budget, and "at parties" if part of it can be seen there only."""
        if private_fit_of(self._model) is not None:
            return "private"
        if stays_at_parties(self._model):
            return AT_PARTIES
        return registry.support(self._model).exactness.value

    @property
    def privacy(self) -> PrivateFit | None:
        """What the last fit used of a privacy budget, and its expected error; None without one."""
        return private_fit_of(self._model)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The wrapped estimator's parameters."""
        return dict(self._model.get_params(deep=deep))

    def set_params(self, **parameters: Any) -> FLModel:
        """Set the wrapped estimator's parameters."""
        self._model.set_params(**parameters)
        return self

    def __getitem__(self, key: Any) -> Any:
        """A step of a wrapped pipeline, fitted once ``fit`` has run."""
        return self._wrapped(self._model[key])

    def __len__(self) -> int:
        return len(self._model)

    def __bool__(self) -> bool:
        return True

    def __sklearn_clone__(self) -> FLModel:
        return FLModel(self._devices, clone(self._model), self._aggregator, reveal=self._reveal)

    def __copy__(self) -> FLModel:
        return FLModel(self._devices, copy.copy(self._model), self._aggregator, reveal=self._reveal)

    def __deepcopy__(self, memo: dict[int, Any]) -> FLModel:
        return FLModel(
            self._devices,
            copy.deepcopy(self._model, memo),
            self._aggregator,
            reveal=self._reveal,
        )

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Written to disk it is the wrapped estimator, which loads where there is no fedruntime."""
        return copy.copy, (self._model,)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_model" not in self.__dict__:
            raise AttributeError(name)
        if name in self._attributes_of_rows:
            return self._attributes_of_rows[name]
        value = getattr(self._model, name)
        if name in _MEASURES:
            return lambda X: self._measure(name, X)
        if name.startswith("set_"):
            return partial(self._set, value)
        if name in _ROW_METHODS:
            return lambda X, **options: self._apply(name, X, **options)
        if name in _STAGED_METHODS:
            return lambda X: self._staged(name, X)
        if name == "cost_complexity_pruning_path":
            return self._pruning_path
        return self._wrapped(value)

    def _set(self, method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """A setter of the estimator, such as ``set_output``, which gives the estimator back."""
        given = method(*args, **kwargs)
        return self if given is self._model else given

    @attempted
    def _measure(self, name: str, X: Rows) -> float:
        rows = assembled(X)
        measure = registry.family_of(self._model).measures.get(name)
        if not isinstance(rows, Handle) or measure is None:
            return float(getattr(self._model, name)(rows))
        return measure(self._model, self._cohort({"X": rows}, name))

    def _staged(self, name: str, X: Rows) -> Iterator[Any]:
        rows = assembled(X)
        if isinstance(rows, Handle):
            return staged(self._model, name.removeprefix("staged_"), rows)
        return iter(getattr(self._model, name)(rows))

    @attempted
    def _pruning_path(self, X: Rows, y: Rows, sample_weight: Rows = None) -> Bunch:
        """The pruning path of a tree fitted on these rows."""
        unpruned = clone(self._model).set_params(ccp_alpha=0.0)
        fitted = FLModel(self._devices, unpruned, self._aggregator).fit(X, y, sample_weight)
        return Bunch(**ccp_pruning_path(fitted.to_sklearn().tree_))

    def _wrapped(self, value: Any) -> Any:
        """Parts such as ``best_estimator_`` or ``named_steps``, so that they take handles, too."""
        if isinstance(value, BaseEstimator):
            return FLModel(self._devices, value, self._aggregator)
        if isinstance(value, Bunch):
            return Bunch(**{name: self._wrapped(part) for name, part in value.items()})
        if isinstance(value, list) and all(isinstance(part, BaseEstimator) for part in value):
            return [self._wrapped(part) for part in value]
        return value

    @attempted
    def _apply(self, method: str, X: Rows, **options: Any) -> Any:
        rows = assembled(X)
        if isinstance(rows, Aligned):
            if options:
                raise UnsupportedError(
                    f"{method} takes no {', '.join(options)} where columns lie at several parties"
                )
            return fitted_across(self._model).apply(method, rows)
        if isinstance(rows, Handle):
            return apply(self._model, method, rows, **options)
        return getattr(self._model, method)(rows, **options)

    def __repr__(self) -> str:
        return f"FLModel({self._model!r})"


_MEASURES = frozenset({"aic", "bic"})
_STAGED_METHODS = frozenset({"staged_decision_function", "staged_predict", "staged_predict_proba"})
_ROW_METHODS = frozenset(
    {
        "apply",
        "decision_function",
        "inverse_transform",
        "mahalanobis",
        "predict",
        "predict_joint_log_proba",
        "predict_log_proba",
        "predict_proba",
        "score_samples",
        "transform",
    }
)


def _dealt(X: Handle, weights: Any) -> Any:
    """Public weights where the rows of X are, by pooled position."""
    if weights is None or isinstance(weights, Handle) or np.shape(weights) != (len(X),):
        return weights
    return deal_like(X, weights)


def _given(rows: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values for name, values in rows.items() if values is not None}


def _plain(model: Any) -> Any:
    """A model whose parts, such as the steps of a pipeline, are scikit-learn's own again."""
    wrapped = {
        name: part.to_sklearn()
        for name, part in model.get_params(deep=True).items()
        if type(part) is FLModel
    }
    if not wrapped:
        return model
    lists = {name: getattr(model, name) for name in _NAMED_PARTS if hasattr(model, name)}
    made = [name for name, parts in lists.items() if _names(parts) == _made_names(parts)]
    model.set_params(**wrapped)
    for name in made:
        parts = getattr(model, name)
        renamed = zip(_made_names(parts), parts, strict=True)
        model.set_params(**{name: [(new, *part[1:]) for new, part in renamed]})
    return model


_NAMED_PARTS = ("steps", "transformer_list", "transformers")


def _names(parts: Sequence[tuple[Any, ...]]) -> list[str]:
    return [part[0] for part in parts]


def _made_names(parts: Sequence[tuple[Any, ...]]) -> list[str]:
    """The names that ``make_pipeline`` and its like give to parts, after their classes."""
    return [name for name, _ in _name_estimators([part[1] for part in parts])]
