"""A multilayer perceptron that scikit-learn trains by its own solvers on rows that are not there:
in their place it is given positions, and where it wants a gradient or a score of the rows at
these, sums over the parties are asked for. What parties compute is in ``backpropagation``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import LabelBinarizer

from fedruntime.cohort import Cohort
from fedruntime.data.handle import AlignedRows
from fedruntime.errors import DataError
from fedruntime.estimators.neural_network.backpropagation import (
    backpropagation,
    correct,
    row_numbers,
    squared_errors,
)
from fedruntime.messages import Array

Floats = npt.NDArray[np.float64]


class Positions:
    """Stands for rows: it has their shape, and is indexed by row.

    Parameters
    ----------
    numbers : ndarray of int
        Pooled positions of the rows.
    width : int
    """

    dtype = np.dtype(np.float64)
    ndim = 2

    def __init__(self, numbers: Array, width: int) -> None:
        self.numbers = numbers
        self.width = width

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.numbers), self.width

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, key: Any) -> Positions:
        rows = key[0] if isinstance(key, tuple) else key  # scikit-learn also asks for [rows, ...]
        return Positions(self.numbers[rows], self.width)


class SummedRows:
    """What a fit can know of the rows: gradients and scores, summed over the parties.

    Parameters
    ----------
    cohort : Cohort
        Of float64 rows; ``y`` holds numbers, or codes of classes.
    n_classes : int
        0 for numbers.
    """

    def __init__(self, cohort: Cohort, n_classes: int) -> None:
        self._cohort = _numbered(cohort)
        self._n_classes = n_classes
        self._evaluations = 0
        target = cohort["y"].shape
        self.n_outputs = n_classes if n_classes > 2 else 1 if n_classes else _width(target)
        self.n_samples, self.n_features = cohort.n_samples, cohort.n_features

    def gradient(self, model: Any, rows: Positions) -> tuple[float, list[Floats], list[Floats]]:
        """The mean loss of rows with the penalty's share, and its gradient by layer."""
        batch = None if len(rows) == self.n_samples else rows.numbers
        sums = self._cohort.sum(
            backpropagation, batch=batch, network=_network(model), n_classes=self._n_classes
        )
        weight = float(sums["weight"])
        if weight == 0.0:
            raise DataError("all rows of a batch have a sample weight of zero")
        squares = sum(float(np.dot(part.ravel(), part.ravel())) for part in model.coefs_)
        loss = (float(sums["loss"]) + 0.5 * model.alpha * squares) / weight
        self._evaluations += 1
        self._cohort.federation.progress.step(self._evaluations, loss=loss)
        parts, start = [], 0
        for part in (*model.coefs_, *model.intercepts_):
            parts.append(sums["gradient"][start : start + part.size].reshape(part.shape))
            start += part.size
        layers = len(model.coefs_)
        coefs = [
            (part + model.alpha * coef) / weight
            for part, coef in zip(parts[:layers], model.coefs_, strict=True)
        ]
        return loss, coefs, [part / weight for part in parts[layers:]]

    def accuracy(self, model: Any, rows: Positions) -> float:
        """The share of rows whose class is predicted rightly, by weight."""
        sums = self._cohort.sum(correct, batch=rows.numbers, network=_network(model))
        return float(sums["correct"] / sums["weight"])

    def r2(self, model: Any, rows: Positions) -> float:
        """The coefficient of determination, averaged over outputs."""
        centre = np.zeros(self.n_outputs)
        for _ in range(2):  # once for the mean, once about it
            sums = self._cohort.sum(
                squared_errors, batch=rows.numbers, network=_network(model), centre=centre
            )
            centre = centre + sums["sum"] / sums["weight"]
        varying = sums["square"] > 0.0
        share = sums["error"][varying] / sums["square"][varying]
        constant = np.where(sums["error"][~varying] > 0.0, 0.0, 1.0)
        return float(np.concatenate([1.0 - share, constant]).mean())


def _numbered(cohort: Cohort) -> Cohort:
    """The rows with their pooled positions, which are their own where parties have all rows."""
    X = cohort["X"]
    if isinstance(X, AlignedRows):
        return cohort
    numbers = cohort.federation.map(
        row_numbers,
        layout=X.layout,
        each={party: {"positions": own} for party, own in X.layout.positions.items()},
        purpose=cohort.purpose,
        X=X,
    )
    return cohort.replace(row_number=numbers)


class _OnSums:
    """The parts of a perceptron's fit that would look at rows."""

    _rows: SummedRows

    def _backprop(self, X: Positions, y: Any, *given: Any) -> tuple[float, Any, Any]:
        *_, coef_grads, intercept_grads = given
        loss, coefs, intercepts = self._rows.gradient(self, X)
        coef_grads[:], intercept_grads[:] = coefs, intercepts
        return loss, coef_grads, intercept_grads


class _Classifier(_OnSums, MLPClassifier):  # type: ignore[misc]
    classes_: Array

    def _validate_input(self, X: Positions, y: Any, incremental: bool, reset: bool) -> Any:
        self._label_binarizer = LabelBinarizer().fit(self.classes_)
        self.classes_ = self._label_binarizer.classes_
        return X, y

    def _score(self, X: Positions, y: Any, sample_weight: Any = None) -> float:
        return self._rows.accuracy(self, X)


class _Regressor(_OnSums, MLPRegressor):  # type: ignore[misc]
    def _validate_input(self, X: Positions, y: Any, incremental: bool, reset: bool) -> Any:
        return X, y

    def _score(self, X: Positions, y: Any, sample_weight: Any = None) -> float:
        return self._rows.r2(self, X)


def train(model: Any, rows: SummedRows) -> None:
    """Run ``model.fit`` on sums; its fitted attributes are set on the model.

    Parameters
    ----------
    model : MLPClassifier or MLPRegressor
        A classifier has its ``classes_``.
    rows : SummedRows
    """
    mirror = _Classifier() if isinstance(model, MLPClassifier) else _Regressor()
    mirror.__dict__.update(vars(model))
    mirror._rows = rows
    positions = Positions(np.arange(rows.n_samples), rows.n_features)
    mirror._fit(positions, np.zeros((rows.n_samples, rows.n_outputs)))
    del mirror._rows
    model.__dict__.update(vars(mirror))


def _network(model: Any) -> dict[str, Any]:
    return {
        "coefs": list(model.coefs_),
        "intercepts": list(model.intercepts_),
        "activation": model.activation,
        "out_activation": model.out_activation_,
        "loss": model.loss,
    }


def _width(shape: tuple[int, ...]) -> int:
    return shape[1] if len(shape) > 1 else 1
