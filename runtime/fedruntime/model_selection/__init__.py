"""Counterparts of ``sklearn.model_selection`` for rows at the parties.

Each draws the rows that scikit-learn draws from the pooled data, with the same random stream; for
local data it *is* scikit-learn's. All other names of ``sklearn.model_selection`` can be imported
from here, too; handed a handle, what needs rows ends in ``RevealError``.
"""

from typing import Any

import sklearn.model_selection

from fedruntime.data.selection import RowSelection
from fedruntime.model_selection.cross_validation import (
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from fedruntime.model_selection.curves import learning_curve, validation_curve
from fedruntime.model_selection.displays import LearningCurveDisplay, ValidationCurveDisplay
from fedruntime.model_selection.permutations import permutation_test_score
from fedruntime.model_selection.split import train_test_split
from fedruntime.model_selection.splitters import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    LeavePGroupsOut,
    LeavePOut,
    PredefinedSplit,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
)

__all__ = [
    "GroupKFold",
    "GroupShuffleSplit",
    "KFold",
    "LearningCurveDisplay",
    "LeaveOneGroupOut",
    "LeaveOneOut",
    "LeavePGroupsOut",
    "LeavePOut",
    "PredefinedSplit",
    "RepeatedKFold",
    "RepeatedStratifiedKFold",
    "RowSelection",
    "ShuffleSplit",
    "StratifiedGroupKFold",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "TimeSeriesSplit",
    "ValidationCurveDisplay",
    "cross_val_predict",
    "cross_val_score",
    "cross_validate",
    "learning_curve",
    "permutation_test_score",
    "train_test_split",
    "validation_curve",
]


def __getattr__(name: str) -> Any:
    return getattr(sklearn.model_selection, name)
