"""What the tool knows about one estimator of scikit-learn, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fedmigrate.plan import Exactness

Constant = str | int | float | bool | None
Level = tuple[Exactness, str]


@dataclass(frozen=True)
class Entry:
    """What the tool knows about one estimator.

    Parameters
    ----------
    exactness : Exactness
        The class that its default parameters lead to.
    how : str
        One clause: how that is reached or, for a refused one, why it is refused.
    refuses : mapping of str to tuple
        Parameter -> the values that are supported; any other value is refused.
    defaults : mapping of str to constant
        What such a parameter is where it is not given, if that is refused, too.
    by_parameter : mapping of (str, constant) to (Exactness, str)
        Where one value of a parameter leads to another class: that class, and how it is reached.
    positional : tuple of str
        Names of the parameters that the constructor takes by position.
    parts : tuple of str
        Parameters that are given the estimators it is built of, whose classes it then takes on:
        one, or a list of pairs.
    default_part : str
        The estimator that it is built of where the first of these parameters is not given.
    instead : str
        For a refused one: the nearest alternative.
    """

    exactness: Exactness
    how: str
    refuses: Mapping[str, tuple[Constant, ...]] = field(default_factory=dict)
    defaults: Mapping[str, Constant] = field(default_factory=dict)
    by_parameter: Mapping[tuple[str, Constant], Level] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    default_part: str = ""
    instead: str = ""
