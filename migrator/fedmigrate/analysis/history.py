"""What a script did with its rows, in the order in which it is followed: fits, uses, splits.

Values only; ``observation.py`` writes them down and ``traps.py`` judges them.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field

from fedmigrate.analysis.findings import Origins
from fedmigrate.analysis.past import Part
from fedmigrate.analysis.values import Estimator


@dataclass(frozen=True)
class Fit:
    """A fit, by its call: of which rows, as which expression, with labels or without.

    ``transforms`` if it learns how to transform other rows.
    """

    node: ast.Call
    part: Part | None
    origins: Origins
    given: str
    labelled: bool
    transforms: bool


@dataclass(frozen=True)
class Use:
    """A model's prediction or score of rows."""

    node: ast.Call
    part: Part | None
    origins: Origins
    given: str
    scored: bool


@dataclass
class Columns:
    """What one transformer object was fitted for in turn.

    Parameters
    ----------
    made_in_loop : int
        How many loops are around its construction.
    fitted : list of str
        The columns, as far as they have names; empty text for others.
    varies : bool
        Whether the last of them is another one in every round of a loop.
    """

    made_in_loop: int
    frame: object
    fitted: list[str] = field(default_factory=list)
    varies: bool = False


@dataclass
class History:
    """What was noted so far.

    Parameters
    ----------
    fits, uses : dict
        Of each estimator.
    elsewhere : set of Estimator
        What was given to something that may judge it.
    columns : dict
        What each transformer object was fitted for.
    fitted_by : dict
        A fit's call -> the estimator.
    leaks : dict
        A fit's call -> what took test rows from its rows.
    stale : dict
        A transformation's call -> the transformer that was fitted for other columns since, and
        the method.
    unseeded : dict
        A call that draws at random -> the name of what it calls.
    bound : Counter
        How often each name was bound, in whatever scope: between two uses of a name it may have
        come to mean other rows.
    seeded : bool
        Whether numpy's global generator is, which scikit-learn falls back on.
    """

    fits: dict[Estimator, list[Fit]] = field(default_factory=dict)
    uses: dict[Estimator, list[Use]] = field(default_factory=dict)
    elsewhere: set[Estimator] = field(default_factory=set)
    columns: dict[Estimator, Columns] = field(default_factory=dict)
    stale: dict[ast.Call, tuple[str, str]] = field(default_factory=dict)
    leaks: dict[ast.Call, str] = field(default_factory=dict)
    unseeded: dict[ast.Call, str] = field(default_factory=dict)
    fitted_by: dict[ast.Call, Estimator] = field(default_factory=dict)
    bound: Counter[str] = field(default_factory=Counter)
    seeded: bool = False
