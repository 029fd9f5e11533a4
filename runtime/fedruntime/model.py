"""``FLModel``: a scikit-learn estimator that is fitted where the rows are.

The wrapped object itself gets fitted: its attributes and its own ``predict`` on local arrays work
as after a pooled fit, and ``joblib.dump(model, path)`` writes a plain scikit-learn estimator. On
handles, methods run at the parties and give handles.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sklearn.base import BaseEstimator, clone
from sklearn.utils import Bunch

from fedruntime.aggregation.aggregator import Aggregator
from fedruntime.aggregation.default import AGGREGATOR
from fedruntime.cohort import Cohort
from fedruntime.counterpart import assembled, at_parties
from fedruntime.data.handle import Handle
from fedruntime.devices import PYU
from fedruntime.errors import DataError
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply
from fedruntime.estimators.fit_transform import fit_transform
from fedruntime.estimators.score import score

Rows = Any  # a handle, a list of device objects (one a party), or local public data


class FLModel:
    """A scikit-learn estimator fitted over parties.

    Parameters
    ----------
    device_list : sequence of PYU, optional
        The parties; by default all of the current federation.
    model : estimator or class
        A scikit-learn estimator; a class stands for its defaults.
    aggregator : Aggregator, optional
        By default a ``SecureAggregator``.

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
    ) -> None:
        if model is None:
            raise TypeError("FLModel needs model=, a scikit-learn estimator")
        self._devices = device_list
        self._model = _plain(model() if isinstance(model, type) else model)
        self._aggregator = aggregator or AGGREGATOR
        self._attributes_of_rows: Mapping[str, Handle] = {}

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
                stacklevel=2,
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
        if not at_parties(rows):
            self._attributes_of_rows = {}
            self._model.fit(rows.pop("X"), **_given(rows))
            return self
        with self._fitting(rows) as cohort:
            self._attributes_of_rows = registry.fit(self._model, cohort)
        return self

    @contextmanager
    def _fitting(self, rows: Mapping[str, Handle | None]) -> Iterator[Cohort]:
        cohort = self._cohort(rows, "fit")
        self._require_all(cohort.federation.parties)
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
        if not at_parties(rows):
            return float(self._model.score(rows.pop("X"), **_given(rows)))
        return score(self._model, self._cohort(rows, "score"))

    def to_sklearn(self) -> Any:
        """The wrapped scikit-learn estimator, fitted once ``fit`` has run."""
        return self._model

    @property
    def exactness(self) -> str:
        """The exactness class of this estimator with these parameters."""
        return registry.support(self._model).exactness.value

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
        return FLModel(self._devices, clone(self._model), self._aggregator)

    def __copy__(self) -> FLModel:
        return FLModel(self._devices, copy.copy(self._model), self._aggregator)

    def __deepcopy__(self, memo: dict[int, Any]) -> FLModel:
        return FLModel(self._devices, copy.deepcopy(self._model, memo), self._aggregator)

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
        if name in _ROW_METHODS:
            return lambda X, **options: self._apply(name, X, **options)
        return self._wrapped(value)

    def _measure(self, name: str, X: Rows) -> float:
        rows = assembled(X)
        measure = registry.family_of(self._model).measures.get(name)
        if not isinstance(rows, Handle) or measure is None:
            return float(getattr(self._model, name)(rows))
        return measure(self._model, self._cohort({"X": rows}, name))

    def _wrapped(self, value: Any) -> Any:
        """Parts such as ``best_estimator_`` or ``named_steps``, so that they take handles, too."""
        if isinstance(value, BaseEstimator):
            return FLModel(self._devices, value, self._aggregator)
        if isinstance(value, Bunch):
            return Bunch(**{name: self._wrapped(part) for name, part in value.items()})
        if isinstance(value, list) and all(isinstance(part, BaseEstimator) for part in value):
            return [self._wrapped(part) for part in value]
        return value

    def _apply(self, method: str, X: Rows, **options: Any) -> Any:
        rows = assembled(X)
        if isinstance(rows, Handle):
            return apply(self._model, method, rows, **options)
        return getattr(self._model, method)(rows, **options)

    def __repr__(self) -> str:
        return f"FLModel({self._model!r})"


_MEASURES = frozenset({"aic", "bic"})
_ROW_METHODS = frozenset(
    {
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


def _given(rows: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values for name, values in rows.items() if values is not None}


def _plain(model: Any) -> Any:
    """A model whose parts, such as the steps of a pipeline, are scikit-learn's own again."""
    wrapped = {
        name: part.to_sklearn()
        for name, part in model.get_params(deep=True).items()
        if isinstance(part, FLModel)
    }
    return model.set_params(**wrapped) if wrapped else model
