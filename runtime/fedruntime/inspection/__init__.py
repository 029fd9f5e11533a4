"""Counterparts of ``sklearn.inspection`` for rows at the parties.

All other names of ``sklearn.inspection`` can be imported from here, too; handed a handle, what
needs rows ends in ``RevealError``.
"""

from typing import Any

import sklearn.inspection

from fedruntime.inspection.decision_boundary import DecisionBoundaryDisplay
from fedruntime.inspection.importance import permutation_importance

__all__ = ["DecisionBoundaryDisplay", "permutation_importance"]


def __getattr__(name: str) -> Any:
    return getattr(sklearn.inspection, name)
