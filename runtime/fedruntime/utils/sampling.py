"""``sklearn.utils.shuffle`` and ``resample`` on handles: the rows that the pooled script draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.utils

from fedruntime.attempts import attempted
from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.take import align, take
from fedruntime.errors import UnsupportedError

__all__ = ["resample", "shuffle"]


@attempted
def shuffle(*arrays: Any, random_state: Any = None, n_samples: int | None = None) -> Any:
    """``sklearn.utils.shuffle``: all rows, or ``n_samples`` of them, in the pooled order of draws.

    Parameters
    ----------
    *arrays : Handle or array-like
        With the same rows.
    random_state, n_samples
        scikit-learn's.

    Returns
    -------
    Handle or list of Handle
        One for each array; a public one stays public.
    """
    return resample(*arrays, replace=False, n_samples=n_samples, random_state=random_state)


@attempted
def resample(*arrays: Any, **options: Any) -> Any:
    """``sklearn.utils.resample``: rows drawn with or without replacement.

    Row counts are public, so positions are drawn as scikit-learn draws them.

    Parameters
    ----------
    *arrays : Handle or array-like
        With the same rows.
    **options
        scikit-learn's ``replace``, ``n_samples``, ``random_state``; ``stratify`` and
        ``sample_weight`` where they are public.

    Returns
    -------
    Handle or list of Handle
        One for each array; a public one stays public.

    Raises
    ------
    UnsupportedError
        If ``stratify`` or ``sample_weight`` lies at the parties.
    """
    handles = [array for array in arrays if isinstance(array, Handle)]
    for name in ("stratify", "sample_weight"):
        if isinstance(options.get(name), Handle):
            raise UnsupportedError(
                f"{where()}resample with {name} that lies at the parties would tell which row has "
                "which label; use train_test_split(stratify=...)"
            )
    if not handles:
        return sklearn.utils.resample(*arrays, **options)
    for other in handles[1:]:
        align(handles[0], other)
    public = [array for array in arrays if not isinstance(array, Handle)]
    drawn = sklearn.utils.resample(np.arange(len(handles[0])), *public, **options)
    positions, *rest = drawn if public else [drawn]
    chosen = [take(a, positions) if isinstance(a, Handle) else rest.pop(0) for a in arrays]
    return chosen if len(chosen) > 1 else chosen[0]
