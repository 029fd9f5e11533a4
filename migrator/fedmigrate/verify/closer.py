"""Fitting with a tighter tolerance: a yardstick for how far from its optimum a pooled fit stops.

Where the same optimum is promised, but not the path to it, a pooled fit that stops early differs
from a federated one by about as much as it differs from itself, had it gone on.
"""

from __future__ import annotations

from typing import Any

_TIGHTER = 100.0
_LONGER = 10
_DONE = "_fedmigrate_goes_closer"


def go_closer(model: Any) -> None:
    """Tighten every tolerance of an estimator, once, and allow more steps."""
    if vars(model).setdefault(_DONE, False):
        return
    vars(model)[_DONE] = True
    for name, value in model.get_params(deep=True).items():
        last = name.rpartition("__")[2]
        if last == "tol" and isinstance(value, float):
            model.set_params(**{name: value / _TIGHTER})
        elif last == "max_iter" and isinstance(value, int):
            model.set_params(**{name: value * _LONGER})
