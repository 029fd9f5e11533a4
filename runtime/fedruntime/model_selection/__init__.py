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
from fedruntime.model_selection.split import train_test_split
from fedruntime.model_selection.splitters import (
    KFold,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
)

__all__ = [
    "KFold",
    "RepeatedKFold",
    "RepeatedStratifiedKFold",
    "RowSelection",
    "ShuffleSplit",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "cross_val_predict",
    "cross_val_score",
    "cross_validate",
    "train_test_split",
]


def __getattr__(name: str) -> Any:
    return getattr(sklearn.model_selection, name)
