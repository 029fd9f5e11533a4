"""Counterparts of ``sklearn.utils.multiclass``: which labels there are, and of what kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.utils.multiclass

from fedruntime.attempts import attempted
from fedruntime.data.handle import Handle
from fedruntime.data.plain import as_array
from fedruntime.utils.label_counts import counted_labels

__all__ = ["type_of_target", "unique_labels"]


@attempted
def unique_labels(*ys: Any) -> Any:
    """``sklearn.utils.multiclass.unique_labels``: the distinct labels of all columns, sorted."""
    labels = [counted_labels(y) if isinstance(y, Handle) else y for y in ys]
    return sklearn.utils.multiclass.unique_labels(*labels)


@attempted
def type_of_target(y: Any, **options: Any) -> Any:
    """``sklearn.utils.multiclass.type_of_target`` of a vector."""
    if not isinstance(y, Handle):
        return sklearn.utils.multiclass.type_of_target(y, **options)
    held: Any = as_array(y)
    if held.ndim == 1 and held.dtype.kind == "f" and bool(np.any(held != np.floor(held))):
        return "continuous"
    return sklearn.utils.multiclass.type_of_target(counted_labels(y), **options)
