"""``FLModel``: a scikit-learn estimator that is fitted where the rows are.

The wrapped object itself gets fitted: its attributes and its own ``predict`` on local arrays work
as after a pooled fit, and ``joblib.dump(model, path)`` writes a plain scikit-learn estimator. On
handles, methods run at the parties and give handles.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from typing import Any

from sklearn.base import clone, is_classifier

from fedruntime import metrics
from fedruntime.aggregation.aggregator import Aggregator
from fedruntime.aggregation.default import AGGREGATOR
from fedruntime.cohort import Cohort
from fedruntime.counterpart import assembled, at_parties
from fedruntime.data.handle import Handle
from fedruntime.devices import PYU
from fedruntime.errors import DataError
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply

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

    # -- fitting ----------------------------------------------------------------------------

    def fit(
        self,
        X: Rows = None,
        y: Rows = None,
        sample_weight: Rows = None,
        *,
        x: Rows = None,
        epochs: int | None = None,
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
            )
        }
        if not at_parties(rows):
            features = rows.pop("X")
            given = {name: values for name, values in rows.items() if values is not None}
            self._model.fit(features, **given)
            return self
        federation = rows["X"].federation
        self._require_all(federation.parties)
        cohort = Cohort(
            federation, self._aggregator, rows, purpose=f"{type(self._model).__name__}.fit"
        )
        with federation.progress.fit(cohort.purpose):
            registry.fit(self._model, cohort)
        return self

    def _require_all(self, parties: Sequence[str]) -> None:
        if self._devices is not None:
            named = {device.name for device in self._devices}
            if named != set(parties):
                raise DataError(
                    f"device_list names {', '.join(sorted(named))}, but the rows lie at "
                    f"{', '.join(parties)}: all parties that hold rows take part in a fit"
                )

    def fit_transform(self, X: Rows, y: Rows = None) -> Any:
        """Fit, then transform the same rows."""
        return self.fit(X, y).transform(X)

    # -- using the fitted model -------------------------------------------------------------

    def score(self, X: Rows, y: Rows, sample_weight: Rows = None) -> float:
        """Accuracy of a classifier, R2 of a regressor, as scikit-learn's own ``score``."""
        if not isinstance(assembled(X), Handle):
            return float(self._model.score(X, y, sample_weight=sample_weight))
        measure = metrics.accuracy_score if is_classifier(self._model) else metrics.r2_score
        return float(measure(y, self.predict(X), sample_weight=sample_weight))

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
        return self._model[key]

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
        value = getattr(self._model, name)
        if name in _ROW_METHODS:
            return lambda X: self._apply(name, X)
        return value

    def _apply(self, method: str, X: Rows) -> Any:
        rows = assembled(X)
        if isinstance(rows, Handle):
            return apply(self._model, method, rows)
        return getattr(self._model, method)(rows)

    def __repr__(self) -> str:
        return f"FLModel({self._model!r})"


_ROW_METHODS = frozenset(
    {
        "decision_function",
        "inverse_transform",
        "predict",
        "predict_log_proba",
        "predict_proba",
        "transform",
    }
)


def _plain(model: Any) -> Any:
    """A model whose parts, such as the steps of a pipeline, are scikit-learn's own again."""
    wrapped = {
        name: part.to_sklearn()
        for name, part in model.get_params(deep=True).items()
        if isinstance(part, FLModel)
    }
    return model.set_params(**wrapped) if wrapped else model
