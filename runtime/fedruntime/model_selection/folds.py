"""The folds of a cross-validation over handles: drawn as positions, by scikit-learn's own splitter,
and turned into rows one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import model_selection

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.selection import RowSelection
from fedruntime.errors import DataError, RevealError, UnsupportedError
from fedruntime.messages import Array
from fedruntime.metrics.labels import is_continuous
from fedruntime.model_selection.strata import Strata
from fedruntime.operations import Statistics, party_op

_STRATIFIED_FOLDS = (model_selection.StratifiedKFold, model_selection.RepeatedStratifiedKFold)
_STRATIFIED = (*_STRATIFIED_FOLDS, model_selection.StratifiedShuffleSplit)
_GROUPED = (
    model_selection.GroupKFold,
    model_selection.GroupShuffleSplit,
    model_selection.LeaveOneGroupOut,
    model_selection.LeavePGroupsOut,
    model_selection.StratifiedGroupKFold,
)
_OF_SINGLE_ROWS = (model_selection.LeaveOneOut, model_selection.LeavePOut)


@party_op("model_selection.is_classes", reveals="whether the target holds classes")
def holds_classes(y: Any) -> Statistics:
    """Whether a party's targets are one class a row: ``binary`` or ``multiclass``."""
    values = np.asarray(y)
    one_column = values.ndim == 1 or values.shape[1] == 1
    return {"classes": np.asarray(one_column and not is_continuous(values))}


@dataclass(frozen=True)
class Folds:
    """Train and test positions of each fold.

    Parameters
    ----------
    positions : list of (ndarray, ndarray)
        Pooled positions, or positions of a surrogate where the split is stratified.
    index : callable
        Turns positions into an index for handles.
    public : bool
        Whether positions are those of the pooled rows.
    """

    positions: list[tuple[Array, Array]]
    index: Callable[[Array], Any]
    public: bool


def draw_folds(
    cv: Any, X: Handle, y: Handle | None, *, classifier: bool, groups: Any = None
) -> Folds:
    """Draw the folds that ``sklearn.model_selection.check_cv`` and the splitter would.

    Parameters
    ----------
    cv : None, int, splitter, or iterable of (train, test) positions
    X, y : Handle
    classifier : bool
        Whether ``None`` or an integer means stratified folds, given that ``y`` holds classes.
    groups : Handle, or public array, optional
        For splitters that keep groups of rows together.

    Raises
    ------
    RevealError
        For a splitter that leaves out single rows.
    UnsupportedError
        For an iterable of stratified selections.
    """
    splitter = _splitter(cv, y, classifier)
    if isinstance(splitter, _OF_SINGLE_ROWS):
        raise single_rows_refused(splitter)
    rows = np.arange(len(X))
    by_class = isinstance(splitter, model_selection.StratifiedGroupKFold)
    if isinstance(groups, Handle) and isinstance(splitter, _GROUPED):
        strata = Strata.of_groups(groups, y if by_class else None)
        return _opaque(splitter, rows, strata, in_order=True)
    if by_class and groups is not None:
        raise DataError(
            "StratifiedGroupKFold needs the groups where the labels are: load them with fed.load"
        )
    if y is None or not isinstance(splitter, _STRATIFIED):
        pairs = _public_pairs(splitter, rows, groups) if hasattr(splitter, "split") else splitter
        return Folds([_positions(pair) for pair in pairs], lambda positions: positions, True)
    in_order = isinstance(splitter, _STRATIFIED_FOLDS)
    return _opaque(splitter, rows, Strata.of(y, joined=not in_order), in_order=in_order)


def _public_pairs(splitter: Any, rows: Array, groups: Any) -> Any:
    """What a splitter draws from row counts and public groups."""
    return splitter.split(rows, None, None if isinstance(groups, Handle) else groups)


def single_rows_refused(splitter: Any) -> RevealError:
    """Why a splitter that leaves out single rows does not split handles."""
    return RevealError(
        f"{where()}{type(splitter).__name__} leaves out single rows, and two sums that differ by "
        "one row tell it: use KFold(10), whose folds have many"
    )


def _opaque(splitter: Any, rows: Array, strata: Strata, *, in_order: bool) -> Folds:
    return Folds(
        list(splitter.split(rows, strata.labels, strata.groups)),
        lambda positions: strata.select(positions, in_order=in_order),
        False,
    )


def _splitter(cv: Any, y: Handle | None, classifier: bool) -> Any:
    if cv is not None and not isinstance(cv, int | np.integer):
        return cv
    n_splits = 5 if cv is None else int(cv)
    if classifier and y is not None:
        replies = y.federation.collect(holds_classes, y=y, purpose="cross-validation")
        if all(reply["classes"] for reply in replies.values()):
            return model_selection.StratifiedKFold(n_splits)
    return model_selection.KFold(n_splits)


def _positions(pair: Any) -> tuple[Array, Array]:
    train, test = pair
    if isinstance(train, RowSelection) or isinstance(test, RowSelection):
        raise UnsupportedError(
            "cv is a list of stratified selections: pass the splitter itself, such as "
            "cv=StratifiedKFold(5), instead of what its split() yields"
        )
    return np.asarray(train), np.asarray(test)
