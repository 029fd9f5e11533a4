"""Drop-in subclasses of scikit-learn's splitters that also split handles.

What they yield is an index for handles of the same layout: ``X[train]``, ``X.iloc[train]``. For
unstratified splits that is scikit-learn's own array of pooled positions, for stratified ones a
``RowSelection``. Draws are scikit-learn's own, so rows and order are those of the pooled data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import model_selection

from fedruntime.data.handle import Handle
from fedruntime.data.positions import folds_over
from fedruntime.exchange import common_layout
from fedruntime.model_selection.folds import single_rows_refused
from fedruntime.model_selection.strata import Strata

Fold = tuple[Any, Any]  # train and test indices


class _ByRowCount:
    """Splits handles by their public row counts."""

    def split(self, X: Any = None, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yield train and test indices; X and y may be handles."""
        folds = super().split(_counted(X), _counted(y), groups)  # type: ignore[misc]
        yield from folds_over(X, folds)


class _ByClassCount:
    """Splits handles by the class counts of their runs of rows."""

    _in_order: bool

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yield train and test indices; X and y may be handles, indices then are opaque."""
        if not isinstance(y, Handle):
            yield from folds_over(X, super().split(_counted(X), y, groups))  # type: ignore[misc]
            return
        if isinstance(X, Handle):
            common_layout([X, y])
        strata = Strata.of(y, joined=not self._in_order)
        for fold in super().split(_counted(X), strata.labels, groups):  # type: ignore[misc]
            train, test = (strata.select(part, in_order=self._in_order) for part in fold)
            yield train, test


class _ByGroupCount:
    """Splits handles by the counts of groups, or of classes within groups, in runs of rows."""

    _by_class = False

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yield train and test indices; X, y and groups may be handles, indices then are opaque."""
        if not isinstance(groups, Handle):
            folds = super().split(_counted(X), _counted(y), groups)  # type: ignore[misc]
            yield from folds_over(X, folds)
            return
        labels = y if self._by_class and isinstance(y, Handle) else None
        common_layout([each for each in (X, groups, labels) if isinstance(each, Handle)])
        strata = Strata.of_groups(groups, labels)
        surrogate = _counted(y) if labels is None else strata.labels
        for fold in super().split(_counted(X), surrogate, strata.groups):  # type: ignore[misc]
            train, test = (strata.select(part, in_order=True) for part in fold)
            yield train, test


class _OfSingleRows:
    """Leaves out rows one by one, which would tell them: what a fit sums over all rows less what it
    sums over all but one is that row.
    """

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yield train and test indices of local data.

        Raises
        ------
        RevealError
            For handles.
        """
        if isinstance(X, Handle) or isinstance(y, Handle):
            raise single_rows_refused(self)
        yield from super().split(X, y, groups)  # type: ignore[misc]


def _counted(rows: Any) -> Any:
    """What is as long as a handle: splitters look at the length of X and no further."""
    return np.arange(len(rows)) if isinstance(rows, Handle) else rows


class KFold(_ByRowCount, model_selection.KFold):  # type: ignore[misc]
    """``sklearn.model_selection.KFold`` that also splits handles."""


class RepeatedKFold(_ByRowCount, model_selection.RepeatedKFold):  # type: ignore[misc]
    """``sklearn.model_selection.RepeatedKFold`` that also splits handles."""


class ShuffleSplit(_ByRowCount, model_selection.ShuffleSplit):  # type: ignore[misc]
    """``sklearn.model_selection.ShuffleSplit`` that also splits handles."""


class StratifiedKFold(_ByClassCount, model_selection.StratifiedKFold):  # type: ignore[misc]
    """``sklearn.model_selection.StratifiedKFold`` that also splits handles."""

    _in_order = True


class RepeatedStratifiedKFold(
    _ByClassCount,
    model_selection.RepeatedStratifiedKFold,  # type: ignore[misc]
):
    """``sklearn.model_selection.RepeatedStratifiedKFold`` that also splits handles."""

    _in_order = True


class StratifiedShuffleSplit(
    _ByClassCount,
    model_selection.StratifiedShuffleSplit,  # type: ignore[misc]
):
    """``sklearn.model_selection.StratifiedShuffleSplit`` that also splits handles."""

    _in_order = False


class TimeSeriesSplit(_ByRowCount, model_selection.TimeSeriesSplit):  # type: ignore[misc]
    """``sklearn.model_selection.TimeSeriesSplit`` that also splits handles."""


class PredefinedSplit(_ByRowCount, model_selection.PredefinedSplit):  # type: ignore[misc]
    """``sklearn.model_selection.PredefinedSplit`` that also splits handles; folds are public."""


class GroupKFold(_ByGroupCount, model_selection.GroupKFold):  # type: ignore[misc]
    """``sklearn.model_selection.GroupKFold`` that also splits handles."""


class GroupShuffleSplit(_ByGroupCount, model_selection.GroupShuffleSplit):  # type: ignore[misc]
    """``sklearn.model_selection.GroupShuffleSplit`` that also splits handles."""


class LeaveOneGroupOut(_ByGroupCount, model_selection.LeaveOneGroupOut):  # type: ignore[misc]
    """``sklearn.model_selection.LeaveOneGroupOut`` that also splits handles."""


class LeavePGroupsOut(_ByGroupCount, model_selection.LeavePGroupsOut):  # type: ignore[misc]
    """``sklearn.model_selection.LeavePGroupsOut`` that also splits handles."""


class StratifiedGroupKFold(_ByGroupCount, model_selection.StratifiedGroupKFold):  # type: ignore[misc]
    """``sklearn.model_selection.StratifiedGroupKFold`` that also splits handles."""

    _by_class = True


class LeaveOneOut(_OfSingleRows, model_selection.LeaveOneOut):  # type: ignore[misc]
    """``sklearn.model_selection.LeaveOneOut``, for local data only."""


class LeavePOut(_OfSingleRows, model_selection.LeavePOut):  # type: ignore[misc]
    """``sklearn.model_selection.LeavePOut``, for local data only."""
