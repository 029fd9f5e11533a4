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
from fedruntime.exchange import common_layout
from fedruntime.model_selection.strata import Strata

Fold = tuple[Any, Any]  # train and test indices


class _ByRowCount:
    """Splits handles by their public row counts."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yield train and test indices; X and y may be handles."""
        yield from super().split(_counted(X), _counted(y), groups)  # type: ignore[misc]


class _ByClassCount:
    """Splits handles by the class counts of their runs of rows."""

    _in_order: bool

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yield train and test indices; X and y may be handles, indices then are opaque."""
        if not isinstance(y, Handle):
            yield from super().split(_counted(X), y, groups)  # type: ignore[misc]
            return
        if isinstance(X, Handle):
            common_layout([X, y])
        strata = Strata.of(y, joined=not self._in_order)
        for fold in super().split(_counted(X), strata.labels, groups):  # type: ignore[misc]
            train, test = (strata.select(part, in_order=self._in_order) for part in fold)
            yield train, test


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
