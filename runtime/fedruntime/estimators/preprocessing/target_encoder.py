"""``TargetEncoder``: the target's mean by category, from summed counts and sums.

``fit_transform`` encodes each row by the rows of the other folds, as scikit-learn does; the folds
are its own, and rows stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import TargetEncoder
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.multiclass import type_of_target

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.errors import DataError
from fedruntime.estimators.design import Floats, as_codes, as_targets, classes_of
from fedruntime.estimators.preprocessing.encoders import public_categories
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.state import export_state, import_state
from fedruntime.estimators.tables import FINITE, as_pooled, require_table
from fedruntime.messages import Array, Public
from fedruntime.model_selection.cross_validation import put_back, row_numbers
from fedruntime.model_selection.folds import Folds, draw_folds
from fedruntime.operations import Statistics, party_op, row_op

_KINDS = ("binary", "multiclass", "continuous")


@dataclass(frozen=True)
class Encodings:
    """What categories are encoded as.

    Parameters
    ----------
    of_feature : list of ndarray
        For each feature and target one value a category, targets of one feature together.
    mean : ndarray of shape (n_targets,)
        The mean of each target.
    """

    of_feature: list[Array]
    mean: Floats


def fit_transform(model: TargetEncoder, cohort: Cohort) -> Handle:
    """Fit, and encode each fold by the means over the others."""
    rows = _fitted(model, cohort)
    folds = _folds(model, cohort)
    numbers = rows.derive(row_numbers, rows=rows["X"])
    encodings, tested = [], []
    for train, test in folds.positions:
        chosen = folds.index(train)
        others = rows.only(X=take(rows["X"], chosen), y=take(rows["y"], chosen))
        encodings.append(_encodings(model, others))
        tested.append(folds.index(test))
    encoded = [
        rows.only(X=take(rows["X"], chosen)).derive(
            encode,
            encodings=one.of_feature,
            # scikit-learn sets unknown categories anew with every fold.
            unknown=encodings[-1].mean,
        )
        for one, chosen in zip(encodings, tested, strict=True)
    ]
    together = cohort.federation.map(
        put_back,
        layout=cohort["X"].layout,
        parts=encoded,
        places=[take(numbers, chosen) for chosen in tested],
        purpose=cohort.purpose,
    )
    if _get_output_config("transform", model)["dense"] != "pandas":
        return together
    columns = model.get_feature_names_out().tolist()
    return cohort.derive(as_frame, values=together, columns=columns)


@federated(
    TargetEncoder,
    Exactness.EXACT,
    "summed counts and sums by category, which each party reveals; scikit-learn's own folds",
    fit_transform=fit_transform,
)
def fit(model: TargetEncoder, cohort: Cohort) -> None:
    """Learn the encodings of the pooled rows."""
    _fitted(model, cohort)


def _fitted(model: TargetEncoder, cohort: Cohort) -> Cohort:
    """Fit; returns the rows as numbers of categories, and as one column of numbers a target."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    if not cohort.has("y"):
        raise DataError(f"{cohort.purpose} requires y to be passed, but the target y is None")
    public, _ = public_categories(model.categories, cohort, known=False)
    model._fit(public, handle_unknown="ignore", **{FINITE: "allow-nan"})
    model.target_type_ = _target_type(model, cohort)
    discrete = model.target_type_ != "continuous"
    model.classes_ = classes_of(cohort) if discrete else None
    target = (
        cohort.derive(
            as_class_columns,
            classes=model.classes_,
            several=model.target_type_ == "multiclass",
        )
        if discrete
        else cohort.derive(as_target_column)
    )
    codes = cohort.derive(as_category_numbers, state=export_state(model), dtypes=X.facts.dtypes)
    rows = cohort.only(X=codes, y=target)
    encodings = _encodings(model, rows)
    several = model.target_type_ == "multiclass"
    model.target_mean_ = encodings.mean if several else encodings.mean[0]
    model.encodings_ = encodings.of_feature
    return rows


def _target_type(model: TargetEncoder, cohort: Cohort) -> str:
    """What scikit-learn takes the pooled target for."""
    if model.target_type != "auto":
        return str(model.target_type)
    kinds = cohort.union(target_kind)["kind"].tolist()
    other = next((kind for kind in kinds if kind not in _KINDS), None)
    if other is not None:
        raise DataError(
            f"Unknown label type: Target type was inferred to be {other!r}. Only {_KINDS} are "
            "supported."
        )
    if "continuous" in kinds:
        return "continuous"
    return "binary" if len(classes_of(cohort)) <= 2 else "multiclass"


def _encodings(model: TargetEncoder, rows: Cohort) -> Encodings:
    """The encodings of ``sklearn.preprocessing._target_encoder_fast``, from sums."""
    sizes = [len(categories) for categories in model.categories_]
    totals = rows.sum(category_sums, sizes=sizes)
    mean = totals["y"] / totals["rows"]
    counts = totals["count"][:, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        if model.smooth == "auto":
            means = totals["sum"] / counts
            spread = rows.sum(
                category_deviations, sizes=sizes, means=np.nan_to_num(means), mean=mean
            )
            variance = spread["y"] / totals["rows"]
            share = variance * counts / (variance * counts + spread["square"] / counts)
            values = share * means + (1 - share) * mean
        else:
            values = (model.smooth * mean + totals["sum"]) / (model.smooth + counts)
    values = np.where(np.isnan(values), mean, values)
    features = np.split(values, np.cumsum(sizes)[:-1])
    return Encodings(
        [np.ascontiguousarray(column) for feature in features for column in feature.T], mean
    )


def _folds(model: TargetEncoder, cohort: Cohort) -> Folds:
    """The folds that ``TargetEncoder.fit_transform`` draws.

    Raises
    ------
    DataError
        If a row is in no test fold, or in several.
    """
    cv = model.cv
    if cv is None or isinstance(cv, int | np.integer):
        kind = KFold if model.target_type_ == "continuous" else StratifiedKFold
        given = {
            "shuffle": True if model.shuffle == "deprecated" else model.shuffle,
            "random_state": None if model.random_state == "deprecated" else model.random_state,
        }
        cv = kind(5 if cv is None else cv, **given)
    folds = draw_folds(cv, cohort["X"], cohort["y"], classifier=True)
    tested = np.sort(np.concatenate([test for _, test in folds.positions]))
    if not np.array_equal(tested, np.arange(cohort.n_samples)):
        raise DataError(
            "Validation indices from `cv` must cover each sample index exactly once with no "
            "overlap. Pass a splitter with non-overlapping validation folds as `cv` or refer to "
            "the docs for other options."
        )
    return folds


# -- at the parties -------------------------------------------------------------------------


@party_op("target_encoder.kind", reveals="whether the target is binary, multiclass or continuous")
def target_kind(y: Any) -> Statistics:
    """What scikit-learn takes a party's target for; nothing without rows."""
    kinds = [type_of_target(y)] if len(y) else []
    return {"kind": np.array(kinds, dtype=str)}


@row_op("target_encoder.classes")
def as_class_columns(y: Any, classes: Array, several: bool) -> Floats:
    """Labels as one column of their numbers, or as one column of zeros and ones a class."""
    codes = as_codes(y, classes)
    if not several:
        return np.asarray(codes)[:, np.newaxis]
    return np.asarray(codes[:, np.newaxis] == np.arange(len(classes)), dtype=np.float64)


@row_op("target_encoder.target")
def as_target_column(y: Any) -> Floats:
    """A numeric target as one column."""
    target = as_targets(y)
    return target[:, np.newaxis] if target.ndim == 1 else np.asarray(target)


@row_op("target_encoder.categories")
def as_category_numbers(X: Any, state: Public, dtypes: Sequence[str]) -> npt.NDArray[np.int64]:
    """The number of each cell's category; -1 for one that is not known."""
    rows = as_pooled(X, dtypes)
    if not rows.shape[0]:
        return np.empty(rows.shape, dtype=np.int64)
    model = import_state(state)
    numbers, known = model._transform(rows, handle_unknown="ignore", **{FINITE: "allow-nan"})
    return np.where(known, numbers, -1).astype(np.int64)


@party_op("target_encoder.sums", counts=("count",))
def category_sums(X: Array, y: Floats, sizes: Sequence[int]) -> Statistics:
    """Rows and sums of the targets by category, features one below the other."""
    counts, sums = [], []
    for number, size in enumerate(sizes):
        codes = _counted_as(X[:, number])
        counts.append(np.bincount(codes, minlength=size))
        sums.append(_by_category(codes, y, size))
    return {
        "rows": len(X),
        "y": y.sum(axis=0),
        "count": np.concatenate(counts),
        "sum": np.concatenate(sums),
    }


@party_op("target_encoder.deviations")
def category_deviations(
    X: Array, y: Floats, sizes: Sequence[int], means: Floats, mean: Floats
) -> Statistics:
    """Squared deviations of the targets from the means of their categories, and from all."""
    squares, start = [], 0
    for number, size in enumerate(sizes):
        codes = _counted_as(X[:, number])
        squares.append(_by_category(codes, (y - means[start + codes]) ** 2, size))
        start += size
    return {"square": np.concatenate(squares), "y": ((y - mean) ** 2).sum(axis=0)}


@row_op("target_encoder.encode")
def encode(X: Array, encodings: Sequence[Array], unknown: Floats) -> Floats:
    """Numbers of categories as their encodings."""
    encoded = np.empty((len(X), len(encodings)))
    for number, values in enumerate(encodings):
        feature, target = divmod(number, len(unknown))
        codes = X[:, feature]
        encoded[:, number] = np.where(codes < 0, unknown[target], values[codes])
    return encoded


@row_op("target_encoder.frame")
def as_frame(X: Any, values: Floats, columns: Sequence[str]) -> pd.DataFrame:
    """Encoded rows under the names and the row labels that scikit-learn gives them."""
    index = X.index if isinstance(X, pd.DataFrame) else None
    return pd.DataFrame(values, columns=list(columns), index=index)


def _counted_as(codes: Array) -> Array:
    # scikit-learn counts unknown categories to the first one.
    return np.maximum(codes, 0)


def _by_category(codes: Array, values: Floats, size: int) -> Floats:
    # Of no rows numpy counts integers.
    totals = [np.bincount(codes, column, size).astype(np.float64) for column in values.T]
    return np.stack(totals, axis=1)
